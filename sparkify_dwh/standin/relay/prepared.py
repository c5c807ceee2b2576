"""A client's prepared statements and portals by name, in step with PostgreSQL.

A client may send more messages before earlier ones are answered, and any of them may fail; then PostgreSQL skips what
follows up to the next Sync. So a message's effect on a name is a pending change until PostgreSQL has confirmed or skipped
it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sparkify_dwh.standin.outcomes import Plan
from sparkify_dwh.standin.relay.binary_intervals import BinaryIntervals

Value = TypeVar("Value")


@dataclass(eq=False)
class PreparedStatement:
    """A prepared statement: the plan for its execution, and the positions of its intervals."""

    plan: Plan
    intervals: BinaryIntervals = field(default_factory=BinaryIntervals)


@dataclass(eq=False)
class NameChange(Generic[Value]):
    """A message gives ``name`` the ``value``, or frees it (None); ``segment`` is the number of Syncs before it."""

    table: NameTable[Value]
    name: bytes
    value: Value | None
    segment: int

    def end(self, *, confirmed: bool) -> None:
        """Apply the change, which PostgreSQL has made, or drop one that it has refused or skipped."""
        self.table.end(self, confirmed=confirmed)


class NameTable(Generic[Value]):
    """The names of all statements, or of all portals, of a session."""

    def __init__(self) -> None:
        self._segment = 0
        self._confirmed: dict[bytes, Value] = {}
        self._pending: dict[bytes, NameChange[Value]] = {}  # the last one of each name

    def change(self, name: bytes, value: Value | None) -> NameChange[Value]:
        """Record the effect that a forwarded message will have on ``name``."""
        change = self._pending[name] = NameChange(self, name, value, self._segment)
        return change

    def on_sync(self) -> None:
        """Record a forwarded Sync: what follows it is not skipped because of an error before it."""
        self._segment += 1

    def confirmed(self, name: bytes) -> Value | None:
        """Return the value of a name at the point up to which PostgreSQL has answered."""
        return self._confirmed.get(name)

    def predicted(self, name: bytes) -> Value | None:
        """Return the value that a name will have when PostgreSQL gets to the next message, unless it skips that."""
        change = self._pending.get(name)
        return self._confirmed.get(name) if change is None else change.value

    def is_uncertain(self, name: bytes) -> bool:
        """Return whether the prediction may be wrong: the pending change may fail, and a Sync has followed it."""
        change = self._pending.get(name)
        return change is not None and change.segment < self._segment

    def clear_confirmed(self) -> None:
        """Drop all confirmed names, as PostgreSQL has done."""
        self._confirmed.clear()

    def end(self, change: NameChange[Value], *, confirmed: bool) -> None:
        """Apply or drop a change; see `NameChange.end`."""
        if self._pending.get(change.name) is change:
            del self._pending[change.name]
        if not confirmed:
            return
        if change.value is None:
            self._confirmed.pop(change.name, None)
        else:
            self._confirmed[change.name] = change.value
