"""When people listen: plays by hour, day, week and weekday.

Every row has the measures of ``sparkify_dwh.analytics.measures``: plays, listeners, sessions and listening_seconds (an
upper bound). Hours, days and weeks without a play have no row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func

from sparkify_dwh.analytics.measures import activity, session_plays
from sparkify_dwh.analytics.period import Day, day_of, during, hour_of, week_of
from sparkify_dwh.star import Songplay, Time


def plays_per_hour(first: Day = None, last: Day = None) -> Select[Any]:
    """How much is listened to, hour after hour?

    One row per hour with plays: hour (its start, UTC), plays, listeners, sessions, listening_seconds.
    """
    hour = hour_of(Songplay.start_time).label("hour")
    return activity(session_plays(hour, where=during(first, last)), "hour").order_by("hour")


def plays_per_day(first: Day = None, last: Day = None) -> Select[Any]:
    """How much is listened to, day after day?

    One row per day with plays: day, plays, listeners, sessions, listening_seconds.
    """
    day = day_of(Songplay.start_time).label("day")
    return activity(session_plays(day, where=during(first, last)), "day").order_by("day")


def plays_per_week(first: Day = None, last: Day = None) -> Select[Any]:
    """How much is listened to, week after week?

    One row per ISO week with plays: week (its Monday), plays, listeners, sessions, listening_seconds. The
    first and the last week count only the requested days.
    """
    week = week_of(Songplay.start_time).label("week")
    return activity(session_plays(week, where=during(first, last)), "week").order_by("week")


def plays_per_weekday(first: Day = None, last: Day = None) -> Select[Any]:
    """On which days of the week do people listen?

    One row per weekday with plays: weekday (0 Sunday to 6 Saturday), plays, listeners, sessions, listening_seconds, and
    days: the number of such days with plays.
    """
    played_on = day_of(Songplay.start_time).label("played_on")
    visits = session_plays(Time.weekday, played_on, where=_in_both(first, last), join=Songplay.time)
    days = func.count(visits.c.played_on.distinct()).label("days")
    return activity(visits, "weekday").add_columns(days).order_by("weekday")


def plays_per_hour_of_day(first: Day = None, last: Day = None) -> Select[Any]:
    """At which time of the day do people listen?

    One row per hour of the day with plays: hour (0 to 23, UTC), plays, listeners, sessions, listening_seconds.
    """
    return activity(session_plays(Time.hour, where=_in_both(first, last), join=Songplay.time), "hour").order_by("hour")


def plays_per_weekday_and_hour(first: Day = None, last: Day = None) -> Select[Any]:
    """At which hours of the week do people listen?

    One row per weekday (0 Sunday to 6 Saturday) and hour (0 to 23, UTC) with plays: weekday, hour, plays, listeners,
    sessions, listening_seconds.
    """
    visits = session_plays(Time.weekday, Time.hour, where=_in_both(first, last), join=Songplay.time)
    return activity(visits, "weekday", "hour").order_by("weekday", "hour")


def _in_both(first: Day, last: Day) -> list[ColumnElement[bool]]:
    """Bound the sort keys of both tables: a bound on one does not skip blocks of the other."""
    return during(first, last, Songplay.start_time, Time.start_time)
