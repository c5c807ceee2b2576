"""What a client of the extended protocol still waits for, in the order of what it sent.

PostgreSQL answers in order, and after an error ignores what follows up to the client's Sync. So the first that waits is
the one that an answer is for.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sparkify_dwh.standin.relay.prepared import Change

# The messages that end the answer to each of the client's.
_ENDS = {b"P": b"1", b"B": b"2", b"C": b"3", b"D": b"Tn", b"E": b"CIs", b"S": b"Z", b"Q": b"Z", b"F": b"Z"}


@dataclass
class Awaited:
    """One of the client's messages. ``tag`` is what it is told in place of PostgreSQL's own; ``refusal`` is the
    ErrorResponse in place of PostgreSQL's; ``describes`` the statement that a Describe asks about; ``change`` what the
    message makes of a name. One that is ``hidden`` is the relay's own: the client is told nothing but an error."""

    kind: bytes
    tag: str = ""
    refusal: bytes = b""
    describes: bytes | None = None
    change: Change[Any] | None = None
    hidden: bool = False


@dataclass
class Pending:
    """The messages that are not answered yet. ``skipping``: after an error, up to a Sync that has not come yet."""

    skipping: bool = False
    _awaited: deque[Awaited] = field(default_factory=deque)

    def __bool__(self) -> bool:
        return bool(self._awaited)

    def add(self, awaited: Awaited) -> None:
        """A message has been sent on; one that has no answer is not waited for."""
        if awaited.kind in _ENDS:
            self._awaited.append(awaited)

    def answered(self, kind: bytes) -> Awaited | None:
        """The message that PostgreSQL's ``kind`` belongs to; it is off the list when this was the end of its answer."""
        if not self._awaited:
            self.skipping = self.skipping or kind == b"E"
            return None
        first = self._awaited[0]
        if kind == b"E":
            self._skip()
        elif kind in _ENDS[first.kind]:
            self._awaited.popleft()
            if first.change is not None:
                first.change.agree()
        return first

    def _skip(self) -> None:
        """After an error up to the next Sync, queries of the simple protocol too; their own errors skip nothing."""
        if self._awaited[0].kind in b"QF":
            return
        while self._awaited and self._awaited[0].kind != b"S":
            change = self._awaited.popleft().change
            if change is not None:
                change.drop()
        self.skipping = not self._awaited
