"""The days of a question as conditions on a sort key, by which Redshift skips blocks.

Days are UTC, like all times in the warehouse, and the last day is included: the interval is half open, from midnight to the
midnight after. A day is a ``date`` or an ISO text (``"2018-11-15"``); None leaves that side open.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Select, cast, func, literal

from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import MAX_ROWS
from sparkify_dwh.star import Songplay
from sparkify_dwh.utils.dates import as_date

Day = date | str | None


def during(first: Day, last: Day, *sort_keys: Any) -> list[ColumnElement[bool]]:
    """Return conditions for ``sort_keys``, by default the start of a play, from ``first`` to the end of ``last``.

    The days are constants, because Redshift skips blocks only when it compares the sort key with constants. Raises
    :class:`UsageError` when the first day comes after the last.
    """
    begin, end = midnight(first), midnight_after(last)
    if begin and end and begin >= end:
        raise UsageError(f"The first day, {first}, must not come after the last, {last}: exchange them.")
    sort_keys = sort_keys or (Songplay.start_time,)
    from_first = [sort_key >= begin for sort_key in sort_keys if begin]
    to_last = [sort_key < end for sort_key in sort_keys if end]
    return from_first + to_last


def midnight(day: Day) -> datetime | None:
    """Return the time at which a day begins."""
    return None if day is None else datetime.combine(as_date(day), time.min)


def midnight_after(day: Day) -> datetime | None:
    """Return the time at which a day ends; None for ``date.max``, after which there is no day."""
    if day is None or as_date(day) == date.max:
        return None
    return datetime.combine(as_date(day) + timedelta(days=1), time.min)


def day_of(start: Any) -> ColumnElement[date]:
    """Return the day of a time."""
    return cast(start, Date)


def hour_of(start: Any) -> ColumnElement[datetime]:
    """Return the start of the hour of a time."""
    return func.date_trunc(constant("hour"), start, type_=DateTime())


def week_of(start: Any) -> ColumnElement[date]:
    """Return the Monday of the ISO week of a time. Redshift guide, r_DATE_TRUNC"""
    return cast(func.date_trunc(constant("week"), start), Date)


def constant(value: Any) -> ColumnElement[Any]:
    """Return a literal for a value that belongs to the question. Values from users are bind parameters."""
    return literal(value, literal_execute=True)


def limited(question: Select[Any], limit: int | None) -> Select[Any]:
    """Return the question with a limit of rows, or unchanged for None. Raises :class:`UsageError` for an invalid limit."""
    if limit is None:
        return question
    if not isinstance(limit, int) or not 1 <= limit <= MAX_ROWS:
        raise UsageError(f"Invalid limit {limit!r}: use a number of rows from 1, or None for all rows.")
    return question.limit(limit)
