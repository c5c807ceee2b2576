"""The scope of a check, and its result."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from support.sql import sql
from support.stars import scope_of_batch

from sparkify_dwh.checks.check import (
    ERROR,
    TOMORROW,
    WARNING,
    Check,
    CheckResult,
    explain,
    failed,
)
from sparkify_dwh.checks.run import run_check
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.star import Song, Songplay, Time, User

NOON = datetime(2018, 11, 15, 12)
CALENDAR = ("hour", "day", "week", "month", "year", "weekday")
EVENING = datetime(2018, 11, 15, 20)
ALL_SONGS = Check("songs are none", "There is no song.", ERROR, select(Song.song_id, Song.duration))
RECENT_PLAYS = Check(
    "plays are old", "Every play is old.", ERROR, select(Songplay.user_id).where(Songplay.start_time > TOMORROW)
)
ALL_USERS = Check("users are none", "There is no user.", ERROR, select(User.user_id))


def add_songs(connection: Connection, *durations: float | None) -> None:
    rows = [
        {"song_id": f"SO{number}", "artist_id": "AR1", "duration": duration}
        for number, duration in reversed(list(enumerate(durations)))
    ]
    connection.execute(insert(Song.table()), rows)


def stage(connection: Connection, *pages: tuple[str, datetime]) -> None:
    rows = [{"session_id": 1, "item_in_session": 1, "page": page, "ts": ts} for page, ts in pages]
    connection.execute(insert(StagingEvent.table()), rows)


def a_result(severity: Any = ERROR, offenders: int = 1, *examples: dict[str, Any]) -> CheckResult:
    return CheckResult("plays have a user", "Every play is by a user.", severity, offenders, list(examples))


def test_a_check_of_everything_has_no_bounds() -> None:
    scope = Scope(now=NOON)
    assert not scope.is_batch
    assert scope.covers(Songplay)
    assert sql(scope.narrowed(ALL_USERS, User).statement) == "SELECT users.user_id FROM users"


def test_tomorrow_follows_from_the_clock_of_the_scope() -> None:
    assert sql(Scope(now=NOON).narrowed(RECENT_PLAYS, Songplay).statement) == (
        "SELECT songplays.user_id FROM songplays WHERE songplays.start_time > '2018-11-16 12:00:00'"
    )


def test_plays_of_a_batch_are_bounded_by_its_times(connection: Connection) -> None:
    """Events of other pages do not count."""
    stage(connection, ("NextSong", EVENING), ("NextSong", NOON), ("Home", datetime(1970, 1, 1)))
    scope = scope_of_batch(connection)
    assert scope.bounds(Songplay) == scope.bounds(Time) == (NOON, EVENING)
    assert sql(scope.narrowed(RECENT_PLAYS, Songplay).statement).endswith(
        "AND songplays.start_time BETWEEN '2018-11-15 12:00:00' AND '2018-11-15 20:00:00'"
    )


def test_users_of_a_batch_are_the_staged_ones() -> None:
    assert sql(Scope(ranges={}).narrowed(ALL_USERS, User).statement) == (
        "SELECT users.user_id FROM users WHERE users.user_id IN "
        "(SELECT staging_events.user_id FROM staging_events WHERE staging_events.user_id IS NOT NULL)"
    )


def test_a_batch_without_plays_covers_no_plays(connection: Connection) -> None:
    stage(connection, ("Home", NOON))
    scope = scope_of_batch(connection)
    assert not scope.covers(Songplay)
    assert scope.covers(User)
    assert sql(scope.narrowed(RECENT_PLAYS, Songplay).statement).endswith(" false")


def test_all_offending_rows_are_counted_and_the_first_are_shown(connection: Connection) -> None:
    add_songs(connection, 1.5, None, 3.0, 4.0)
    result = run_check(connection, ALL_SONGS, limit=2)
    assert result.offenders == 4
    assert result.examples == [{"song_id": "SO0", "duration": 1.5}, {"song_id": "SO1", "duration": None}]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_the_count_is_right_around_the_number_shown(connection: Connection, count: int) -> None:
    if count:
        add_songs(connection, *[1.0] * count)
    result = run_check(connection, ALL_SONGS, limit=2)
    assert (result.offenders, len(result.examples)) == (count, min(count, 2))


def test_results_are_serializable_as_json(connection: Connection) -> None:
    """Times as ISO text; JSON has no NaN."""
    add_songs(connection, float("nan"))
    connection.execute(insert(Time.table()).values(start_time=NOON, **dict.fromkeys(CALENDAR, 1)))
    times = Check("time is empty", "There is no time.", ERROR, select(Time.start_time))
    results = [asdict(result)["examples"] for result in (run_check(connection, check) for check in (ALL_SONGS, times))]
    assert json.loads(json.dumps(results, allow_nan=False)) == [
        [{"song_id": "SO0", "duration": "nan"}],
        [{"start_time": "2018-11-15 12:00:00"}],
    ]


def test_only_errors_with_offenders_have_failed() -> None:
    results = [a_result(ERROR, 0), a_result(ERROR, 1), a_result(WARNING, 0), a_result(WARNING, 1)]
    assert [result.state for result in results] == ["ok", "failed", "ok", "warning"]
    assert failed(results) == [results[1]]


def test_an_explanation_names_the_rows() -> None:
    rows = [{"session_id": 1, "user_id": None}, {"session_id": 2, "user_id": None}]
    assert explain(a_result(WARNING, 1_002, *rows)) == (
        "Every play is by a user; not so: session_id 1, user_id NULL; session_id 2, user_id NULL; 1,000 more."
    )


def test_a_passed_check_explains_its_rule() -> None:
    assert explain(a_result(ERROR, 0)) == "Every play is by a user."
