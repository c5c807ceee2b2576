"""Where people listen: the listener's location as logged, a metropolitan area and its states ("Lubbock, TX").

Listening time is an upper bound: see ``sparkify_dwh.analytics.measures``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Label, Select, String, func

from sparkify_dwh.analytics.measures import most_active, session_plays
from sparkify_dwh.analytics.period import Day, constant, during, limited
from sparkify_dwh.star import Songplay


def top_cities(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """In which cities do people listen most?

    One row per location as logged: city (before the comma), state (after it; several for an area in several states,
    IL-IN-WI; NULL without a comma), plays, listeners, sessions, listening_seconds. The most plays first, then
    in order of their names.
    """
    where = during(first, last)
    rows = session_plays(city_of(Songplay.location), state_of(Songplay.location), where=where)
    return limited(most_active(rows, "city", "state"), limit)


def top_states(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """In which states do people listen most?

    One row per state or group of states as logged: state, plays, listeners, sessions, listening_seconds. An area in several
    states (IL-IN-WI) is a row of its own, because the log does not hold in which of them the listener was. The most plays
    first, then in order of their names.
    """
    rows = session_plays(state_of(Songplay.location), where=during(first, last))
    return limited(most_active(rows, "state"), limit)


def city_of(location: Any) -> Label[Any]:
    """The part of a location before the comma, as ``city``."""
    return _part(location, 1).label("city")


def state_of(location: Any) -> Label[Any]:
    """The part of a location after the comma, as ``state``; NULL without a comma."""
    return _part(location, 2).label("state")


def _part(location: Any, number: int) -> ColumnElement[Any]:
    """The part before (1) or after (2) the comma; NULL when it is empty. Redshift guide, SPLIT_PART"""
    return func.nullif(func.split_part(location, constant(", "), constant(number)), constant(""), type_=String())
