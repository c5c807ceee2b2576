"""Work that makes chunks, such as reading from an object store, in a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sparkify_dwh.standin.postgres.worker import Abandoned, Worker

Write = Callable[[bytes], None]

AHEAD = 16  # chunks made and not yet taken


class Producer(Worker):
    """Runs ``produce(write)`` and hands over what it writes, a few chunks ahead at most.

    When it is abandoned, the next ``write`` raises Abandoned in its thread.
    """

    def __init__(self, produce: Callable[[Write], None]) -> None:
        super().__init__("stand-in COPY")
        self._produce = produce
        self._chunks: deque[bytes] = deque()

    def take(self) -> tuple[list[bytes], bool]:
        """The chunks that are ready, and whether they are the last. Raises what ``produce`` has raised."""
        with self._changed:
            chunks, done = list(self._chunks), self.done
            self._chunks.clear()
            self._changed.notify_all()
        self.check()
        return chunks, done

    def abandon(self) -> None:
        with self._changed:
            self._left = True
            self._chunks.clear()
            self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._left or len(self._chunks) < AHEAD)
            if self._left:
                raise Abandoned
            self._chunks.append(data)
        self._ring()

    def _work(self) -> None:
        self._produce(self._write)
