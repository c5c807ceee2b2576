"""The days a question is about, as conditions on a sort key that Redshift can skip blocks by.

Days are UTC, as all times of the warehouse are, and the last day is included: the interval is half open, from midnight to
the midnight after. A day is a ``date`` or an ISO text (``"2018-11-15"``); None leaves that side open.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Select, cast, func, literal

from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import MOST_ROWS
from sparkify_dwh.star import Songplay
from sparkify_dwh.utils.dates import as_date

Day = date | str | None


def during(first: Day, last: Day, *moments: Any) -> list[ColumnElement[bool]]:
    """Conditions that are true of ``moments``, by default the start of a play, from ``first`` to the end of ``last``.

    The days go in as constants, for Redshift skips blocks by comparing the sort key with constants only. Raises
    :class:`UsageError` when the first day comes after the last.
    """
    begin, end = midnight(first), midnight_after(last)
    if begin and end and begin >= end:
        raise UsageError(f"The first day, {first}, must not come after the last, {last}: exchange them.")
    sort_keys = moments or (Songplay.start_time,)
    from_first = [sort_key >= begin for sort_key in sort_keys if begin]
    to_last = [sort_key < end for sort_key in sort_keys if end]
    return from_first + to_last


def midnight(day: Day) -> datetime | None:
    """The moment at which a day begins."""
    return None if day is None else datetime.combine(as_date(day), time.min)


def midnight_after(day: Day) -> datetime | None:
    """The moment at which a day has ended; None for the last day there is, which never ends."""
    if day is None or as_date(day) == date.max:
        return None
    return datetime.combine(as_date(day) + timedelta(days=1), time.min)


def day_of(moment: Any) -> ColumnElement[date]:
    """The day a moment is in."""
    return cast(moment, Date)


def hour_of(moment: Any) -> ColumnElement[datetime]:
    """When the hour began that a moment is in."""
    return func.date_trunc(constant("hour"), moment, type_=DateTime())


def week_of(moment: Any) -> ColumnElement[date]:
    """The Monday with which a moment's ISO week begins. Redshift guide, r_DATE_TRUNC"""
    return cast(func.date_trunc(constant("week"), moment), Date)


def constant(value: Any) -> ColumnElement[Any]:
    """A value that a question itself holds: a literal in the SQL. What people pass in goes as a parameter."""
    return literal(value, literal_execute=True)


def limited(question: Select[Any], limit: int | None) -> Select[Any]:
    """The first ``limit`` rows; all of them for None. Raises :class:`UsageError` for less than one."""
    if limit is None:
        return question
    if not isinstance(limit, int) or not 1 <= limit <= MOST_ROWS:
        raise UsageError(f"A limit is a number of rows from 1, and {limit!r} is none: pass None for all rows.")
    return question.limit(limit)
