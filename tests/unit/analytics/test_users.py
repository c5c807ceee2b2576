"""Questions about users: who listens, pays and comes back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection
from support.listening import a_play, add_plays, records, rows
from support.sql import sql

from sparkify_dwh import analytics


def test_top_users_have_names_and_listening_time(connection: Connection) -> None:
    add_plays(
        connection,
        a_play(),
        a_play(item_in_session=1, level="free", length=100.5),
        a_play(user_id=8, session_id=2, first_name="Kaylee"),
        a_play(user_id=9, session_id=3, first_name="Jayden"),
        a_play(user_id=None, session_id=4),
    )
    assert records(connection, analytics.top_users(limit=2)) == [
        {"user_id": 15, "first_name": "Lily", "last_name": "Koch", "level": "free", "plays": 2, "sessions": 1,
         "listening_seconds": 300},
        {"user_id": 8, "first_name": "Kaylee", "last_name": "Koch", "level": "paid", "plays": 1, "sessions": 1,
         "listening_seconds": 200},
    ]  # fmt: skip


def test_free_and_paid_plays_count_by_the_level_at_the_time(connection: Connection) -> None:
    """The user's current level may differ from the level at the time of the play."""
    add_plays(
        connection,
        a_play(level="free"),
        a_play(item_in_session=1),
        a_play("2018-11-16 12:00:00", user_id=16, session_id=2),
    )
    assert [row[:4] for row in rows(connection, analytics.levels())] == [("free", 1, 1, 1), ("paid", 2, 2, 2)]
    assert [row[:3] for row in rows(connection, analytics.levels_per_day())] == [
        (date(2018, 11, 15), "free", 1),
        (date(2018, 11, 15), "paid", 1),
        (date(2018, 11, 16), "paid", 1),
    ]


def test_level_changes_compare_with_the_previous_play() -> None:
    """LAG takes no frame, and the lower bound is outside: the previous play may be before the first day."""
    text = sql(analytics.level_changes("2018-11-01", "2018-11-30"))
    assert (
        "lag(songplays.level) OVER (PARTITION BY songplays.user_id ORDER BY songplays.start_time, "
        "songplays.session_id, songplays.item_in_session) AS level_before FROM songplays "
        "WHERE songplays.user_id IS NOT NULL AND songplays.level IS NOT NULL "
        "AND songplays.start_time < '2018-12-01 00:00:00') AS played"
    ) in text
    assert "WHERE played.level != played.level_before AND played.start_time >= '2018-11-01 00:00:00'" in text


def test_level_changes_name_the_users(connection: Connection) -> None:
    add_plays(
        connection,
        a_play("2018-10-31 12:00:00", level="free"),
        a_play("2018-11-01 12:00:00", level=None),
        a_play("2018-11-02 12:00:00", level="paid"),
        a_play("2018-11-03 12:00:00", level="paid"),
        a_play("2018-12-01 12:00:00", level="free"),
        a_play("2018-11-02 12:00:00", user_id=16, session_id=2, level="free"),
    )
    assert rows(connection, analytics.level_changes("2018-11-01", "2018-11-30")) == [
        (datetime(2018, 11, 2, 12), 15, "Lily", "Koch", "free", "paid")
    ]


def test_a_user_is_new_in_the_week_of_their_first_play(connection: Connection) -> None:
    add_plays(
        connection,
        a_play("2018-11-04 12:00:00"),
        a_play("2018-11-05 12:00:00"),
        a_play("2018-11-06 12:00:00", user_id=16, session_id=2),
        a_play("2018-11-07 12:00:00", user_id=16, session_id=2),
        a_play("2018-11-07 12:00:00", user_id=None, session_id=3),
    )
    second_week = (date(2018, 11, 5), 2, 1, 1)
    assert rows(connection, analytics.new_and_returning_users()) == [(date(2018, 10, 29), 1, 1, 0), second_week]
    assert rows(connection, analytics.new_and_returning_users("2018-11-05")) == [second_week]


def test_a_cohort_has_the_users_who_began_in_a_week(connection: Connection) -> None:
    """A week in which none of them listened has no row."""
    add_plays(
        connection,
        a_play("2018-12-24 12:00:00"),
        a_play("2018-12-30 12:00:00", user_id=16, session_id=2),
        a_play("2019-01-07 12:00:00", session_id=3),
        a_play("2019-01-08 12:00:00", user_id=17, session_id=4),
    )
    christmas, january = (date(2018, 12, 24), 0, 2, 2, 1.0), (date(2019, 1, 7), 0, 1, 1, 1.0)
    assert rows(connection, analytics.cohorts()) == [christmas, (date(2018, 12, 24), 2, 1, 2, 0.5), january]
    assert rows(connection, analytics.cohorts("2018-12-31")) == [january]
    assert rows(connection, analytics.cohorts(last="2018-12-31")) == [christmas]


def test_cohorts_have_windows_without_an_order() -> None:
    """Redshift wants a frame in an aggregate over an order. Redshift guide, r_WF_MAX"""
    text = sql(analytics.cohorts())
    assert "max(by_week.users) OVER (PARTITION BY by_week.cohort) AS cohort_users" in text
    assert "datediff(day, CAST(date_trunc('week', first_plays.first_play) AS DATE), active_weeks.week) / 7" in text
