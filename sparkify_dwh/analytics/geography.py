"""Where people listen: the location of the listener as the log says, a metropolitan area and its states ("Lubbock, TX").

Listening time is an upper bound: see ``sparkify_dwh.analytics.measures``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, desc, func

from sparkify_dwh.analytics.measures import activity, visits_by
from sparkify_dwh.analytics.period import Day, constant, during, limited
from sparkify_dwh.star import Songplay


def top_cities(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """In which cities do people listen most?

    One row per location as logged: city (all before the comma), state (all behind it, several for an area that lies in
    several: IL-IN-WI; NULL without a comma), plays, listeners, sessions, listening_seconds. The most plays first, then
    in order of their names.
    """
    visits = visits_by(_city(), _state(), where=during(first, last))
    return limited(activity(visits, "city", "state").order_by(desc("plays"), "city", "state"), limit)


def top_states(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """In which states do people listen most?

    One row per state or group of states as logged (an area in several, IL-IN-WI, is a row of its own: nobody knows in
    which of them the listener was): state, plays, listeners, sessions, listening_seconds. The most plays first, then in
    order of their names.
    """
    visits = visits_by(_state(), where=during(first, last))
    return limited(activity(visits, "state").order_by(desc("plays"), "state"), limit)


def _city() -> ColumnElement[Any]:
    return _split(1).label("city")


def _state() -> ColumnElement[Any]:
    return _split(2).label("state")


def _split(place: int) -> ColumnElement[Any]:
    """What stands before (1) or behind (2) the comma; NULL when nothing does. Redshift guide, SPLIT_PART"""
    return func.nullif(
        func.split_part(Songplay.location, constant(", "), constant(place)), constant(""), type_=String()
    )
