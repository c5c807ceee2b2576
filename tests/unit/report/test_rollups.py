"""The temporary tables of a report, filled from a few plays."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, TableClause, select
from support.listening import OF_SETANTA, a_play, add_plays, rows
from support.sql import sql

from sparkify_dwh.report import questions
from sparkify_dwh.report.period import Period
from sparkify_dwh.report.rollups import (
    AUDIENCE,
    LISTENERS,
    SESSION_HOURS,
    SONGS,
    audience,
    create_listeners,
    create_rollups,
    plays_of,
    session_hours,
)

DAY = Period(date(2018, 11, 15), date(2018, 11, 15))


def create_tables(connection: Connection, *plays: dict[str, Any]) -> None:
    """Create the temporary tables of DAY, from these plays."""
    add_plays(connection, *plays)
    create_listeners(connection)
    (days,) = connection.execute(questions.days_of_data())
    create_rollups(connection, DAY, Period(days.first_day, days.last_day))


def rows_of(connection: Connection, table: TableClause, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(rows(connection, select(*(table.c[name] for name in columns))), key=repr)


def test_the_statement_of_the_session_hours() -> None:
    """In one scan, which Redshift narrows by the sort key."""
    assert sql(session_hours(plays_of(DAY, None))) == (
        "SELECT date_trunc('hour', songplays.start_time) AS hour, songplays.session_id, songplays.user_id, "
        "songplays.level, count(*) AS plays, sum(songplays.song_length) AS seconds, "
        "count(songplays.song_id) AS matched_plays, min(songplays.start_time) AS began_at, "
        "max(songplays.start_time) AS last_began_at FROM songplays "
        "WHERE songplays.start_time >= '2018-11-15 00:00:00' AND songplays.start_time < '2018-11-16 00:00:00' "
        "GROUP BY hour, songplays.session_id, songplays.user_id, songplays.level"
    )


@pytest.mark.parametrize(
    ("first", "last", "bounds"),
    [
        (14, 16, ["songplays.start_time >= '2018-11-15 00:00:00'", "songplays.start_time < '2018-11-16 00:00:00'"]),
        (15, 16, ["songplays.start_time < '2018-11-16 00:00:00'"]),
        (14, 15, ["songplays.start_time >= '2018-11-15 00:00:00'"]),
        (15, 15, []),
    ],
)
def test_a_bound_without_plays_beyond_it_is_left_out(first: int, last: int, bounds: list[str]) -> None:
    days = Period(date(2018, 11, first), date(2018, 11, last))
    statement = sql(audience(plays_of(DAY, days)))
    assert re.findall(r"songplays\.start_time \S+ '[^']+'", statement) == bounds


def test_plays_of_one_hour_of_a_session_are_one_row(connection: Connection) -> None:
    create_tables(
        connection,
        a_play("2018-11-15 12:10:00"),
        a_play("2018-11-15 12:59:59.999", item_in_session=1, **OF_SETANTA),
        a_play("2018-11-15 13:00:00", item_in_session=2, length=None),
        a_play("2018-11-14 23:59:59", session_id=1),
        a_play("2018-11-13 23:59:59", session_id=2),
        a_play("2018-11-16 00:00:00", session_id=3),
    )
    assert rows_of(connection, SESSION_HOURS, "hour", "session_id", "plays", "seconds", "matched_plays") == [
        (datetime(2018, 11, 14, 23), 1, 1, 200.0, 0),
        (datetime(2018, 11, 15, 12), 818, 2, 470.0, 1),
        (datetime(2018, 11, 15, 13), 818, 1, None, 0),
    ]


def test_the_audience_has_only_plays_of_the_period(connection: Connection) -> None:
    create_tables(connection, a_play(), a_play("2018-11-14 12:00:00"), a_play(session_id=2, location="Waco, TX"))
    assert rows_of(connection, AUDIENCE, "user_id", "location", "plays") == [
        (15, "Lubbock, TX", 1),
        (15, "Waco, TX", 1),
    ]


def test_names_that_differ_in_trailing_blanks_are_one_song(connection: Connection) -> None:
    create_tables(connection, a_play(song="Undo  "), a_play(session_id=2), a_play(session_id=3, artist=None))
    assert rows_of(connection, SONGS, "song", "artist", "plays") == [("Undo", "Björk", 2), ("Undo", None, 1)]
    assert rows(connection, questions.songs_played()) == [(2, 1)]


def test_plays_without_a_user_count_as_data_but_not_as_listeners(connection: Connection) -> None:
    create_tables(connection, a_play("2018-11-15 08:00:00", user_id=None), a_play(session_id=2))
    assert len(rows_of(connection, LISTENERS, "user_id")) == 2
    assert rows(connection, questions.days_of_data()) == [(date(2018, 11, 15), date(2018, 11, 15))]
    assert rows(connection, questions.new_users_per_day(DAY)) == [(date(2018, 11, 15), 1)]


@pytest.mark.parametrize(
    ("levels", "changes"),
    [
        (["free", "paid"], [("free", "paid", 1)]),
        (["free", "paid", "free"], [("free", "free", 1)]),
        (["free", "free"], []),
        (["free", None], []),
    ],
)
def test_levels_are_those_of_listeners_who_changed_them(
    connection: Connection, levels: list[str | None], changes: list[tuple[str, str, int]]
) -> None:
    plays = (a_play(f"2018-11-15 {12 + hour}:00:00", level=level) for hour, level in enumerate(levels))
    create_tables(connection, *plays)
    assert rows(connection, questions.first_and_last_levels(DAY)) == changes
