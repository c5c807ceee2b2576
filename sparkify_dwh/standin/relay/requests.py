"""The client's messages that PostgreSQL has not answered yet, in the order in which they were sent.

PostgreSQL answers in order, and after an error ignores what follows up to the client's Sync. So the first waiting request
is the one that a response belongs to.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sparkify_dwh.standin.relay.prepared import NameChange

# By the kind of a client's message: the kinds of the messages that end its response.
_LAST_RESPONSES = {b"P": b"1", b"B": b"2", b"C": b"3", b"D": b"Tn", b"E": b"CIs", b"S": b"Z", b"Q": b"Z", b"F": b"Z"}


@dataclass
class Request:
    """One of the client's messages.

    ``tag`` replaces PostgreSQL's command tag, and ``error`` its ErrorResponse. ``describes`` names the statement of a
    Describe; ``change`` is the message's effect on a name. A ``hidden`` request is the relay's own: the client sees no
    response to it but an error.
    """

    kind: bytes
    tag: str = ""
    error: bytes = b""
    describes: bytes | None = None
    change: NameChange[Any] | None = None
    hidden: bool = False


@dataclass
class RequestQueue:
    """The requests without a complete response; ``skipping``: after an error, until the client's next Sync."""

    skipping: bool = False
    _requests: deque[Request] = field(default_factory=deque)

    def __bool__(self) -> bool:
        return bool(self._requests)

    def add(self, request: Request) -> None:
        """Record a forwarded message, unless it is of a kind that has no response."""
        if request.kind in _LAST_RESPONSES:
            self._requests.append(request)

    def match(self, kind: bytes) -> Request | None:
        """Return the request that a response of this ``kind`` belongs to; remove it if the response ends with this."""
        if not self._requests:
            self.skipping = self.skipping or kind == b"E"
            return None
        first = self._requests[0]
        if kind == b"E":
            self._skip()
        elif kind in _LAST_RESPONSES[first.kind]:
            self._requests.popleft()
            if first.change is not None:
                first.change.end(confirmed=True)
        return first

    def _skip(self) -> None:
        """Drop what PostgreSQL skips after an error: all up to the next Sync, simple queries included.

        An error of a simple query skips nothing.
        """
        if self._requests[0].kind in b"QF":
            return
        while self._requests and self._requests[0].kind != b"S":
            change = self._requests.popleft().change
            if change is not None:
                change.end(confirmed=False)
        self.skipping = not self._requests
