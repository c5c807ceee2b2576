"""One PostgreSQL session, whose messages the relay forwards to its client or uses itself.

The relay's own statements use the extended protocol under a name of their own, so that they neither end the client's
implicit transaction nor touch its unnamed statement.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import psycopg

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.parameters import is_reported
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, ChannelPair, Disconnected, ServerDisconnected

RELAY_NAME = b"sparkify_standin"  # the name of the relay's own statement and portal

# A message that fails whatever the transaction's state, and fails the transaction with it.
FAILING_EXECUTE = wire.execute(b"sparkify_no_such_portal")

# The transaction status after PostgreSQL's answers to BEGIN and to the ends of transactions.
_STATUS_AFTER = {b"BEGIN\x00": b"T", b"START TRANSACTION\x00": b"T", b"COMMIT\x00": b"I", b"ROLLBACK\x00": b"I"}


class PostgresError(Exception):
    """PostgreSQL answered with an error; ``body`` is its ErrorResponse."""

    def __init__(self, body: bytes) -> None:
        super().__init__(wire.error_fields(body).get("M", ""))
        self.body = body


class PostgresSession:
    """One PostgreSQL session.

    libpq opens it, because it knows every way to authenticate; from then on the relay uses its socket.

    ``status`` is the transaction's: I outside, T inside, E failed. With ``autocommit`` each of the relay's own statements
    may commit by itself, because the client has nothing else in the implicit transaction. ``failed`` means that
    PostgreSQL has reported an error in the extended protocol and ignores everything up to the next Sync.
    ``fatal_reported`` means that the client knows why PostgreSQL closes the connection.
    """

    def __init__(self, address: PostgresAddress, database: str, application_name: str = "") -> None:
        self._address, self._database = address, database
        self._connection = address.connect(database, application_name)
        self.channel = Channel(socket.socket(fileno=socket.dup(self._connection.fileno())), ServerDisconnected)
        self.pid = self._connection.info.backend_pid
        self.status = b"I"
        self.autocommit = True
        self.failed = False
        self.fatal_reported = False
        self._channels: ChannelPair | None = None
        self._fatal_error = b""  # the ErrorResponse with which PostgreSQL closes the connection

    def attach(self, channels: ChannelPair) -> None:
        """Serve the client of ``channels``: its socket is watched while the relay waits for PostgreSQL."""
        self._channels = channels

    def parameter(self, name: str) -> str:
        """Return the value that PostgreSQL reported for a parameter, '' if it reported none."""
        return self._connection.info.parameter_status(name) or ""

    def side_connection(self) -> psycopg.Connection:
        """Open another connection to the same database, whose work outlives a rollback of this session's."""
        return self._address.connect(self._database, "stand-in")

    def close(self) -> None:
        self.channel.socket.close()
        self._connection.close()

    def send(self, data: bytes) -> None:
        """Queue messages for PostgreSQL."""
        self.channel.send(data)

    def next_message(self) -> tuple[bytes, bytes] | None:
        """Return the next message that has arrived from PostgreSQL and that Redshift could send; None if there is none."""
        while (received := self.channel.received.take()) is not None:
            kind, body = received
            if kind == b"S" and not is_reported(body):
                continue
            if kind == b"Z":
                self.status, self.failed = body, False
            elif kind == b"E" and wire.is_fatal(body):
                self._fatal_error = body
            elif kind == b"C":
                self.status = _STATUS_AFTER.get(body, self.status)
            break
        return received

    def unreported_fatal_error(self) -> bytes:
        """Return the ErrorResponse with which PostgreSQL closed the connection; empty if it sent none or it is reported."""
        with suppress(Disconnected):
            self.channel.read()  # it may have arrived while the relay was writing
        with suppress(wire.ProtocolError):
            while self.next_message() is not None:
                pass
        return b"" if self.fatal_reported else self._fatal_error

    def read_until(self, is_last: Callable[[bytes, bytes], bool], wait: Callable[[], None] | None = None) -> None:
        """Pass every message to ``is_last`` until it returns True; ``wait`` waits for more."""
        while True:
            while (received := self.next_message()) is not None:
                if is_last(*received):
                    return
            (wait or self._pump)()

    def query(self, sql: str) -> list[list[str | None]]:
        """Run one statement in the client's own transaction, and return its rows as text.

        Raise :class:`PostgresError`.
        """
        self.recover()
        self.send(wire.execution(RELAY_NAME, sql))
        return self._complete(3)

    def describe(self, sql: str) -> list[tuple[str, int, int]]:
        """Return the columns that a query would give, without running it: name, type OID, type modifier."""
        columns: list[tuple[str, int, int]] = []

        def on_message(kind: bytes, body: bytes) -> None:
            if kind == b"T":
                columns.extend(wire.row_description(body))

        self.recover()
        prepare = wire.close(b"S", RELAY_NAME) + wire.parse(RELAY_NAME, sql, wire.NO_PARAMETERS)
        self.send(prepare + wire.describe(b"S", RELAY_NAME))
        self._complete(3, on_message=on_message)
        return columns

    def fail_transaction(self) -> None:
        """Fail the client's transaction, as an error of PostgreSQL would."""
        if not self.failed and not self.autocommit:
            self.send(FAILING_EXECUTE + wire.FLUSH)
            self.read_until(lambda kind, _body: kind == b"E")
            self.failed = True

    def recover(self) -> None:
        """Make PostgreSQL process messages again after an error."""
        if self.failed:
            self.send(wire.SYNC)
            self.read_until(lambda kind, _body: kind == b"Z")

    def _pump(self, wakeup: socket.socket | None = None, *, read_server: bool = True) -> None:
        if self._channels is None:
            raise AssertionError("a session is attached to a client before it begins")
        self._channels.pump(wakeup, read_server=read_server)

    def _raise_error(self, body: bytes) -> None:
        if self._fatal_error:
            raise ServerDisconnected(wire.error_fields(body).get("M", ""))
        self.failed = True
        if self.autocommit:
            self.recover()
        raise PostgresError(body)

    def _complete(
        self,
        close_count: int,
        *,
        raising: bool = True,
        on_message: Callable[[bytes, bytes], None] | None = None,
        wait: Callable[[], None] | None = None,
    ) -> list[list[str | None]]:
        """Close the relay's statement and portal, read up to the last of ``close_count`` CloseCompletes, return the rows."""
        rows: list[list[str | None]] = []
        errors: list[bytes] = []
        closed = 0

        def is_last(kind: bytes, body: bytes) -> bool:
            nonlocal closed
            if kind == b"D":
                rows.append(wire.data_row(body))
            elif kind == b"E":
                errors.append(body)
            elif kind == b"3":
                closed += 1
            elif on_message is not None:
                on_message(kind, body)
            return kind == b"Z" or (not self.autocommit and (kind == b"E" or closed == close_count))

        end = wire.SYNC if self.autocommit else wire.FLUSH
        self.send(wire.close(b"P", RELAY_NAME) + wire.close(b"S", RELAY_NAME) + end)
        self.read_until(is_last, wait)
        self.failed = bool(errors) and not self.autocommit
        if self._fatal_error:
            raise ServerDisconnected(wire.error_fields(self._fatal_error).get("M", ""))
        if errors and raising:
            raise PostgresError(errors[0])
        return rows
