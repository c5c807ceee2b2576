"""The relay's side towards PostgreSQL: the conversation on one connection, whose bytes the relay passes on or uses itself.

The relay's own statements go by the extended protocol, under a name of their own, so that they neither end the client's
implicit transaction nor touch its unnamed statement.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import psycopg

from sparkify_dwh.standin import wire
from sparkify_dwh.standin.channel import Channel, Exchange, Gone, ServerGone
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.postgres_address import PostgresAddress
from sparkify_dwh.standin.producer import Producer, Write
from sparkify_dwh.standin.session_settings import is_reported

OWN = b"sparkify_standin"  # the name of the relay's statement and portal
NOWHERE = wire.execute(b"sparkify_no_such_portal")  # fails whatever the state, and takes the transaction with it

# How PostgreSQL's answers to BEGIN and to the ends of transactions change their state.
_STATES = {b"BEGIN\x00": b"T", b"START TRANSACTION\x00": b"T", b"COMMIT\x00": b"I", b"ROLLBACK\x00": b"I"}


class Refused(Exception):
    """PostgreSQL answered with an error; ``body`` is its ErrorResponse."""

    def __init__(self, body: bytes) -> None:
        super().__init__(wire.error_fields(body).get("M", ""))
        self.body = body


class Backend:
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
        self.said_why = False  # PostgreSQL has told the client why it goes away
        self._exchange: Exchange | None = None
        self._producer: Producer | None = None

    def attach(self, exchange: Exchange) -> None:
        """Serve the client of ``exchange`` from now on: its socket is watched while the relay waits for PostgreSQL."""
        self._exchange = exchange

    def parameter(self, name: str) -> str:
        return self._connection.info.parameter_status(name) or ""

    def beside(self) -> psycopg.Connection:
        """Another connection to the same database, whose work outlives a rollback of this one's."""
        return self._address.connect(self._database, "stand-in")

    def cancel(self) -> None:
        """End what runs, in PostgreSQL or in the relay; may be called from any thread."""
        producer = self._producer
        with suppress(psycopg.Error):  # it may be gone by now
            self._connection.cancel_safe()  # first: once the relay has given up, it would hit what comes next
        if producer is not None:
            producer.cancel()

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
            elif kind == b"E":
                self.said_why = wire.error_fields(body).get("S") == "FATAL"
            elif kind == b"C":
                self.status = _STATES.get(body, self.status)
            break
        return found

    def drain(self, take: Callable[[bytes, bytes], bool]) -> None:
        """Hand every message to ``take`` until it says that it has seen enough."""
        while True:
            while (found := self.take()) is not None:
                if take(*found):
                    return
            self._turn()

    def query(self, sql: str) -> list[list[str | None]]:
        """Run one statement in the client's own transaction; its rows as text. Raises :class:`Refused`."""
        self.recover()
        self.send(wire.execution(OWN, sql))
        return self._end(3)

    def copy_in(self, sql: str, produce: Callable[[Write], None]) -> None:
        """Run ``COPY ... FROM STDIN`` with the bytes that ``produce`` writes, in a thread of its own.

        An error in ``produce`` fails the COPY and is raised; so does a cancellation, and the client's going away.
        """
        self.recover()
        self.send(wire.execution(OWN, sql))
        self._await_copy()
        try:
            with Producer(produce) as self._producer:
                self._feed(self._producer)
        except (Refused, Gone):  # PostgreSQL has ended the COPY itself, or nobody is there to be told
            raise
        except BaseException:
            self.send(wire.message(b"f", b"the stand-in's COPY failed\x00"))
            self._end(2, raising=False)
            raise
        finally:
            self._producer = None
        self.send(wire.COPY_DONE)
        self._end(2)

    def copy_out(self, sql: str, take_row: Callable[[bytes], None]) -> None:
        """Run ``COPY ... TO STDOUT`` and hand every row to ``take_row`` as it arrives; an error in that ends the COPY.

        ``take_row`` runs in the session's thread: while it works, nothing is heard of the client.
        """
        failures: list[Exception] = []

        def see(kind: bytes, body: bytes) -> None:
            if kind != b"d" or failures:
                return
            try:
                take_row(body)
            except Exception as error:
                failures.append(error)
                self.cancel()

        self.recover()
        self.send(wire.execution(OWN, sql))
        try:
            self._end(3, see=see)
        except Refused:
            if not failures:  # it was not the cancellation
                raise
        if failures:
            raise failures[0]

    def describe(self, sql: str) -> list[tuple[str, int, int]]:
        """The columns that a query would give, without running it: name, type's OID, type's modifier."""
        columns: list[tuple[str, int, int]] = []

        def see(kind: bytes, body: bytes) -> None:
            if kind == b"T":
                columns.extend(wire.row_description(body))

        self.recover()
        prepared = wire.close(b"S", OWN) + wire.parse(OWN, sql, wire.NO_PARAMETERS)
        self.send(prepared + wire.message(b"D", b"S" + OWN + b"\x00"))
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

    def _turn(self, alarm: socket.socket | None = None) -> None:
        if self._exchange is None:
            raise AssertionError("a session attaches itself before it begins")
        self._exchange.turn(alarm)

    def _feed(self, producer: Producer) -> None:
        """Pass on what ``producer`` makes, to its end, with an eye on both sockets."""
        while True:
            if producer.cancelled:
                raise RedshiftError("57014", "Query cancelled on user's request")
            if not self.channel.full:
                chunks, done = producer.take()
                for chunk in chunks:
                    self.send(wire.message(b"d", chunk))
                if done:
                    return
            self._turn(producer.alarm)
            while (found := self.take()) is not None:
                if found[0] == b"E":  # PostgreSQL has ended the COPY
                    self._refuse(found[1])

    def _await_copy(self) -> None:
        def take(kind: bytes, body: bytes) -> bool:
            if kind == b"E":
                self._refuse(body)
            return kind == b"G"

        self.drain(take)

    def _refuse(self, body: bytes) -> None:
        self.failed = True
        if self.alone:
            self.recover()
        raise Refused(body)

    def _end(
        self, closes: int, *, raising: bool = True, see: Callable[[bytes, bytes], None] | None = None
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
        self.drain(take)
        self.failed = bool(refused) and not self.alone
        if refused and raising:
            raise Refused(refused[0])
        return rows
