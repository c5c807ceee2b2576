"""Freshness: how old the newest event in a warehouse is, and when the last successful load began.

Loads succeed although nothing new arrives. Only the age of the newest event tells that a producer has stopped. Ages are
by the clock of the warehouse (``sparkify_dwh.database.warehouse_now``), as the times of loads are. Events of the future
are left out: one of them would hide that no others follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Integer, func, literal_column, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.errors import UsageError
from sparkify_dwh.ledger import LOADED, Load
from sparkify_dwh.utils.durations import format_duration


@dataclass(frozen=True)
class EventTime:
    """The column of the star with the times of events. ``event`` is what messages call one: "invoice"."""

    event: str
    column: Column[Any]


@dataclass(frozen=True)
class Freshness:
    """The times of the newest event and of the last successful load, both UTC and None without one, at ``now``.

    ``event`` is what an event is called; None if the warehouse declares no times of events.
    """

    now: datetime
    event: str | None
    newest: datetime | None
    last_load: datetime | None

    @property
    def age(self) -> timedelta | None:
        """The age of the newest event."""
        return self._age(self.newest)

    @property
    def load_age(self) -> timedelta | None:
        """The time since the last successful load began."""
        return self._age(self.last_load)

    def _age(self, time: datetime | None) -> timedelta | None:
        return None if time is None else max(timedelta(), self.now - time)

    def is_older_than(self, max_age: timedelta) -> bool:
        """Return whether the newest event is older; also without any event. Raises UsageError without times of events."""
        if self.event is None:
            raise UsageError(
                "This warehouse declares no times of events, so a maximum age has no meaning",
                "leave out --max-age and [CHECKS] MAX_AGE, or declare Warehouse(event_time=...).",
            )
        return self.age is None or self.age > max_age

    def describe_newest(self) -> str:
        """Return a clause about the newest event."""
        if self.event is None:
            return "the warehouse declares no times of events"
        if self.newest is None or self.age is None:
            return f"there is no {self.event} yet"
        return f"the newest {self.event} is of {_minute(self.newest)} UTC, {format_duration(self.age)} ago"

    def __str__(self) -> str:
        """Return both as a sentence."""
        load = "no load has succeeded yet"
        if self.last_load is not None and self.load_age is not None:
            load = (
                f"the last successful load began at {_minute(self.last_load)} UTC, {format_duration(self.load_age)} ago"
            )
        newest = self.describe_newest()
        return f"{newest[0].upper()}{newest[1:]}; {load}."

    def to_dict(self) -> dict[str, Any]:
        """Return the times and ages for JSON."""
        return {
            "now": self.now.isoformat(timespec="seconds"),
            "event": self.event,
            "newest": _as_json(self.newest, self.age),
            "last_load": _as_json(self.last_load, self.load_age),
        }


def read_freshness(connection: Connection, event_time: EventTime | None, now: datetime) -> Freshness:
    """Return the freshness of a warehouse at ``now``, which is UTC by the warehouse's clock."""
    last_load = connection.scalar(select(func.max(Load.started_at)).where(Load.outcome == LOADED))
    if event_time is None:
        return Freshness(now, None, None, last_load)
    column = event_time.column
    newest = connection.scalar(select(func.max(column)).where(column <= now))
    return Freshness(now, event_time.event, newest, last_load)


def is_empty(connection: Connection, star: Sequence[type[StarTable]]) -> bool:
    """Return whether no table of the star has a row."""
    return all(
        connection.execute(select(literal_column("1", Integer)).select_from(model.table()).limit(1)).first() is None
        for model in star
    )


def _minute(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M")


def _as_json(time: datetime | None, age: timedelta | None) -> dict[str, Any] | None:
    if time is None or age is None:
        return None
    return {"time": time.isoformat(timespec="seconds"), "age_seconds": int(age.total_seconds())}
