"""The days that a report is about, and the days before, with which they are compared. Days are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sparkify_dwh.errors import UsageError
from sparkify_dwh.report.formatting import format_days

USUAL_DAYS = 30
MOST_DAYS = 366  # who listened on which days is in the page; its size grows with the square of the days


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
        """As many days, up to the day before the first."""
        return Period(self.first - timedelta(self.days), self.first - timedelta(1))

    def __str__(self) -> str:
        return format_days(self.first, self.last)


def chosen(data: Period | None, first: date | None, last: date | None, today: date) -> Period | None:
    """The period of a report on a warehouse that has plays of the days ``data``; None when it has none, and none is asked.

    Left open, the last day is the last with plays that is over, and the first is 29 days earlier, or the first with plays.
    Raises :class:`UsageError` for a first day after the last, and for more than 366 days.
    """
    if last is None and data is None:
        last = first
    if last is None and data is not None:
        last = _last_over(data, today)
        if first is not None and first > last:
            raise UsageError(
                f"The last day with plays that is over is {last}, and the first day asked for, {first}, comes after it: "
                "choose an earlier one (--from), or say which is the last (--to)."
            )
    if last is None:
        return None
    if first is None:
        usual = _days_back(last, USUAL_DAYS - 1)
        first = max(usual, data.first) if data and data.first <= last else usual
    return _sensible(Period(first, last))


def _last_over(data: Period, today: date) -> date:
    """The last day with plays that is over: of a day that is not, some hours are there. With no such day, the last one."""
    yesterday = today - timedelta(1)
    return min(data.last, yesterday) if data.first <= yesterday else data.last


def _days_back(day: date, days: int) -> date:
    return day - timedelta(min(days, (day - date.min).days))


def _sensible(period: Period) -> Period:
    if period.first > period.last:
        raise UsageError(f"The first day, {period.first}, must not come after the last, {period.last}: exchange them.")
    if period.days > MOST_DAYS:
        raise UsageError(
            f"A report covers at most {MOST_DAYS} days, and {period.first} to {period.last} are {period.days:,}: "
            "choose a later first day or an earlier last."
        )
    if (period.first - date.min).days < period.days:
        raise UsageError(f"The days before {period.first} are not in the calendar: choose a later first day.")
    return period
