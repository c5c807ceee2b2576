"""Dates as arguments: a ``date``, or an ISO text such as ``"2018-11-15"``."""

from __future__ import annotations

from datetime import date, datetime

from sparkify_dwh.errors import UsageError


def as_date(day: date | str) -> date:
    """Return the date. Raises :class:`UsageError` for an invalid one."""
    if isinstance(day, datetime):
        raise UsageError(f"Invalid date {day}: it has a time of day; pass its .date()")
    if isinstance(day, date):
        return day
    try:
        return datetime.strptime(day, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise UsageError(f"Invalid date {day!r}", "use YYYY-MM-DD") from None
