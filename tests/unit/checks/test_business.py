"""Each check finds the rows that break its rule."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, insert
from support.inputs import inputs_under
from support.records import a_song, an_event
from support.sql import sql
from support.stars import (
    LOOSE_TABLE_NEEDED,
    NOON,
    ONLY_WHEN_EVERYTHING_IS_CHECKED,
    WRONG,
    every_check,
    fill,
    loosen,
    run,
    run_every_check,
    scope_of_batch,
    stage,
)
from support.warehouse import Sparkify

from sparkify_dwh.checks.check import WARNING, BusinessChecks, Check, failed, rows_of
from sparkify_dwh.checks.run import all_checks, run_check
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.star import STAR, Artist, Song, Songplay, StarTable, Time, User

NOVEMBER = (datetime(2018, 11, 1), datetime(2018, 11, 30))
BATCH = Scope(ranges={Songplay: NOVEMBER, Time: NOVEMBER})


@pytest.fixture
def star(connection: Connection) -> Connection:
    """A connection to a star of one play of one song by one user, whose batch is still staged."""
    stage(connection)
    fill(connection)
    return connection


def states(connection: Connection, scope: Scope) -> dict[str, str]:
    return {result.name: result.state for result in run_every_check(connection, scope)}


def named(scope: Scope, name: str) -> Check:
    return next(each for each in every_check(scope) if each.name == name)


def in_turn(model: type[StarTable], column: str, values: list[Any]) -> list[dict[str, Any]]:
    """Rows for a table in which one column varies."""
    common: dict[Any, dict[str, Any]] = {
        User: {"user_id": 99, "ts": NOON, "session_id": 1, "item_in_session": 0},
        Songplay: {"start_time": NOVEMBER[0], "session_id": 1, "item_in_session": 0},
        Artist: {"artist_id": "AR1"},
        Song: {"song_id": "SO1", "artist_id": "AR1"},
    }
    return [common[model] | {column: value} for value in values]


@pytest.mark.parametrize("name", WRONG)
def test_a_check_finds_rows_that_break_its_rule(name: str, star: Connection) -> None:
    """In a batch and in everything; only a batch knows what was staged."""
    if name in LOOSE_TABLE_NEEDED:
        loosen(star, LOOSE_TABLE_NEEDED[name])
    run(star, WRONG[name])
    everything, batch = states(star, Scope()), states(star, scope_of_batch(star))
    assert everything.get(name, "failed") != "ok"
    assert batch[name] != "ok" or name in ONLY_WHEN_EVERYTHING_IS_CHECKED


def test_every_check_has_a_case_in_which_it_fails() -> None:
    assert {each.name for each in every_check(BATCH)} == set(WRONG)


def test_a_correct_star_passes(star: Connection) -> None:
    assert set(states(star, Scope()).values()) == {"ok"}
    assert set(states(star, scope_of_batch(star)).values()) == {"ok"}


def test_a_load_passes(sparkify: Sparkify) -> None:
    """Plays of unknown songs, and users and songs with few values, are correct."""
    sparkify.logs("a.json", an_event(), an_event(song="Nobody has this", level=None, gender=None, ts=1542285000797))
    sparkify.songs("a.json", a_song(), a_song(song_id="SO2", artist_latitude=None, duration=None))
    sparkify.load()
    with sparkify.engine.connect() as connection:
        assert set(states(connection, Scope()).values()) == {"ok"}
        assert set(states(connection, scope_of_batch(connection)).values()) == {"ok"}


def test_the_real_month_passes(sparkify: Sparkify, real_data: Path) -> None:
    url = real_data.as_uri()
    sparkify.settings = replace(
        sparkify.settings,
        inputs=inputs_under(url),
    )
    sparkify.load()
    with sparkify.engine.connect() as connection:
        assert set(states(connection, Scope()).values()) == {"ok"}
        assert set(states(connection, scope_of_batch(connection)).values()) == {"ok"}


def test_checks_of_a_batch_ignore_earlier_errors(star: Connection) -> None:
    star.execute(insert(User.table()), in_turn(User, "gender", ["X"]))
    star.execute(insert(Songplay.table()), in_turn(Songplay, "level", ["gold"]))
    assert set(states(star, scope_of_batch(star)).values()) == {"ok"}
    columns = Songplay.table().c
    missing = {
        f"songplays.{name} is in {table}" for name, table in Songplay.references.items() if not columns[name].nullable
    }
    declared = {"users.gender is an allowed value", "songplays.level is an allowed value"}
    assert {result.name for result in failed(run_every_check(star, Scope()))} == declared | missing


def test_a_load_checks_its_batch_and_ignores_earlier_errors(sparkify: Sparkify) -> None:
    with sparkify.engine.begin() as connection:
        connection.execute(insert(User.table()), in_turn(User, "gender", ["X"]))
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    assert {result.name: result.state for result in sparkify.load().checks} == dict.fromkeys(WRONG, "ok")


def test_a_batch_without_plays_does_not_check_them(connection: Connection) -> None:
    stage(connection, page="Home")
    scope = scope_of_batch(connection)
    assert scope.ranges == {Songplay: None, Time: None}
    checked = " ".join(sql(each.statement) for each in every_check(scope))
    assert not re.search(r"\b(songplays|time)\b", checked)
    assert "users.user_id" in checked


@pytest.mark.parametrize("each", every_check(BATCH), ids=lambda each: each.name)
def test_no_check_of_a_batch_reads_plays_of_other_times(each: Check) -> None:
    """Redshift skips the blocks of other times when the sort key is compared with constants."""
    statement = sql(each.statement)
    for table in re.findall(r"(?:FROM|JOIN) (songplays|time)\b", statement):
        assert f"{table}.start_time BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00'" in statement


def test_keys_are_counted_in_groups() -> None:
    """Never DISTINCT, which trusts the declared key."""
    assert sql(named(BATCH, "users.user_id is unique").statement) == (
        "SELECT users.user_id, count(*) AS times FROM users WHERE users.user_id IN (SELECT staging_events.user_id "
        "FROM staging_events WHERE staging_events.user_id IS NOT NULL) GROUP BY users.user_id HAVING count(*) > 1"
    )


def test_a_reference_is_checked_by_an_outer_join() -> None:
    assert sql(named(BATCH, "songplays.start_time is in time").statement) == (
        "SELECT songplays.session_id, songplays.item_in_session, songplays.start_time, songplays.user_id "
        "FROM songplays "
        "LEFT OUTER JOIN time ON songplays.start_time = time.start_time "
        "AND time.start_time BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00' "
        "WHERE songplays.start_time IS NOT NULL AND time.start_time IS NULL "
        "AND songplays.start_time BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00'"
    )


def test_a_check_of_everything_does_not_read_staging() -> None:
    assert sql(named(Scope(), "songs.artist_id is in artists").statement) == (
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


def test_a_time_beyond_python_is_shown_as_stored(star: Connection) -> None:
    """The year exceeds Python's datetime, and the driver would show 9999."""
    run(star, "UPDATE staging_events SET ts = '50843-01-02'; UPDATE songplays SET start_time = '50843-01-02'")
    result = run_check(star, named(Scope(), "plays start within reason"))
    assert result.examples[0]["start_time"] == "50843-01-02 00:00:00"
    assert failed(run_every_check(star, scope_of_batch(star)))


@pytest.mark.parametrize(
    ("model", "column", "values", "name", "offending"),
    [
        (User, "level", ["free", "paid", "paid  ", None, "Paid"], "users.level is an allowed value", 1),
        (Songplay, "user_id", [1, None], "plays have a user", 1),
        (Songplay, "song_length", [0.001, None, 0, -1], "plays have a positive length", 2),
        (Songplay, "song_length", [1e6, None, 1000000.1, 1e308], "plays have a possible length", 2),
        (Song, "duration", [0.001, None, 0, -1], "songs have a positive duration", 2),
        (Artist, "latitude", [-90, 90, None, 90.01, -90.01], "artists are on earth", 2),
        (Artist, "longitude", [-180, 180, None, 180.01, -180.01], "artists are on earth", 2),
    ],
)
def test_values_that_break_a_rule_fail_and_null_passes(
    connection: Connection, model: type[StarTable], column: str, values: list[Any], name: str, offending: int
) -> None:
    connection.execute(insert(model.table()), in_turn(model, column, values))
    result = run_check(connection, named(Scope(), name))
    assert result.offenders == offending


@pytest.mark.parametrize("model", STAR)
def test_columns_that_a_model_declares_exist(model: type[StarTable]) -> None:
    """Columns with references or allowed values exist, and a referenced table has a key of one column."""
    columns = model.table().columns
    assert {*model.references, *model.allowed_values} <= set(columns.keys())
    for name, target in model.references.items():
        (key,) = SPARKIFY.tables[target].key()
        assert SPARKIFY.tables[target].table().c[key].type.python_type is columns[name].type.python_type
    assert model.staged_keys().selected_columns.keys() == model.key()


def test_a_check_is_one_function() -> None:
    checks = BusinessChecks()

    @checks.check(Songplay, severity=WARNING)
    def plays_are_in_a_browser() -> Select[Any]:
        """Every play has
        a user agent.

        And this is why.
        """
        return rows_of(Songplay).where(Songplay.user_agent.is_(None))

    ((model, made),) = checks
    assert (model, made.name, made.severity) == (Songplay, "plays are in a browser", "warning")
    assert made.about == "Every play has a user agent."
    (declared,) = (each for each in all_checks([], checks, BATCH))
    assert "songplays.start_time BETWEEN" in sql(declared.statement)
