"""The period of a report, and the days before for comparison. Days are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sparkify_dwh.errors import UsageError
from sparkify_dwh.report.formatting import format_days

DEFAULT_DAYS = 30
MAX_DAYS = 366  # the size of the page grows with the square of the days


@dataclass(frozen=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def dates(self) -> list[date]:
        return [self.first + timedelta(number) for number in range(self.days)]

    def before(self) -> Period:
        """Return as many days, up to the day before the first."""
        return Period(self.first - timedelta(self.days), self.first - timedelta(1))

    def __str__(self) -> str:
        return format_days(self.first, self.last)


def choose_period(data: Period | None, first: date | None, last: date | None, today: date) -> Period | None:
    """Return the period of a report; None without plays and without requested days.

    ``data`` are the days from the first play in the warehouse to the last. The default last day is the last complete day
    with plays; the default first day is 29 days earlier, or the first day with plays.

    Raises :class:`UsageError` for a first day after the last, and for more than 366 days.
    """
    if last is None and data is None:
        last = first
    if last is None and data is not None:
        last = _last_complete_day(data, today)
        if first is not None and first > last:
            raise UsageError(
                f"The last day with plays that is over is {last}, and the first day asked for, {first}, comes after it: "
                "choose an earlier one (--from), or say which is the last (--to)."
            )
    if last is None:
        return None
    if first is None:
        usual = _days_back(last, DEFAULT_DAYS - 1)
        first = max(usual, data.first) if data and data.first <= last else usual
    return _valid(Period(first, last))


def _last_complete_day(data: Period, today: date) -> date:
    """Return the last complete day with plays, because today lacks hours; without one, the last day with plays."""
    yesterday = today - timedelta(1)
    return min(data.last, yesterday) if data.first <= yesterday else data.last


def _days_back(day: date, days: int) -> date:
    return day - timedelta(min(days, (day - date.min).days))


def _valid(period: Period) -> Period:
    if period.first > period.last:
        raise UsageError(f"The first day, {period.first}, must not come after the last, {period.last}: exchange them.")
    if period.days > MAX_DAYS:
        raise UsageError(
            f"A report covers at most {MAX_DAYS} days, and {period.first} to {period.last} are {period.days:,}: "
            "choose a later first day or an earlier last."
        )
    if (period.first - date.min).days < period.days:
        raise UsageError(f"The days before {period.first} are not in the calendar: choose a later first day.")
    return period
