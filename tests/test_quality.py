"""What must hold of the warehouse, and that each check finds the rows of which it does not."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fix_warehouse import Sparkify
from records import a_song, an_event
from sqlalchemy import Column, Connection, MetaData, Select, Table, func, insert, select, text
from sqlalchemy.schema import DropTable

from sparkify_dwh import quality
from sparkify_dwh.cli.checks import check as check_command
from sparkify_dwh.cli.context import Invocation
from sparkify_dwh.dialect import SparkifyDialect
from sparkify_dwh.errors import CheckError
from sparkify_dwh.merge import insert_new
from sparkify_dwh.quality import (
    WARNING,
    Check,
    CheckResult,
    Scope,
    all_checks,
    business_checks,
    explain,
    failed,
    run_checks,
)
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.star import STAR, Artist, Song, Songplay, StarTable, Time, User

NOON = datetime(2018, 11, 15, 12)
NOVEMBER = (datetime(2018, 11, 1), datetime(2018, 11, 30))
BATCH = Scope(ranges={Songplay: NOVEMBER, Time: NOVEMBER})
PLAYS_FILLED = ", ".join(Songplay.filled())

# What is done to a star in order to make each check fail.
WRONG = {
    "artists.artist_id is unique": "INSERT INTO artists SELECT * FROM artists",
    "artists has its required values": "UPDATE artists SET artist_id = NULL",
    "artists has all that was staged": "DELETE FROM artists",
    "songs.song_id is unique": "INSERT INTO songs SELECT * FROM songs",
    "songs has its required values": "UPDATE songs SET artist_id = NULL",
    "songs.artist_id is in artists": "DELETE FROM artists",
    "songs has all that was staged": "DELETE FROM songs",
    "users.user_id is unique": "INSERT INTO users SELECT * FROM users",
    "users has its required values": "UPDATE users SET ts = NULL",
    "users.gender is an allowed value": "UPDATE users SET gender = 'Lily'",
    "users.level is an allowed value": "UPDATE users SET level = 'gold'",
    "users has all that was staged": "DELETE FROM users",
    "songplays.songplay_id is unique": "INSERT INTO songplays SELECT * FROM songplays",
    "songplays.natural_key is unique": f"INSERT INTO songplays ({PLAYS_FILLED}) SELECT {PLAYS_FILLED} FROM songplays",
    "songplays has its required values": "UPDATE songplays SET item_in_session = NULL",
    "songplays.start_time is in time": "DELETE FROM time",
    "songplays.user_id is in users": "DELETE FROM users",
    "songplays.song_id is in songs": "DELETE FROM songs",
    "songplays.artist_id is in artists": "DELETE FROM artists",
    "songplays.level is an allowed value": "UPDATE songplays SET level = ''",
    "songplays has all that was staged": "DELETE FROM songplays",
    "time.start_time is unique": "INSERT INTO time SELECT * FROM time",
    "time has its required values": "UPDATE time SET hour = NULL",
    "time has all that was staged": "DELETE FROM time",
    "plays start within reason": "UPDATE staging_events SET ts = '1970-01-18'; "
    "UPDATE songplays SET start_time = '1970-01-18'",
    "users were seen within reason": "UPDATE users SET ts = '1970-01-18'",
    "plays have a user": "UPDATE songplays SET user_id = NULL",
    "plays are by the artist of their song": "UPDATE songplays SET artist_id = 'AR2'",
    "plays have a positive length": "UPDATE songplays SET song_length = 0",
    "songs have a positive duration": "UPDATE songs SET duration = -1",
    "artists are on earth": "UPDATE artists SET latitude = 15.47, longitude = -180.1",
}
ONLY_WHEN_EVERYTHING_IS_CHECKED = {"artists has its required values"}  # a row without a key is of no batch
LOOSE_TABLE_NEEDED = {"songplays.songplay_id is unique": Songplay} | {
    f"{model.__tablename__} has its required values": model for model in STAR
}


@pytest.fixture
def star(connection: Connection) -> Connection:
    """A connection to a star of one play of one song by one user, whose batch is still staged."""
    stage(connection)
    fill(connection)
    return connection


def stage(connection: Connection, **changes: Any) -> None:
    event = {
        "artist": "Elena", "song": "Setanta matins", "length": 269.58322, "gender": "F", "level": "paid",
        "item_in_session": 5, "session_id": 818, "page": "NextSong", "ts": NOON, "user_id": 15,
    }  # fmt: skip
    song = {field: value for field, value in a_song().items() if field in StagingSong.copied()}
    connection.execute(insert(StagingEvent.table()).values(event | changes))
    connection.execute(insert(StagingSong.table()).values(song))


def fill(connection: Connection) -> None:
    for model in STAR:
        connection.execute(insert_new(model, model.from_staging()))


def run(connection: Connection, script: str) -> None:
    for statement in script.split(";"):
        connection.execute(text(statement))


def loosen(connection: Connection, model: type[StarTable]) -> None:
    """Make the table anew, with its rows, and without keys, identity and NOT NULL."""
    rows = connection.execute(select(model.table())).mappings().all()
    loose = Table(model.__tablename__, MetaData(), *(Column(c.name, c.type) for c in model.table().columns))
    connection.execute(DropTable(model.table()))
    loose.create(connection)
    connection.execute(insert(loose), [dict(row) for row in rows])


def states(connection: Connection, scope: Scope) -> dict[str, str]:
    return {result.name: result.state for result in run_checks(connection, all_checks(scope))}


def sql(statement: Any) -> str:
    """A statement on one line, with its values in place."""
    compiled = statement.compile(dialect=SparkifyDialect(), compile_kwargs={"literal_binds": True})
    return " ".join(str(compiled).split())


def named(scope: Scope, name: str) -> Check:
    return next(each for each in all_checks(scope) if each.name == name)


def in_turn(model: type[StarTable], column: str, values: list[Any]) -> list[dict[str, Any]]:
    """Rows that a table takes, of which one column varies."""
    moment = {"hour": 0, "day": 1, "week": 1, "month": 1, "year": 2018, "weekday": 0}
    common: dict[Any, dict[str, Any]] = {
        User: {"ts": NOON, "session_id": 1, "item_in_session": 0},
        Songplay: {"start_time": NOON, "session_id": 1, "item_in_session": 0},
        Artist: {"artist_id": "AR1"},
        Song: {"song_id": "SO1", "artist_id": "AR1"},
        Time: moment,
    }
    return [common[model] | {column: value} for value in values]


@pytest.mark.parametrize("name", WRONG)
def test_a_check_finds_what_it_is_for(name: str, star: Connection) -> None:
    """In the batch and in everything; what was staged is known of the batch alone."""
    if name in LOOSE_TABLE_NEEDED:
        loosen(star, LOOSE_TABLE_NEEDED[name])
    run(star, WRONG[name])
    everything, batch = states(star, Scope()), states(star, Scope.of_batch(star))
    assert everything.get(name, "failed") != "ok"
    assert batch[name] != "ok" or name in ONLY_WHEN_EVERYTHING_IS_CHECKED


def test_every_check_is_shown_to_find_something() -> None:
    assert {each.name for each in all_checks(BATCH)} == set(WRONG)


def test_a_star_as_it_should_be_passes(star: Connection) -> None:
    assert set(states(star, Scope()).values()) == {"ok"}
    assert set(states(star, Scope.of_batch(star)).values()) == {"ok"}


def test_a_load_passes(sparkify: Sparkify) -> None:
    """Plays of unknown songs, users and songs that say little: all of them are as they should be."""
    sparkify.logs("a.json", an_event(), an_event(song="Nobody has this", level=None, gender=None, ts=1542285000797))
    sparkify.songs("a.json", a_song(), a_song(song_id="SO2", artist_latitude=None, duration=None))
    sparkify.load()
    with sparkify.engine.connect() as connection:
        assert set(states(connection, Scope()).values()) == {"ok"}
        assert set(states(connection, Scope.of_batch(connection)).values()) == {"ok"}


def test_the_real_month_passes(sparkify: Sparkify, real_data: Path) -> None:
    sparkify.settings = sparkify.settings.embedded(sparkify.directory)
    for folder in ("log_data", "song_data", "log_json_path.json"):
        (sparkify.directory / "data").mkdir(exist_ok=True)
        (sparkify.directory / "data" / folder).symlink_to(real_data / folder)
    sparkify.load()
    with sparkify.engine.connect() as connection:
        assert set(states(connection, Scope()).values()) == {"ok"}
        assert set(states(connection, Scope.of_batch(connection)).values()) == {"ok"}


def test_a_batch_is_not_blamed_for_what_was_wrong_before(star: Connection) -> None:
    star.execute(insert(User.table()), in_turn(User, "gender", ["X"])[0] | {"user_id": 99})
    star.execute(insert(Songplay.table()), in_turn(Songplay, "level", ["gold"])[0] | {"start_time": NOVEMBER[0]})
    assert set(states(star, Scope.of_batch(star)).values()) == {"ok"}
    assert len(failed(run_checks(star, all_checks(Scope())))) == 3  # the play's moment is not in time either


def test_a_batch_without_plays_does_not_check_them(connection: Connection) -> None:
    stage(connection, page="Home")
    scope = Scope.of_batch(connection)
    assert scope.ranges == {Songplay: None, Time: None}
    checked = " ".join(sql(each.offenders) for each in all_checks(scope))
    assert not re.search(r"\b(songplays|time)\b", checked)
    assert "users.user_id" in checked


@pytest.mark.parametrize("each", all_checks(BATCH), ids=lambda each: each.name)
def test_no_check_of_a_batch_reads_plays_of_other_times(each: Check) -> None:
    """Redshift skips the blocks of other times when the sort key is compared with constants."""
    statement = sql(each.offenders)
    for table in re.findall(r"(?:FROM|JOIN) (songplays|time)\b", statement):
        assert f"{table}.start_time BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00'" in statement


def test_keys_are_counted_in_groups() -> None:
    """Never DISTINCT, which trusts the declared key."""
    assert sql(named(BATCH, "users.user_id is unique").offenders) == (
        "SELECT users.user_id, count(*) AS times FROM users WHERE users.user_id IN (SELECT staging_events.user_id "
        "FROM staging_events WHERE staging_events.user_id IS NOT NULL) GROUP BY users.user_id HAVING count(*) > 1"
    )


def test_orphans_are_what_an_outer_join_leaves() -> None:
    assert sql(named(BATCH, "songplays.start_time is in time").offenders) == (
        "SELECT songplays.session_id, songplays.item_in_session, songplays.start_time FROM songplays "
        "LEFT OUTER JOIN time ON songplays.start_time = time.start_time "
        "AND time.start_time BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00' "
        "WHERE songplays.start_time IS NOT NULL AND time.start_time IS NULL "
        "AND songplays.start_time BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00'"
    )


def test_everything_is_read_without_staging() -> None:
    assert sql(named(Scope(), "songs.artist_id is in artists").offenders) == (
        "SELECT songs.song_id, songs.artist_id FROM songs LEFT OUTER JOIN artists "
        "ON songs.artist_id = artists.artist_id WHERE songs.artist_id IS NOT NULL AND artists.artist_id IS NULL"
    )


@pytest.mark.parametrize(
    ("start_time", "state"),
    [
        (datetime(1970, 1, 18, 20, 24, 45), "failed"),  # seconds, taken for milliseconds
        (datetime(2009, 12, 31, 23, 59, 59, 999000), "failed"),
        (datetime(2010, 1, 1), "ok"),
        (NOON + timedelta(days=1), "ok"),
        (NOON + timedelta(days=1, milliseconds=1), "failed"),
    ],
)
def test_a_play_is_from_2010_to_tomorrow(connection: Connection, start_time: datetime, state: str) -> None:
    connection.execute(insert(Songplay.table()), in_turn(Songplay, "start_time", [start_time]))
    assert states(connection, Scope(now=NOON))["plays start within reason"] == state


def test_a_ts_in_microseconds_is_shown_as_the_server_has_it(star: Connection) -> None:
    """The year is beyond those of Python's datetime, and the driver would show 9999."""
    run(star, "UPDATE staging_events SET ts = '50843-01-02'; UPDATE songplays SET start_time = '50843-01-02'")
    (result,) = run_checks(star, [named(Scope(), "plays start within reason")])
    assert result.examples[0]["start_time"] == "50843-01-02 00:00:00"
    assert failed(run_checks(star, all_checks(Scope.of_batch(star))))


@pytest.mark.parametrize(
    ("model", "column", "values", "name", "offending"),
    [
        (User, "level", ["free", "paid", "paid  ", None, "Paid"], "users.level is an allowed value", 1),
        (Songplay, "user_id", [1, None], "plays have a user", 1),
        (Songplay, "song_length", [0.001, None, 0, -1], "plays have a positive length", 2),
        (Song, "duration", [0.001, None, 0, -1], "songs have a positive duration", 2),
        (Artist, "latitude", [-90, 90, None, 90.01, -90.01], "artists are on earth", 2),
        (Artist, "longitude", [-180, 180, None, 180.01, -180.01], "artists are on earth", 2),
    ],
)
def test_these_values_offend_and_nothing_is_no_value(
    connection: Connection, model: type[StarTable], column: str, values: list[Any], name: str, offending: int
) -> None:
    rows = in_turn(model, column, values)
    if model is User:
        rows = [row | {"user_id": number} for number, row in enumerate(rows)]
    for row in rows:
        connection.execute(insert(model.table()).values(row))
    (result,) = run_checks(connection, [named(Scope(), name)])
    assert result.offenders == offending


def test_only_errors_count_as_failed(star: Connection) -> None:
    run(star, "UPDATE songplays SET user_id = NULL; UPDATE users SET gender = 'X'")
    results = run_checks(star, all_checks(Scope()))
    assert [result.name for result in failed(results)] == ["users.gender is an allowed value"]
    assert [result.name for result in results if result.state == "warning"] == ["plays have a user"]


def test_all_offenders_are_counted_and_the_first_are_shown(connection: Connection) -> None:
    plays = [row | {"start_time": NOON} for row in in_turn(Songplay, "session_id", [7, 6, 5, 4, 3, 2, 1])]
    connection.execute(insert(Songplay.table()), plays)
    (result,) = run_checks(connection, [named(Scope(), "plays have a user")], most=2)
    assert result.offenders == 7
    assert result.examples == [
        {"session_id": 1, "item_in_session": 0, "start_time": "2018-11-15 12:00:00", "user_id": None},
        {"session_id": 2, "item_in_session": 0, "start_time": "2018-11-15 12:00:00", "user_id": None},
    ]


@pytest.mark.parametrize("count", [4, 5, 6])
def test_the_count_is_right_around_the_number_shown(connection: Connection, count: int) -> None:
    connection.execute(insert(Song.table()), in_turn(Song, "duration", [0.0] * count))
    (result,) = run_checks(connection, [named(Scope(), "songs have a positive duration")])
    assert (result.offenders, len(result.examples)) == (count, min(count, 5))


def test_results_go_into_json(connection: Connection) -> None:
    """JSON has no NaN."""
    connection.execute(insert(Artist.table()), in_turn(Artist, "latitude", [float("nan")]))
    results = run_checks(connection, [named(Scope(), "artists are on earth")])
    assert json.loads(json.dumps(asdict(results[0]), allow_nan=False))["examples"] == [
        {"artist_id": "AR1", "latitude": "nan", "longitude": None}
    ]


def test_an_explanation_names_the_rows() -> None:
    rows = [{"session_id": 1, "user_id": None}, {"session_id": 2, "user_id": None}]
    result = CheckResult("plays have a user", "Every play is by a user.", WARNING, 1_002, rows)
    assert explain(result) == (
        "Every play is by a user; not so: session_id 1, user_id NULL; session_id 2, user_id NULL; 1,000 more."
    )


def test_a_check_that_passed_says_what_holds() -> None:
    assert explain(CheckResult("plays have a user", "Every play is by a user.", WARNING, 0, [])) == (
        "Every play is by a user."
    )


def test_a_check_is_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "_BUSINESS_CHECKS", [])

    @quality.check(Songplay, severity=WARNING)
    def plays_are_in_a_browser() -> Select[Any]:
        """Every play has
        a user agent.

        And this is why.
        """
        return quality.rows_of(Songplay).where(Songplay.user_agent.is_(None))

    (made,) = business_checks(BATCH)
    assert (made.name, made.about, made.severity) == (
        "plays are in a browser",
        "Every play has a user agent.",
        "warning",
    )
    assert "BETWEEN" in sql(made.offenders)


@pytest.mark.parametrize("model", STAR)
def test_what_a_model_declares_is_there(model: type[StarTable]) -> None:
    """Columns that refer and columns with allowed values exist, as does the one key that is referred to."""
    columns = model.table().columns
    assert {*model.references, *model.allowed_values} <= set(columns.keys())
    for name, target in model.references.items():
        (key,) = quality.MODELS[target].key()
        assert quality.MODELS[target].table().c[key].type.python_type is columns[name].type.python_type
    assert model.staged_keys().selected_columns.keys() == model.key()


@pytest.fixture
def invocation(sparkify: Sparkify) -> Invocation:
    """A run of the command line with the warehouse of the tests, in which one song was played."""
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    sparkify.load()
    path = sparkify.directory / "dwh.cfg"
    path.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={sparkify.settings.standin_directory}\n")
    return Invocation(path, debug=False)


def test_the_command_shows_every_check(invocation: Invocation) -> None:
    result = CliRunner().invoke(check_command, obj=invocation)
    assert result.exit_code == 0
    assert all(each.name in result.stdout for each in all_checks(Scope()))
    assert not re.search("failed|warning", result.stdout)


def test_the_command_names_the_rows_and_ends_with_8(invocation: Invocation, sparkify: Sparkify) -> None:
    with sparkify.engine.begin() as connection:
        run(connection, "UPDATE users SET gender = 'X'; UPDATE songplays SET user_id = NULL")
    result = CliRunner().invoke(check_command, obj=invocation)
    assert "failed: Every gender of users is F or M; not so: user_id 15, gender X." in result.stdout
    assert "warning: Every play is by a user; not so: session_id 818" in result.stdout
    assert isinstance(result.exception, CheckError)
    assert result.exception.exit_code == 8
    assert "users.gender is an allowed value" in str(result.exception)


def test_a_warning_is_no_failure(invocation: Invocation, sparkify: Sparkify) -> None:
    with sparkify.engine.begin() as connection:
        run(connection, "UPDATE songplays SET user_id = NULL")
    assert CliRunner().invoke(check_command, obj=invocation).exit_code == 0


def test_the_command_as_json_prints_nothing_else(invocation: Invocation, sparkify: Sparkify) -> None:
    with sparkify.engine.begin() as connection:
        run(connection, "UPDATE users SET level = 'gold'")
    result = CliRunner().invoke(check_command, ["--json"], obj=invocation)
    found = {each["name"]: each for each in json.loads(result.stdout)}
    assert found["users.level is an allowed value"]["examples"] == [{"user_id": 15, "level": "gold"}]
    assert found["users.level is an allowed value"]["state"] == "failed"
    assert isinstance(result.exception, CheckError)
