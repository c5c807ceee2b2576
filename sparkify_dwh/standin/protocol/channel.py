"""Two sockets, a client's and PostgreSQL's, read and written together so that neither side can hold up the other.

What is to be sent waits in a buffer; nothing is read from one side while much waits for the other. So memory is bounded,
a slow reader slows its writer down, and a client that pipelines statements while answers come back cannot get stuck.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress

from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.send_buffer import Outgoing

CHUNK = 256 * 1024
MUCH = 1024 * 1024  # bytes waiting to be sent, above which no more are made

# A client that takes none of its answer for so long is given up: its transaction holds locks that others wait for.
PATIENCE_SECONDS = 600.0

_CLOSED = select.POLLHUP | select.POLLERR | select.POLLNVAL
_HALF_CLOSED: int = getattr(select, "POLLRDHUP", 0)  # where the system has it: closed by the peer, with data unread


class Gone(Exception):
    """A side of the connection has gone away; the session cannot go on."""


class ClientGone(Gone):
    """The client has closed its connection, or has stopped reading it."""


class ServerGone(Gone):
    """PostgreSQL has closed its connection."""


class Channel:
    """One side: messages that have come in, and bytes on their way out."""

    def __init__(self, sock: socket.socket, gone: type[Gone], longest: int | None = None) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.incoming = wire.MessageBuffer(longest)
        self._gone = gone
        self._outgoing = Outgoing()
        self._moved = time.monotonic()  # when bytes last went out, or began to wait

    def send(self, data: bytes) -> None:
        """Have ``data`` sent, as soon as the other side takes it."""
        if not self.waiting:
            self._moved = time.monotonic()
        self._outgoing.add(data)

    @property
    def waiting(self) -> bool:
        return self._outgoing.size > 0

    @property
    def full(self) -> bool:
        return self._outgoing.size > MUCH

    @property
    def idle_seconds(self) -> float:
        """For how long the other side has taken nothing of what waits for it."""
        return time.monotonic() - self._moved if self.waiting else 0.0

    def write(self) -> None:
        """Send what the other side takes at once."""
        try:
            while self.waiting:
                self._outgoing.send(self.socket)
                self._moved = time.monotonic()
        except BlockingIOError:
            return
        except OSError as error:
            raise self._gone(str(error)) from None

    def finish(self, seconds: float) -> None:
        """Send what still waits, unless the other side does not take it in time."""
        with suppress(OSError):
            self.socket.settimeout(seconds)
            self.socket.sendall(self._outgoing.everything())

    def read(self) -> None:
        """Take in what is there."""
        try:
            data = self.socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._gone(str(error)) from None
        if not data:
            raise self._gone("the connection was closed")
        self.incoming.feed(data)


class Exchange:
    """The client's channel and PostgreSQL's, and the waiting for either. Raises :class:`Gone` when one has gone."""

    def __init__(self, client: Channel, server: Channel, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.client = client
        self.server = server
        self._patience_seconds = patience_seconds

    def turn(self, alarm: socket.socket | None = None, *, listening: bool = True) -> None:
        """Send and receive what can be at once, waiting until there is something, or ``alarm`` has bytes to read.

        The alarm is not heard while much waits for the server, nor the server while it is not ``listening`` to it. It does
        not wait when there is room again where there was none: what has come in before has been waiting for that, and
        nobody may have more to say.
        """
        was_full = self._is_full
        self._write()
        if was_full and not self._is_full:
            return
        # Asked after the writing: a server that has just taken all there was would otherwise be waited for in vain.
        for channel, event in self._wait(None if self.server.full else alarm, listening):
            if event & select.POLLIN:
                channel.read()
            elif event & (_CLOSED | _HALF_CLOSED):
                raise channel._gone("the connection was closed")
        self._write()

    @property
    def _is_full(self) -> bool:
        return self.server.full or self.client.full

    def _write(self) -> None:
        # The server first: what a client sent before it went away still counts.
        self.server.write()
        self.client.write()

    def _wait(self, alarm: socket.socket | None, listening: bool) -> list[tuple[Channel, int]]:
        poll, channels = select.poll(), {}
        for channel, reads in ((self.client, self._reads_client), (self.server, listening and not self.client.full)):
            channels[channel.socket.fileno()] = channel
            mask = (select.POLLIN if reads else _HALF_CLOSED) | (select.POLLOUT if channel.waiting else 0)
            poll.register(channel.socket, mask)
        if alarm is not None:
            poll.register(alarm, select.POLLIN)
        ready = poll.poll(self._timeout_milliseconds())
        if self.client.idle_seconds > self._patience_seconds:
            raise ClientGone(f"it read nothing for {self._patience_seconds:g} s")
        return [(channels[number], event) for number, event in ready if number in channels]

    @property
    def _reads_client(self) -> bool:
        """One message more than the longest is never needed; until then reading is how its going away is noticed."""
        return len(self.client.incoming) <= wire.MAX_CLIENT_MESSAGE and not self.server.full

    def _timeout_milliseconds(self) -> float | None:
        if not self.client.waiting:
            return None
        return max(0.0, self._patience_seconds - self.client.idle_seconds) * 1000 + 1
