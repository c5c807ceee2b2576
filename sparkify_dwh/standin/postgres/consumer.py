"""Work that takes rows, such as writing to an object store, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sparkify_dwh.standin.postgres.worker import Abandoned, Worker

MUCH = 1024 * 1024  # bytes that wait to be taken, above which no more should come
GRACE_SECONDS = 5.0  # for work that is abandoned to be taken back; after that someone else may have done it anew


class Consumer(Worker):
    """Runs ``consume(self)``, which iterates over the rows it is given and in the end calls ``settle``.

    When it is abandoned, the next row, or ``settle``, raises Abandoned in its thread, which should then take back what it
    has done, while it ``may_take_back``.
    """

    def __init__(self, consume: Callable[[Consumer], None], grace_seconds: float = GRACE_SECONDS) -> None:
        super().__init__("stand-in UNLOAD")
        self._consume = consume
        self._grace_seconds = grace_seconds
        self._left_at = 0.0
        self._rows: list[bytes] = []
        self._bytes = 0
        self._ended = self._settled = False
        self.interrupted = False  # PostgreSQL has been asked to make no more rows

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

    def _work(self) -> None:
        self._consume(self)
