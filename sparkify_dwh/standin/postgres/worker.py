"""Work that may stall, in a thread of its own: the session's thread stays with the sockets.

So it notices a client that goes away or cancels, whatever the work waits for.
"""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Abandoned(BaseException):
    """Nobody waits for the work any more. Not an Exception: nothing on its way may explain it away."""


class Worker(ABC):
    """Runs ``_work`` in a thread, and wakes the one who waits for it: ``alarm`` then has bytes to read, until ``heard``.

    As a context manager it abandons the work at the end. What that waits for by then, an answer of S3 for instance, it waits
    for until the timeouts of that. What the two threads share is changed under ``_changed``.
    """

    def __init__(self, name: str) -> None:
        self.cancelled = self.done = False
        self._left = False
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self.alarm, self._bell = socket.socketpair()
        for end in (self.alarm, self._bell):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _work(self) -> None:
        """What the thread does. Raises Abandoned when it learns that it has been abandoned."""

    @abstractmethod
    def abandon(self) -> object:
        """Let go of the work."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()
        with self._changed:
            self.alarm.close()
            self._bell.close()

    def cancel(self) -> None:
        """Wake the one who waits; may be called from any thread."""
        self.cancelled = True
        self._ring()

    def heard(self) -> None:
        """The alarm has been heard, and may ring again."""
        with suppress(BlockingIOError):
            self.alarm.recv(64)

    def check(self) -> None:
        """Raise what the work has raised by itself."""
        with self._changed:
            error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:  # its traceback holds files: they are closed as soon as it is handled
            del error

    def _run(self) -> None:
        try:
            self._work()
        except Abandoned:
            pass
        except BaseException as error:  # handed to the one who waits
            self._error = error
        with self._changed:
            self.done = True
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: nobody listens
            self._bell.send(b"!")
