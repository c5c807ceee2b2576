"""A period in one row, and the days with data."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from sparkify_dwh.analytics.measures import activity, session_plays
from sparkify_dwh.analytics.period import Day, day_of, during
from sparkify_dwh.analytics.retention import first_plays
from sparkify_dwh.star import Songplay


def totals(first: Day = None, last: Day = None) -> Select[Any]:
    """How much was listened to, by how many users, and how many of them were new?

    One row: plays, listeners, sessions, listening_seconds (an upper bound), matched_plays (of songs in the catalogue),
    new_users (whose very first play is on one of these days, so all earlier plays are read). All are 0 without plays.
    """
    matched = select(func.count(Songplay.song_id)).where(*during(first, last)).scalar_subquery()
    began = first_plays(last)
    new_users = (
        select(func.count()).select_from(began).where(*during(first, last, began.c.first_play)).scalar_subquery()
    )
    return activity(session_plays(where=during(first, last))).add_columns(
        matched.label("matched_plays"), new_users.label("new_users")
    )


def days_of_data() -> Select[Any]:
    """From which day to which are there plays?

    One row: first_day, last_day (NULL without plays), days (on which there were plays), plays.
    """
    return select(
        *first_and_last_day(func.min(Songplay.start_time), func.max(Songplay.start_time)),
        func.count(day_of(Songplay.start_time).distinct()).label("days"),
        func.count().label("plays"),
    )


def first_and_last_day(first_play: ColumnElement[Any], last_play: ColumnElement[Any]) -> list[ColumnElement[date]]:
    """The days of two times, as first_day and last_day."""
    return [day_of(first_play).label("first_day"), day_of(last_play).label("last_day")]
