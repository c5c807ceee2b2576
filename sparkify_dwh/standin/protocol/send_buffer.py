"""Bytes that wait to be sent: small pieces are joined, and large ones are sent without a copy."""

from __future__ import annotations

import socket
from collections import deque
from itertools import islice

MAX_COPIED_BYTES = 16 * 1024  # a piece below this size is cheaper to copy than to send by itself
_MAX_PIECES_PER_CALL = 64  # systems take 1024, or by POSIX as few as 16, and report how much they took


class SendBuffer:
    """A queue of bytes; ``size`` is their number."""

    def __init__(self) -> None:
        self._pieces: deque[memoryview] = deque()
        self._small = bytearray()  # follows the pieces
        self.size = 0

    def add(self, data: bytes) -> None:
        """Append ``data``."""
        self.size += len(data)
        if len(data) < MAX_COPIED_BYTES:
            self._small += data
        else:
            self._flush_small()
            self._pieces.append(memoryview(data))

    def send(self, sock: socket.socket) -> None:
        """Send what ``sock`` takes at once, in one call. Raise OSError."""
        self._flush_small()
        sent = sock.sendmsg(islice(self._pieces, _MAX_PIECES_PER_CALL))
        self.size -= sent
        while sent:
            piece = self._pieces.popleft()
            if sent < len(piece):
                self._pieces.appendleft(piece[sent:])
            sent -= min(sent, len(piece))

    def content(self) -> bytes:
        """Return all waiting bytes, and keep them."""
        return b"".join([*self._pieces, self._small])

    def _flush_small(self) -> None:
        if self._small:
            self._pieces.append(memoryview(self._small))
            self._small = bytearray()
