"""Worker threads for COPY and UNLOAD, whose reading and writing may stall.

The session's own thread stays with the sockets, so it notices a client that disconnects or cancels, whatever the worker
waits for.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

Write = Callable[[bytes], None]

MAX_CHUNKS_AHEAD = 16  # that a producer makes before they are taken
MAX_WAITING_BYTES = 1024 * 1024  # for a consumer; above this it should get no more rows
MAX_UNDO_SECONDS = 5.0  # for abandoned work to be undone; later another attempt may have written the same files


class Abandoned(BaseException):
    """The session no longer waits for the work. Not an Exception, so that no handler on its way swallows it."""


class Worker:
    """Runs ``work`` in a thread, and passes items to or from it.

    ``wakeup`` is a socket that has bytes to read when the session's thread should look at the worker again, until
    `clear_wakeup`. The state that the two threads share is guarded by ``_changed``. Leaving the context abandons the
    work; what it waits for by then, such as a response of S3, it waits for until that times out.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.cancelled = self.done = False
        self._items: list[bytes] = []
        self._committed = False
        self._abandoned_at: float | None = None
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._work = work
        self.wakeup, self._wakeup_sender = socket.socketpair()
        for end in (self.wakeup, self._wakeup_sender):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()
        with self._changed:
            self.wakeup.close()
            self._wakeup_sender.close()

    def abandon(self) -> bool:
        """Let go of the work. Return False when it is committed already."""
        with self._changed:
            if not (self._is_abandoned or self._committed):
                self._abandoned_at = time.monotonic()
            self._items = []
            self._changed.notify_all()
            return self._is_abandoned

    def cancel(self) -> None:
        """Mark the work as cancelled and wake the session; may be called from any thread."""
        self.cancelled = True
        self._wake()

    def clear_wakeup(self) -> None:
        """Read the bytes of ``wakeup``, so that it can wake the session again."""
        with suppress(BlockingIOError):
            self.wakeup.recv(64)

    def raise_error(self) -> None:
        """Raise the error with which the work has failed, if any, once."""
        with self._changed:
            error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:  # its traceback holds files: they are closed as soon as it is handled
            del error

    @property
    def _is_abandoned(self) -> bool:
        return self._abandoned_at is not None

    def _raise_if_abandoned(self) -> None:
        if self._is_abandoned:
            raise Abandoned

    def _take_items(self) -> list[bytes]:
        items, self._items = self._items, []
        return items

    def _run(self) -> None:
        try:
            self._work()
        except Abandoned:
            pass
        except BaseException as error:  # handed to the session's thread
            self._error = error
        with self._changed:
            self.done = True
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):  # full, so a wake-up is waiting already; or closed, because the session has left
            self._wakeup_sender.send(b"!")


class Producer(Worker):
    """Runs ``produce(write)`` and hands over the chunks that it writes, a few ahead.

    When it is abandoned, the next ``write`` raises Abandoned in its thread.
    """

    def __init__(self, produce: Callable[[Write], None]) -> None:
        super().__init__("stand-in COPY", lambda: produce(self._write))

    def take(self) -> tuple[list[bytes], bool]:
        """Return the chunks that are ready, and whether they are the last. Raise the error of ``produce``."""
        with self._changed:
            chunks, done = self._take_items(), self.done
            self._changed.notify_all()
        self.raise_error()
        return chunks, done

    def _write(self, data: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_abandoned or len(self._items) < MAX_CHUNKS_AHEAD)
            self._raise_if_abandoned()
            self._items.append(data)
        self._wake()


class Consumer(Worker):
    """Runs ``consume(self)``, which iterates over the rows that it gets and calls ``commit`` at the end.

    When it is abandoned, the next row, or ``commit``, raises Abandoned in its thread, which should then undo its work
    while it ``may_undo``.
    """

    def __init__(self, consume: Callable[[Consumer], None], max_undo_seconds: float = MAX_UNDO_SECONDS) -> None:
        super().__init__("stand-in UNLOAD", lambda: consume(self))
        self._max_undo_seconds = max_undo_seconds
        self._waiting_bytes = 0
        self._ended = False
        self.query_cancelled = False  # PostgreSQL has been asked to send no more rows

    # ------------------------------------------------------------------ for the session's thread

    @property
    def is_full(self) -> bool:
        return self._waiting_bytes > MAX_WAITING_BYTES and not (self.done or self._is_abandoned)

    def put(self, rows: list[bytes]) -> None:
        """Hand over rows, which are dropped when the work has ended."""
        with self._changed:
            if rows and not (self.done or self._is_abandoned):
                self._items += rows
                self._waiting_bytes += sum(map(len, rows))
                self._changed.notify_all()

    def end(self) -> None:
        """Tell the work that no more rows will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    # ------------------------------------------------------------------ for the worker's thread

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._ended or self._is_abandoned)
                self._raise_if_abandoned()
                rows, self._waiting_bytes = self._take_items(), 0
            if not rows:
                return
            self._wake()
            yield from rows

    def commit(self) -> None:
        """Keep what has been done from now on. Raise Abandoned when the session no longer waits."""
        with self._changed:
            self._raise_if_abandoned()
            self._committed = True

    def may_undo(self) -> bool:
        """Return whether the work may be undone: it failed by itself, or was abandoned a moment ago."""
        with self._changed:
            return self._abandoned_at is None or time.monotonic() - self._abandoned_at < self._max_undo_seconds
