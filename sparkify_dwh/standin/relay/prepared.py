"""What PostgreSQL keeps for a client under a name, prepared statements and portals, as far as the relay must know it.

A client may send on while earlier messages of its are not answered, and any of them may fail: then PostgreSQL skips what
follows up to the next Sync. So what a message makes of a name is a change, outstanding until PostgreSQL has agreed to it or
has skipped it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sparkify_dwh.standin.outcomes import Plan
from sparkify_dwh.standin.relay.binary_intervals import BinaryIntervals

Kept = TypeVar("Kept")


@dataclass(eq=False)
class Statement:
    """A prepared statement: what its execution does, and where it has intervals."""

    planned: Plan
    intervals: BinaryIntervals = field(default_factory=BinaryIntervals)


@dataclass(eq=False)
class Change(Generic[Kept]):
    """A name stands for ``value`` from a message on, or for nothing (None); ``segment`` counts the Syncs before it."""

    names: Names[Kept]
    name: bytes
    value: Kept | None
    segment: int

    def agree(self) -> None:
        """PostgreSQL has done it."""
        self.names._end(self, done=True)

    def drop(self) -> None:
        """PostgreSQL has refused or skipped it."""
        self.names._end(self, done=False)


class Names(Generic[Kept]):
    """The names of one kind, and what they stand for."""

    def __init__(self) -> None:
        self._segment = 0
        self._agreed: dict[bytes, Kept] = {}
        self._outstanding: dict[bytes, Change[Kept]] = {}  # the last one of each name

    def change(self, name: bytes, value: Kept | None) -> Change[Kept]:
        """What a message that is sent on makes of ``name``."""
        change = self._outstanding[name] = Change(self, name, value, self._segment)
        return change

    def synced(self) -> None:
        """A Sync is sent on, behind which nothing is skipped for an error before it."""
        self._segment += 1

    def agreed(self, name: bytes) -> Kept | None:
        """What a name stands for at the place that PostgreSQL has answered to."""
        return self._agreed.get(name)

    def expected(self, name: bytes) -> Kept | None:
        """What a name will stand for when PostgreSQL gets to what is sent next, unless it skips that."""
        change = self._outstanding.get(name)
        return self._agreed.get(name) if change is None else change.value

    def is_doubtful(self, name: bytes) -> bool:
        """Whether what is sent next may find the name otherwise than expected: its change may fail, before a Sync."""
        change = self._outstanding.get(name)
        return change is not None and change.segment < self._segment

    def forget(self) -> None:
        """PostgreSQL has dropped all that it had agreed to."""
        self._agreed.clear()

    def _end(self, change: Change[Kept], *, done: bool) -> None:
        if self._outstanding.get(change.name) is change:
            del self._outstanding[change.name]
        if not done:
            return
        if change.value is None:
            self._agreed.pop(change.name, None)
        else:
            self._agreed[change.name] = change.value
