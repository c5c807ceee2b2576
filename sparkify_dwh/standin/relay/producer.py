"""Work that may stall, such as reading from an object store, in a thread of its own.

The session's thread stays with the sockets, and so notices a client that goes away or cancels.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

Write = Callable[[bytes], None]

AHEAD = 16  # chunks made and not yet taken


class Abandoned(BaseException):
    """Nobody waits for the work any more. Not an Exception: nothing on its way may explain it away."""


class Producer:
    """Runs ``produce(write)`` in a thread and hands over what it writes, a few chunks ahead at most.

    As a context manager it lets go of the work at the end: the next ``write`` ends the thread. What it waits for by then,
    an answer of S3 for instance, it waits for until the timeouts of that.
    """

    def __init__(self, produce: Callable[[Write], None]) -> None:
        self._produce = produce
        self._chunks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._left = self._done = self.cancelled = False
        self._error: BaseException | None = None
        self.alarm, self._bell = socket.socketpair()
        for end in (self.alarm, self._bell):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="stand-in COPY", daemon=True)

    def __enter__(self) -> Producer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._left = True
            self._chunks.clear()
            self._changed.notify_all()
            self.alarm.close()
            self._bell.close()

    def take(self) -> tuple[list[bytes], bool]:
        """The chunks that are ready, and whether they are the last. Raises what ``produce`` has raised."""
        with suppress(BlockingIOError):
            self.alarm.recv(AHEAD)
        with self._changed:
            chunks, done = list(self._chunks), self._done
            self._chunks.clear()
            self._changed.notify_all()
            error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:  # its traceback holds the files that were being read: they are closed as soon as it is handled
            del error
        return chunks, done

    def cancel(self) -> None:
        """Wake the one who takes; may be called from any thread."""
        self.cancelled = True
        self._ring()

    def _write(self, data: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._left or len(self._chunks) < AHEAD)
            if self._left:
                raise Abandoned
            self._chunks.append(data)
        self._ring()

    def _run(self) -> None:
        try:
            self._produce(self._write)
        except Abandoned:
            return
        except BaseException as error:  # handed to the one who takes
            self._error = error
        with self._changed:
            self._done = True
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: nobody listens
            self._bell.send(b"!")
