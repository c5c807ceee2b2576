"""Daily numbers, from which the page computes those of any days that its reader chooses.

Plays and seconds are additive; listeners and sessions are not, because a user who listens on two days is one listener. So
each day's listeners are split by the days since they last listened: over the days from a to b, a day counts those whose
last day was before a. The numbers of any days are exact, and the page holds no user ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.report import questions
from sparkify_dwh.report.period import Period

UNKNOWN = "unknown"  # the level of plays whose event has none


@dataclass(frozen=True)
class Daily:
    """Numbers per day of ``span``: the period, and as many days before it for comparison.

    ``levels`` are plays by level. ``listeners[day][gap]`` are the listeners who last listened ``gap`` days before; gap 0
    holds those without an earlier day in the span. ``sessions`` likewise. ``hours`` are plays by hour of the day, for the
    days of the period only.
    """

    span: Period
    plays: list[int]
    seconds: list[int]
    matched: list[int]
    levels: dict[str, list[int]]
    new: list[int]
    listeners: list[list[int]]
    sessions: list[list[int]]
    hours: list[list[int]]

    def index(self, day: date) -> int:
        """Return the index of a day's numbers."""
        return (day - self.span.first).days

    def total(self, numbers: Sequence[int], period: Period) -> int:
        """Return the sum of additive numbers over a period."""
        return sum(numbers[self.index(period.first) : self.index(period.last) + 1])

    def distinct(self, returns: Sequence[Sequence[int]], period: Period) -> int:
        """Return the number of listeners, or sessions, in a period, each counted once."""
        first, last = self.index(period.first), self.index(period.last)
        return sum(
            number
            for day in range(first, last + 1)
            for gap, number in enumerate(returns[day])
            if gap == 0 or gap > day - first
        )

    def on_day(self, returns: Sequence[Sequence[int]], day: date) -> int:
        """Return the number of listeners, or sessions, on one day."""
        return sum(returns[self.index(day)])


def daily_numbers(connection: Connection, period: Period) -> Daily:
    """Read the numbers of every day of the period and of as many days before."""
    span = Period(period.before().first, period.last)
    plays, seconds, matched = ([0] * span.days for _ in range(3))
    levels = {"free": [0] * span.days, "paid": [0] * span.days}
    for row in connection.execute(questions.levels_per_day()):
        day = (row.day - span.first).days
        plays[day] += row.plays
        seconds[day] += row.seconds
        matched[day] += row.matched_plays
        levels.setdefault((row.level or UNKNOWN).rstrip(), [0] * span.days)[day] += row.plays
    new = [0] * span.days
    for row in connection.execute(questions.new_users_per_day(span)):
        new[(row.day - span.first).days] = row.number
    return Daily(
        span,
        plays,
        seconds,
        matched,
        levels,
        new,
        _returns(connection.execute(questions.listeners_by_return()), span),
        _returns(connection.execute(questions.sessions_by_return()), span),
        _hours(connection.execute(questions.plays_per_hour(period)), period),
    )


def _returns(rows: Iterable[Any], span: Period) -> list[list[int]]:
    """Return per day the numbers by gap: see :class:`Daily`."""
    returns: list[list[int]] = [[] for _ in range(span.days)]
    for row in rows:
        gap = 0 if row.before is None else (row.day - row.before).days
        numbers = returns[(row.day - span.first).days]
        numbers.extend([0] * (gap + 1 - len(numbers)))
        numbers[gap] = row.number
    return returns


def _hours(rows: Iterable[Any], period: Period) -> list[list[int]]:
    hours = [[0] * 24 for _ in range(period.days)]
    for row in rows:
        hours[(row.hour.date() - period.first).days][row.hour.hour] = row.plays
    return hours
