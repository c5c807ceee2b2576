"""Work that takes rows and may stall, such as writing to an object store, in a thread of its own; see ``producer`` too."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType

from sparkify_dwh.standin.relay.producer import Abandoned

MUCH = 1024 * 1024  # bytes that wait to be taken, above which no more should come
GRACE_SECONDS = 5.0  # for work that is abandoned to be taken back; after that someone else may have done it anew


class Consumer:
    """Runs ``consume(self)`` in a thread, which iterates over the rows it is given and in the end calls ``settle``.

    As a context manager it lets go of the work at the end: the next row, or ``settle``, raises Abandoned in the thread,
    which should then take back what it has done, while it ``may_take_back``. What it waits for by then, an answer of S3
    for instance, it waits for until the timeouts of that.
    """

    def __init__(self, consume: Callable[[Consumer], None], grace_seconds: float = GRACE_SECONDS) -> None:
        self._consume = consume
        self._grace_seconds = grace_seconds
        self._left_at = 0.0
        self._rows: list[bytes] = []
        self._bytes = 0
        self._changed = threading.Condition()
        self._ended = self._left = self._settled = self.done = self.cancelled = False
        self.interrupted = False  # PostgreSQL has been asked to make no more rows
        self._error: BaseException | None = None
        self.alarm, self._bell = socket.socketpair()
        for end in (self.alarm, self._bell):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="stand-in UNLOAD", daemon=True)

    def __enter__(self) -> Consumer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()
        with self._changed:
            self.alarm.close()
            self._bell.close()

    # ------------------------------------------------------------------ for the one who has the rows

    @property
    def full(self) -> bool:
        return self._bytes > MUCH and not (self.done or self._left)

    def put(self, rows: list[bytes]) -> None:
        """Hand over rows; dropped when nobody takes them any more."""
        with self._changed:
            if rows and not (self.done or self._left):
                self._rows += rows
                self._bytes += sum(map(len, rows))
                self._changed.notify_all()

    def end(self) -> None:
        """No more rows will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def abandon(self) -> bool:
        """Let go of the work; False when it is settled already."""
        with self._changed:
            if not (self._left or self._settled):
                self._left, self._left_at = True, time.monotonic()
            self._rows, self._bytes = [], 0
            self._changed.notify_all()
            return self._left

    def cancel(self) -> None:
        """Wake the one who hands over; may be called from any thread."""
        self.cancelled = True
        self._ring()

    def heard(self) -> None:
        """The alarm has been heard, and may ring again."""
        with suppress(BlockingIOError):
            self.alarm.recv(64)

    def check(self) -> None:
        """Raise what ``consume`` has raised by itself."""
        error, self._error = self._error, None
        try:
            if error is not None and not isinstance(error, Abandoned):
                raise error
        finally:  # its traceback holds the files that were being written
            del error

    # ------------------------------------------------------------------ for the one who takes them

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._rows or self._ended or self._left)
                if self._left:
                    raise Abandoned
                rows, self._rows, self._bytes = self._rows, [], 0
            if not rows:
                return
            self._ring()
            yield from rows

    def settle(self) -> None:
        """From now on what has been done stays; raises Abandoned when nobody waits for it any more."""
        with self._changed:
            if self._left:
                raise Abandoned
            self._settled = True

    def may_take_back(self) -> bool:
        """Whether what has been done may be undone: it failed by itself, or was abandoned a moment ago."""
        with self._changed:
            return not self._left or time.monotonic() - self._left_at < self._grace_seconds

    def _run(self) -> None:
        try:
            self._consume(self)
        except BaseException as error:  # handed to the one who waits
            self._error = error
        with self._changed:
            self.done = True
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: nobody listens
            self._bell.send(b"!")
