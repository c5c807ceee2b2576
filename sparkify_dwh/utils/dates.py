"""A day as people give it: a ``date``, or an ISO text such as ``"2018-11-15"``."""

from __future__ import annotations

from datetime import date, datetime

from sparkify_dwh.errors import UsageError


def as_date(day: date | str) -> date:
    """The date that is meant. Raises :class:`UsageError` for what is no day."""
    if isinstance(day, datetime):
        raise UsageError(f"A day is needed, and {day} is a moment: pass its .date().")
    if isinstance(day, date):
        return day
    try:
        return datetime.strptime(day, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise UsageError(f"A day is needed, and {day!r} is none: write it as 2018-11-15.") from None
