"""Combined checks: their statements, and that they find whatever the single checks find."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Select, and_, delete, insert, select
from support.sql import sql
from support.stars import LOOSE_TABLE_NEEDED as LOOSE
from support.stars import NOON, WRONG, every_check, fill, loosen, run, run_every_check, scope_of_batch, stage

from sparkify_dwh.checks.check import ERROR, Check
from sparkify_dwh.checks.combined import KeyChecks, RowCheck, Screen, key_screens, row_screens, run_screens
from sparkify_dwh.checks.run import all_screens, run_check
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.star import TABLES, Artist, Song, Songplay, Time, User

NOVEMBER = (datetime(2018, 11, 1), datetime(2018, 11, 30))
IN_NOVEMBER = "BETWEEN '2018-11-01 00:00:00' AND '2018-11-30 00:00:00'"
BATCH = Scope(ranges={Songplay: NOVEMBER, Time: NOVEMBER})


def a_check(offenders: Select[Any], name: str = "songs are good") -> Check:
    return Check(name, "Every song is good.", ERROR, offenders)


def the_screen_of(name: str, scope: Scope = BATCH) -> Screen:
    return next(screen for screen in all_screens(SPARKIFY.star, scope, every_check(scope)) if name in screen.names)


def test_row_checks_of_plays_are_combined_in_one_scan() -> None:
    """Each referenced table is joined once; the scan is bounded by the batch's times, like the single checks."""
    screen = the_screen_of("songplays has its required values")
    required = [column.name for column in Songplay.table().columns if not column.nullable]
    references = [(name, table, *TABLES[table].key()) for name, table in Songplay.references.items()]
    joins = "".join(
        f"LEFT OUTER JOIN {table} ON songplays.{name} = {table}.{key} "
        + f"AND time.start_time {IN_NOVEMBER} " * (table == "time")
        for name, table, key in references
    )
    assert sql(screen.finds) == (
        f"SELECT 1 AS found FROM songplays {joins}WHERE ("
        + " OR ".join(f"songplays.{name} IS NULL" for name in required)
        + "".join(f" OR songplays.{name} IS NOT NULL AND {table}.{key} IS NULL" for name, table, key in references)
        + " OR (rtrim(songplays.level, ' ') NOT IN ('free', 'paid')) "
        f"OR songplays.start_time NOT BETWEEN '2010-01-01 00:00:00' AND '{BATCH.now + timedelta(days=1)}' "
        "OR songplays.user_id IS NULL "
        "OR songs.song_id IS NOT NULL AND (songplays.artist_id != songs.artist_id OR songplays.artist_id IS NULL) "
        f"OR songplays.song_length <= 0 OR songplays.song_length > 1000000) AND songplays.start_time {IN_NOVEMBER} LIMIT 1"
    )


def test_the_keys_of_all_tables_filled_from_events_have_one_screen() -> None:
    screen = the_screen_of("songplays.natural_key is unique")
    filled = [model.__tablename__ for model in SPARKIFY.star if model.staged_in is StagingEvent]
    assert {"songplays.natural_key is unique", "users.user_id is unique", "time.start_time is unique"} <= screen.names
    assert {f"{table} has all that was staged" for table in filled} <= screen.names
    assert len(screen.names) == 2 * len(filled)


def test_keys_of_a_batch_are_looked_up_once() -> None:
    """One join per table filled from events, without grouping, bounded by the batch's times."""
    models = {User: None, Songplay: NOVEMBER, Time: NOVEMBER}
    (screen,) = key_screens(KeyChecks(model, range_, frozenset()) for model, range_ in models.items())
    is_play = "staging_events.page = 'NextSong'"
    assert sql(screen.finds) == (
        "SELECT 1 AS found FROM (SELECT count(*) AS pairs, count(users.user_id) AS users_found, "
        "count(CASE WHEN (staging_events.user_id IS NOT NULL) THEN 1 END) AS users_sought, "
        "count(songplays.session_id) AS songplays_found, "
        f"count(CASE WHEN ({is_play}) THEN 1 END) AS songplays_sought, "
        f"count(time.start_time) AS time_found, count(CASE WHEN ({is_play}) THEN 1 END) AS time_sought "
        "FROM staging_events "
        "LEFT OUTER JOIN users ON staging_events.user_id = users.user_id AND staging_events.user_id IS NOT NULL "
        "LEFT OUTER JOIN songplays ON staging_events.session_id = songplays.session_id "
        "AND staging_events.item_in_session = songplays.item_in_session "
        "AND staging_events.ts = songplays.start_time AND (staging_events.user_id = songplays.user_id "
        "OR staging_events.user_id IS NULL AND songplays.user_id IS NULL) "
        f"AND {is_play} AND songplays.start_time {IN_NOVEMBER} "
        f"LEFT OUTER JOIN time ON staging_events.ts = time.start_time AND {is_play} AND time.start_time {IN_NOVEMBER}"
        ") AS looked_up WHERE looked_up.pairs != (SELECT count(*) AS count_1 FROM staging_events) "
        "OR looked_up.users_found != looked_up.users_sought "
        "OR looked_up.songplays_found != looked_up.songplays_sought OR looked_up.time_found != looked_up.time_sought"
    )


def test_every_check_of_a_batch_except_the_row_number_has_a_screen() -> None:
    """A batch is checked by few statements."""
    screens = all_screens(SPARKIFY.star, BATCH, every_check(BATCH))
    screened = frozenset[str]().union(*(screen.names for screen in screens))
    assert {check.name for check in every_check(BATCH)} - screened == {"songplays.songplay_id is unique"}
    assert len(screens) == len(SPARKIFY.star) + len(SPARKIFY.staging)


def test_keys_are_not_screened_without_a_batch() -> None:
    """Without staged records there are no keys to look up."""
    screened = frozenset[str]().union(
        *(screen.names for screen in all_screens(SPARKIFY.star, Scope(), every_check(Scope())))
    )
    assert not any("unique" in name for name in screened)


@pytest.mark.parametrize("name", WRONG)
def test_a_screen_finds_whatever_its_checks_find(name: str, connection: Connection) -> None:
    stage(connection)
    fill(connection)
    if name in LOOSE:
        loosen(connection, LOOSE[name])
    run(connection, WRONG[name])
    scope = scope_of_batch(connection)
    checks = every_check(scope)
    clean = run_screens(connection, all_screens(SPARKIFY.star, scope, checks))
    wrong = {check.name for check in checks if run_check(connection, check).offenders}
    assert not wrong & clean


def test_the_screens_suffice_for_a_correct_star(connection: Connection) -> None:
    stage(connection)
    fill(connection)
    scope = scope_of_batch(connection)
    screens = all_screens(SPARKIFY.star, scope, every_check(scope))
    assert run_screens(connection, screens) == frozenset().union(*(screen.names for screen in screens))


def test_a_missing_key_does_not_hide_a_duplicate_one(connection: Connection) -> None:
    stage(connection)
    fill(connection)
    play = dict(connection.execute(select(*(Songplay.table().c[name] for name in Songplay.filled()))).mappings().one())
    connection.execute(delete(Songplay.table()))
    connection.execute(insert(Songplay.table()), [play | {"item_in_session": 77}] * 2)
    results = {result.name: result.offenders for result in run_every_check(connection, scope_of_batch(connection))}
    assert results["songplays has all that was staged"] == 1
    assert results["songplays.natural_key is unique"] == 1


def test_a_key_may_be_staged_more_than_once(connection: Connection) -> None:
    """Several plays of one moment are one row of time."""
    stage(connection)
    stage(connection)
    fill(connection)
    (screen,) = key_screens([KeyChecks(Time, (NOON, NOON), frozenset({"time is"}))])
    assert run_screens(connection, [screen]) == {"time is"}


def test_checks_with_different_joins_are_not_combined() -> None:
    orphans = select(Song.song_id).outerjoin(Artist, Song.artist_id == Artist.artist_id)
    checks = [a_check(orphans.where(Artist.artist_id.is_(None)), "orphans")]
    for name in ("Björk", "Sigur Rós"):
        named = select(Song.song_id).outerjoin(Artist, and_(Song.artist_id == Artist.artist_id, Artist.name == name))
        checks.append(a_check(named.where(Artist.name.is_(None)), name))
    checks.append(a_check(select(Song.song_id).where(Song.duration <= 0), "positive"))
    screened = [set(screen.names) for screen in row_screens(checks)]
    assert screened == [{"orphans", "positive"}, {"Björk"}, {"Sigur Rós"}]


@pytest.mark.parametrize(
    ("offenders", "by_rows"),
    [
        (select(Song.song_id).where(Song.duration <= 0), True),
        (select(Song.song_id).where(Song.duration <= 0).where(Song.year > 0), True),
        (select(Song.song_id).outerjoin(Artist, Artist.artist_id == Song.artist_id).where(Artist.name.is_(None)), True),
        (select(Song.song_id), False),
        (select(Song.song_id).where(Song.duration <= 0).group_by(Song.song_id), False),
        (select(Song.song_id).where(Song.duration <= 0).limit(5), False),
        (select(Song.song_id).where(Song.duration <= 0).join(Artist, Artist.artist_id == Song.artist_id), False),
        (select(Song.song_id).where(Song.artist_id == Artist.artist_id), False),
        (select(Song.song_id).where(Song.artist_id.in_(select(Artist.artist_id))), False),
        (select(Song.song_id).join(Artist, Artist.name == Song.title, full=True).where(Song.year > 0), False),
    ],
)
def test_only_checks_of_single_rows_are_combined(offenders: Select[Any], by_rows: bool) -> None:
    assert (RowCheck.of(a_check(offenders)) is not None) is by_rows


def test_combined_checks_have_separate_results(connection: Connection) -> None:
    """A failing check does not make the others of its table fail."""
    stage(connection)
    fill(connection)
    run(connection, WRONG["songplays.level is an allowed value"])
    results = {result.name: result.state for result in run_every_check(connection, scope_of_batch(connection))}
    assert [name for name, state in results.items() if state != "ok"] == ["songplays.level is an allowed value"]
    assert User.__tablename__ in " ".join(results)
