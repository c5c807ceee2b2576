"""The numbers of a report day by day: what the page adds up again when its reader chooses other days.

Plays and seconds of days add up; listeners and sessions do not, for one who listens on two days is one listener. They add
up all the same when each day's are told apart by how many days before they were there last: of the days from a to b, those
count whose day before lies before a. So the numbers of any days are exact, and no listener is in the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.report import questions
from sparkify_dwh.report.period import Period

UNKNOWN = "unknown"  # the level of a play whose event did not say


@dataclass(frozen=True)
class Daily:
    """Numbers of every day of ``span``: the days before the period, with which it is compared, and the period.

    ``levels`` are plays by level. ``listeners`` and ``sessions`` are, of each day, those who were not there before within
    the span, and those who were there last 1 day before, 2 days before, and so on. ``hours`` are plays by hour of the day,
    of the days of the period alone.
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

    def place(self, day: date) -> int:
        """Where a day's numbers are."""
        return (day - self.span.first).days

    def total(self, numbers: Sequence[int], period: Period) -> int:
        """Numbers that add up, of some days."""
        return sum(numbers[self.place(period.first) : self.place(period.last) + 1])

    def distinct(self, returns: Sequence[Sequence[int]], period: Period) -> int:
        """How many listeners, or sessions, there were on some days, each counted once."""
        first, last = self.place(period.first), self.place(period.last)
        return sum(
            number
            for day in range(first, last + 1)
            for gap, number in enumerate(returns[day])
            if gap == 0 or gap > day - first
        )

    def on(self, returns: Sequence[Sequence[int]], day: date) -> int:
        """How many listeners, or sessions, there were on one day."""
        return sum(returns[self.place(day)])


def daily_numbers(connection: Connection, period: Period) -> Daily:
    """Ask for the numbers of every day of the period and of the days before."""
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
    """Of each day, the number who were not there before, and of those who were there 1, 2, 3 ... days before."""
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
