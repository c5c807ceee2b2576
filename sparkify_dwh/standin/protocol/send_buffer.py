"""Bytes on their way out of a socket: small pieces are put together, and large ones go as they are, without a copy."""

from __future__ import annotations

import socket
from collections import deque
from itertools import islice

SMALL = 16 * 1024  # bytes of a piece that is cheaper to copy than to send by itself
_MOST_TOGETHER = 64  # pieces of one call; systems take 1024, or as few as 16 by POSIX, and then say how much they took


class Outgoing:
    """A queue of bytes; ``size`` is how many there are."""

    def __init__(self) -> None:
        self._pieces: deque[memoryview] = deque()
        self._small = bytearray()  # what comes behind the pieces
        self.size = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if len(data) < SMALL:
            self._small += data
        else:
            self._gather()
            self._pieces.append(memoryview(data))

    def send(self, sock: socket.socket) -> None:
        """Send what ``sock`` takes at once, in one call. Raises OSError."""
        self._gather()
        sent = sock.sendmsg(islice(self._pieces, _MOST_TOGETHER))
        self.size -= sent
        while sent:
            piece = self._pieces.popleft()
            if sent < len(piece):
                self._pieces.appendleft(piece[sent:])
            sent -= min(sent, len(piece))

    def everything(self) -> bytes:
        """All that there is, which stays."""
        return b"".join([*self._pieces, self._small])

    def _gather(self) -> None:
        if self._small:
            self._pieces.append(memoryview(self._small))
            self._small = bytearray()
