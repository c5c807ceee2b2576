"""Buffered, non-blocking message channels to the client and to PostgreSQL, read and written together.

Bytes to be sent wait in a buffer, and nothing is read from one side while much waits for the other. So memory is
bounded, a slow reader slows its writer down, and a client that pipelines statements while responses arrive cannot
deadlock.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from contextlib import suppress
from itertools import islice

from sparkify_dwh.standin.protocol import wire

READ_BYTES = 256 * 1024
MAX_BUFFERED_BYTES = 1024 * 1024  # when more wait to be sent, no more are produced

MAX_COPIED_BYTES = 16 * 1024  # a piece below this size is cheaper to copy than to send by itself
_MAX_PIECES_PER_CALL = 64  # systems take 1024, or by POSIX as few as 16, and report how much they took

# A client that reads nothing for this long is disconnected, because its transaction holds locks that others wait for.
DEFAULT_SEND_TIMEOUT_SECONDS = 600.0

_CLOSED = select.POLLHUP | select.POLLERR | select.POLLNVAL
_HALF_CLOSED: int = getattr(select, "POLLRDHUP", 0)  # where the system has it: closed by the peer, with data unread


class Disconnected(Exception):
    """One side of the connection has closed; the session cannot continue."""


class ClientDisconnected(Disconnected):
    """The client has closed its connection, or has stopped reading."""


class ServerDisconnected(Disconnected):
    """PostgreSQL has closed its connection."""


class SendBuffer:
    """A queue of ``size`` bytes: small pieces are joined, and large ones are sent without a copy."""

    def __init__(self) -> None:
        self._pieces: deque[memoryview] = deque()
        self._small = bytearray()  # follows the pieces
        self.size = 0

    def add(self, data: bytes) -> None:
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


class Channel:
    """One side of a session: received messages, and bytes that wait to be sent.

    ``error`` is the exception raised when this side closes; ``max_message_bytes`` limits the messages that it may send.
    """

    def __init__(self, sock: socket.socket, error: type[Disconnected], max_message_bytes: int | None = None) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.error = error
        self.received = wire.MessageBuffer(max_message_bytes)
        self._unsent = SendBuffer()
        self._progress_at = time.monotonic()  # when bytes last went out, or began to wait

    def send(self, data: bytes) -> None:
        """Queue ``data``, to be sent as soon as the other side takes it."""
        if not self.has_unsent:
            self._progress_at = time.monotonic()
        self._unsent.add(data)

    @property
    def has_unsent(self) -> bool:
        return self._unsent.size > 0

    @property
    def is_full(self) -> bool:
        return self._unsent.size > MAX_BUFFERED_BYTES

    @property
    def stalled_seconds(self) -> float:
        """For how long the other side has taken none of the bytes that wait for it."""
        return time.monotonic() - self._progress_at if self.has_unsent else 0.0

    def write(self) -> None:
        """Send what the other side takes at once."""
        try:
            while self.has_unsent:
                self._unsent.send(self.socket)
                self._progress_at = time.monotonic()
        except BlockingIOError:
            return
        except OSError as error:
            raise self.error(str(error)) from None

    def flush(self, timeout_seconds: float) -> None:
        """Send what still waits, unless the other side does not take it in time."""
        with suppress(OSError):
            self.socket.settimeout(timeout_seconds)
            self.socket.sendall(self._unsent.content())

    def read(self) -> None:
        """Receive the bytes that have arrived."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise self.error(str(error)) from None
        if not data:
            raise self.error("the connection was closed")
        self.received.feed(data)


class ChannelPair:
    """The client's channel and PostgreSQL's. Raise :class:`Disconnected` when one of them has closed."""

    def __init__(
        self, client: Channel, server: Channel, send_timeout_seconds: float = DEFAULT_SEND_TIMEOUT_SECONDS
    ) -> None:
        self.client = client
        self.server = server
        self._send_timeout_seconds = send_timeout_seconds

    def pump(self, wakeup: socket.socket | None = None, *, read_server: bool = True) -> None:
        """Send and receive what can be at once, after waiting for bytes on either channel or on ``wakeup``.

        ``wakeup`` is ignored while much waits for the server, and the server is not read unless ``read_server``. This
        does not wait when a full buffer has just got room: messages received before have waited for that room, and
        nothing more may arrive.
        """
        was_full = self._is_full
        self._write()
        if was_full and not self._is_full:
            return
        # Look at `is_full` after writing: a server that has just taken everything would be waited for in vain.
        for channel, event in self._wait(None if self.server.is_full else wakeup, read_server):
            if event & select.POLLIN:
                channel.read()
            elif event & (_CLOSED | _HALF_CLOSED):
                raise channel.error("the connection was closed")
        self._write()

    @property
    def _is_full(self) -> bool:
        return self.server.is_full or self.client.is_full

    def _write(self) -> None:
        # The server first: what a client sent before it disconnected still counts.
        self.server.write()
        self.client.write()

    def _wait(self, wakeup: socket.socket | None, read_server: bool) -> list[tuple[Channel, int]]:
        poll, channels = select.poll(), {}
        for channel, reads in (
            (self.client, self._reads_client),
            (self.server, read_server and not self.client.is_full),
        ):
            channels[channel.socket.fileno()] = channel
            mask = (select.POLLIN if reads else _HALF_CLOSED) | (select.POLLOUT if channel.has_unsent else 0)
            poll.register(channel.socket, mask)
        if wakeup is not None:
            poll.register(wakeup, select.POLLIN)
        ready = poll.poll(self._timeout_milliseconds())
        if self.client.stalled_seconds > self._send_timeout_seconds:
            raise ClientDisconnected(f"it read nothing for {self._send_timeout_seconds:g} s")
        return [(channels[number], event) for number, event in ready if number in channels]

    @property
    def _reads_client(self) -> bool:
        """Whether to read the client: up to one message of maximum size, as reading is how its closing is noticed."""
        return len(self.client.received) <= wire.MAX_CLIENT_MESSAGE_BYTES and not self.server.is_full

    def _timeout_milliseconds(self) -> float | None:
        if not self.client.has_unsent:
            return None
        return max(0.0, self._send_timeout_seconds - self.client.stalled_seconds) * 1000 + 1
