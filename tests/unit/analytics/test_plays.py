"""Questions about the times of plays."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection
from support.listening import OF_SETANTA, a_play, add_plays, records, rows
from support.sql import sql

from sparkify_dwh import analytics

THURSDAY, FRIDAY = date(2018, 11, 15), date(2018, 11, 16)


def test_plays_per_day_counts_sessions_in_a_subquery() -> None:
    """Redshift's COUNT(DISTINCT ...) takes one expression; a session is a number and a user."""
    assert sql(analytics.plays_per_day("2018-11-01", "2018-11-30")) == (
        "SELECT visits.day, CAST(coalesce(sum(visits.plays), 0) AS BIGINT) AS plays, "
        "count(DISTINCT visits.user_id) AS listeners, count(*) AS sessions, "
        "CAST(round(coalesce(sum(visits.seconds), 0)) AS BIGINT) AS listening_seconds "
        "FROM (SELECT CAST(songplays.start_time AS DATE) AS day, songplays.session_id AS session_id, "
        "songplays.user_id AS user_id, count(*) AS plays, sum(songplays.song_length) AS seconds "
        "FROM songplays "
        "WHERE songplays.start_time >= '2018-11-01 00:00:00' AND songplays.start_time < '2018-12-01 00:00:00' "
        "GROUP BY day, songplays.session_id, songplays.user_id) AS visits "
        "GROUP BY visits.day ORDER BY visits.day"
    )


def test_plays_per_weekday_bounds_both_tables() -> None:
    """A bound on songplays does not bound time, so all its blocks would be read."""
    assert (
        "FROM songplays JOIN time ON songplays.start_time = time.start_time "
        "WHERE songplays.start_time >= '2018-11-01 00:00:00' AND time.start_time >= '2018-11-01 00:00:00' "
        "GROUP BY time.weekday, played_on, songplays.session_id, songplays.user_id"
    ) in sql(analytics.plays_per_weekday("2018-11-01"))


def test_plays_listeners_sessions_and_seconds(connection: Connection) -> None:
    add_plays(
        connection,
        a_play(),
        a_play(item_in_session=1, length=None),
        a_play(session_id=819, length=100.4),
        a_play(session_id=818, user_id=16),
        a_play(session_id=1, user_id=None),
    )
    assert records(connection, analytics.plays_per_day()) == [
        {"day": THURSDAY, "plays": 5, "listeners": 2, "sessions": 4, "listening_seconds": 700}
    ]


def test_a_session_number_of_two_users_is_two_sessions(connection: Connection) -> None:
    add_plays(connection, a_play(user_id=15), a_play(user_id=16, item_in_session=1))
    ((_, _, _, sessions, _),) = rows(connection, analytics.plays_per_day())
    assert sessions == 2


def test_a_session_past_midnight_counts_on_both_days(connection: Connection) -> None:
    add_plays(connection, a_play("2018-11-15 23:59:00"), a_play("2018-11-16 00:01:00"))
    assert [(day, sessions) for day, _, _, sessions, _ in rows(connection, analytics.plays_per_day())] == [
        (THURSDAY, 1),
        (FRIDAY, 1),
    ]
    assert records(connection, analytics.totals())[0]["sessions"] == 1


def test_an_hour_is_labelled_with_its_start(connection: Connection) -> None:
    add_plays(connection, a_play("2018-11-15 12:59:59.999"), a_play("2018-11-15 13:00:00"))
    assert [row[:2] for row in rows(connection, analytics.plays_per_hour())] == [
        (datetime(2018, 11, 15, 12), 1),
        (datetime(2018, 11, 15, 13), 1),
    ]


def test_a_week_is_labelled_with_its_monday(connection: Connection) -> None:
    """An ISO week may begin in the year before."""
    add_plays(connection, a_play("2019-01-06 23:59:00"), a_play("2018-12-31 00:00:00"), a_play("2019-01-07 00:00:00"))
    assert [row[:2] for row in rows(connection, analytics.plays_per_week())] == [
        (date(2018, 12, 31), 2),
        (date(2019, 1, 7), 1),
    ]


def test_a_weekday_has_its_number_of_days_with_plays(connection: Connection) -> None:
    add_plays(
        connection,
        a_play("2018-11-15 12:00:00"),
        a_play("2018-11-15 13:00:00"),
        a_play("2018-11-22 12:00:00", session_id=819),
        a_play("2018-11-18 12:00:00", session_id=820),
    )
    assert records(connection, analytics.plays_per_weekday()) == [
        {"weekday": 0, "plays": 1, "listeners": 1, "sessions": 1, "listening_seconds": 200, "days": 1},
        {"weekday": 4, "plays": 3, "listeners": 1, "sessions": 2, "listening_seconds": 600, "days": 2},
    ]


def test_hours_of_the_day_and_of_the_week(connection: Connection) -> None:
    add_plays(
        connection,
        a_play("2018-11-15 09:00:00"),
        a_play("2018-11-18 09:30:00", session_id=819),
        a_play("2018-11-18 10:00:00", session_id=819),
    )
    assert [row[:2] for row in rows(connection, analytics.plays_per_hour_of_day())] == [(9, 2), (10, 1)]
    assert [row[:3] for row in rows(connection, analytics.plays_per_weekday_and_hour())] == [
        (0, 9, 1),
        (0, 10, 1),
        (4, 9, 1),
    ]


def test_totals_are_one_row(connection: Connection) -> None:
    """A user who listened before is not new."""
    add_plays(
        connection,
        a_play("2018-10-31 12:00:00", session_id=1),
        a_play(),
        a_play(user_id=16, session_id=2, **OF_SETANTA),
        a_play("2018-12-01 00:00:00", user_id=17, session_id=3),
    )
    assert records(connection, analytics.totals("2018-11-01", "2018-11-30")) == [
        {"plays": 2, "listeners": 2, "sessions": 2, "listening_seconds": 470, "matched_plays": 1, "new_users": 1}
    ]


def test_totals_without_plays_are_zero(connection: Connection) -> None:
    assert rows(connection, analytics.totals()) == [(0, 0, 0, 0, 0, 0)]


def test_the_days_of_data(connection: Connection) -> None:
    assert rows(connection, analytics.days_of_data()) == [(None, None, 0, 0)]
    add_plays(connection, a_play(), a_play("2018-11-15 23:59:59.999"), a_play("2018-11-17 00:00:00"))
    assert rows(connection, analytics.days_of_data()) == [(THURSDAY, date(2018, 11, 17), 2, 3)]
