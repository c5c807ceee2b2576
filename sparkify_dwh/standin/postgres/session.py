"""The conversation with PostgreSQL on one connection, whose bytes the relay passes on or uses itself.

The relay's own statements go by the extended protocol, under a name of their own, so that they neither end the client's
implicit transaction nor touch its unnamed statement.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import psycopg

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.session_settings import is_reported
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, Exchange, Gone, ServerGone

OWN = b"sparkify_standin"  # the name of the relay's statement and portal
NOWHERE = wire.execute(b"sparkify_no_such_portal")  # fails whatever the state, and takes the transaction with it

# How PostgreSQL's answers to BEGIN and to the ends of transactions change their state.
_STATES = {b"BEGIN\x00": b"T", b"START TRANSACTION\x00": b"T", b"COMMIT\x00": b"I", b"ROLLBACK\x00": b"I"}


class Refused(Exception):
    """PostgreSQL answered with an error; ``body`` is its ErrorResponse."""

    def __init__(self, body: bytes) -> None:
        super().__init__(wire.error_fields(body).get("M", ""))
        self.body = body


class Conversation:
    """One PostgreSQL session.

    libpq opens it (it knows every way to authenticate) and is then left alone: the relay uses its socket.
    ``status`` is the transaction's: I outside, T inside, E failed. ``alone`` says that the relay's own statements may
    commit each for itself, because the client has nothing else in the implicit transaction. ``failed`` says that
    PostgreSQL has reported an error to the extended protocol and ignores everything up to the next Sync.
    """

    def __init__(self, address: PostgresAddress, database: str, application_name: str = "") -> None:
        self._address, self._database = address, database
        self._connection = address.connect(database, application_name)
        self.channel = Channel(socket.socket(fileno=socket.dup(self._connection.fileno())), ServerGone)
        self.pid = self._connection.info.backend_pid
        self.status = b"I"
        self.alone = True
        self.failed = False
        self.said_why = False  # the client has been told why PostgreSQL goes away
        self._exchange: Exchange | None = None
        self._last_words = b""  # why PostgreSQL goes away: its ErrorResponse

    def attach(self, exchange: Exchange) -> None:
        """Serve the client of ``exchange`` from now on: its socket is watched while the relay waits for PostgreSQL."""
        self._exchange = exchange

    def parameter(self, name: str) -> str:
        return self._connection.info.parameter_status(name) or ""

    def beside(self) -> psycopg.Connection:
        """Another connection to the same database, whose work outlives a rollback of this one's."""
        return self._address.connect(self._database, "stand-in")

    def close(self) -> None:
        self.channel.socket.close()
        self._connection.close()

    def send(self, data: bytes) -> None:
        self.channel.send(data)

    def take(self) -> tuple[bytes, bytes] | None:
        """The next message of PostgreSQL that has arrived, if any, and that Redshift could have sent."""
        while (found := self.channel.incoming.take()) is not None:
            kind, body = found
            if kind == b"S" and not is_reported(body):
                continue
            if kind == b"Z":
                self.status, self.failed = body, False
            elif kind == b"E" and wire.is_fatal(body):
                self._last_words = body
            elif kind == b"C":
                self.status = _STATES.get(body, self.status)
            break
        return found

    def last_words(self) -> bytes:
        """The ErrorResponse with which PostgreSQL has gone away, if it sent one and the client has not been told."""
        with suppress(Gone):
            self.channel.read()  # it may not have been heard, over what was to be sent
        with suppress(wire.ProtocolError):
            while self.take() is not None:
                pass
        return b"" if self.said_why else self._last_words

    def drain(self, take: Callable[[bytes, bytes], bool], wait: Callable[[], None] | None = None) -> None:
        """Hand every message to ``take`` until it says that it has seen enough; ``wait`` for more."""
        while True:
            while (found := self.take()) is not None:
                if take(*found):
                    return
            (wait or self._turn)()

    def query(self, sql: str) -> list[list[str | None]]:
        """Run one statement in the client's own transaction; its rows as text. Raises :class:`Refused`."""
        self.recover()
        self.send(wire.execution(OWN, sql))
        return self._end(3)

    def describe(self, sql: str) -> list[tuple[str, int, int]]:
        """The columns that a query would give, without running it: name, type's OID, type's modifier."""
        columns: list[tuple[str, int, int]] = []

        def see(kind: bytes, body: bytes) -> None:
            if kind == b"T":
                columns.extend(wire.row_description(body))

        self.recover()
        prepared = wire.close(b"S", OWN) + wire.parse(OWN, sql, wire.NO_PARAMETERS)
        self.send(prepared + wire.describe(b"S", OWN))
        self._end(3, see=see)
        return columns

    def fail(self) -> None:
        """Fail the client's transaction, as the error that the client is told would have."""
        if not self.failed and not self.alone:
            self.send(NOWHERE + wire.FLUSH)
            self.drain(lambda kind, _body: kind == b"E")
            self.failed = True

    def recover(self) -> None:
        """Have PostgreSQL listen again after an error."""
        if self.failed:
            self.send(wire.SYNC)
            self.drain(lambda kind, _body: kind == b"Z")

    def _turn(self, alarm: socket.socket | None = None, *, listening: bool = True) -> None:
        if self._exchange is None:
            raise AssertionError("a session attaches itself before it begins")
        self._exchange.turn(alarm, listening=listening)

    def _refuse(self, body: bytes) -> None:
        if self._last_words:
            raise ServerGone(wire.error_fields(body).get("M", ""))
        self.failed = True
        if self.alone:
            self.recover()
        raise Refused(body)

    def _end(
        self,
        closes: int,
        *,
        raising: bool = True,
        see: Callable[[bytes, bytes], None] | None = None,
        wait: Callable[[], None] | None = None,
    ) -> list[list[str | None]]:
        """Close what ``wire.execution`` has opened, and read on to the last of ``closes`` answers; the rows it brought."""
        rows: list[list[str | None]] = []
        refused: list[bytes] = []
        closed = 0

        def take(kind: bytes, body: bytes) -> bool:
            nonlocal closed
            if kind == b"D":
                rows.append(wire.data_row(body))
            elif kind == b"E":
                refused.append(body)
            elif kind == b"3":
                closed += 1
            elif see is not None:
                see(kind, body)
            return kind == b"Z" or (not self.alone and (kind == b"E" or closed == closes))

        self.send(wire.close(b"P", OWN) + wire.close(b"S", OWN) + (wire.SYNC if self.alone else wire.FLUSH))
        self.drain(take, wait)
        self.failed = bool(refused) and not self.alone
        if self._last_words:
            raise ServerGone(wire.error_fields(self._last_words).get("M", ""))
        if refused and raising:
            raise Refused(refused[0])
        return rows
