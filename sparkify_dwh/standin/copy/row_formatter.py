"""Rows of blocks, in the order of the blocks: formatted here, or by another process once there is much to do."""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from sparkify_dwh.standin.copy.fast_rows import FastRows, Rows
from sparkify_dwh.standin.copy.row_process import LostProcessError, RowProcess, is_of_use

# What is formatted in the time that a process takes to start.
MUCH_BYTES = 16 * 1024 * 1024
# Blocks that may be asked for and not taken: enough to keep the process busy.
MOST_AHEAD = 16


class RowFormatter:
    """Takes blocks in and gives out their rows, as `FastRows.rows` does, one after the other.

    When the process is lost, the rows are formatted here: all it could do is to save time.
    """

    def __init__(self, fast: FastRows, much_bytes: int = MUCH_BYTES) -> None:
        self._fast = fast
        self._much_bytes = much_bytes
        self._bytes = 0
        self._ahead: deque[tuple[bytes, bool]] = deque()  # with whether the process has been asked
        self.process: RowProcess | None = None
        self._may_start = is_of_use()

    def ask(self, block: bytes) -> None:
        """Ask for the rows of a block. At most ``MOST_AHEAD`` may be asked for and not taken."""
        self._bytes += len(block)
        if self._may_start and self._bytes > self._much_bytes:
            self._start()
        process = self.process
        asks_process = process is not None and process.ready.is_set()
        if process is not None and asks_process:
            process.send(block)
        self._ahead.append((block, asks_process))

    def take(self) -> Rows | None:
        """The rows of the block that was asked for first; None when it must be read otherwise."""
        block, is_asked = self._ahead.popleft()
        if is_asked and self.process is not None:
            try:
                return self.process.receive()
            except LostProcessError:
                self.close()
        return self._fast.rows(block)

    def drop(self) -> None:
        """Forget what has been asked for and not taken."""
        while self._ahead:
            _, is_asked = self._ahead.popleft()
            if is_asked and self.process is not None:
                with suppress(LostProcessError):
                    self.process.receive()

    def close(self) -> None:
        """End the process, if there is one."""
        process, self.process = self.process, None
        if process is not None:
            process.close()

    def _start(self) -> None:
        self._may_start = False
        with suppress(OSError):
            self.process = RowProcess(self._fast)
