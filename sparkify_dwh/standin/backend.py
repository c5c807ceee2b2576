"""The relay's side towards PostgreSQL: one connection, whose bytes the relay can pass on or use itself."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from sparkify_dwh.standin import wire
from sparkify_dwh.standin.errors import RedshiftError

# Redshift reads snapshots, so that what others commit later is not seen; PostgreSQL's default would show it.
# Redshift guide, c_serial_isolation. Backslashes escape in its literals, times are UTC, and errors name no query plan.
SESSION = {
    "default_transaction_isolation": "repeatable read",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "timezone": "UTC",
    "search_path": "public,redshift_catalog",
    "client_encoding": "UTF8",
    "jit": "off",
    # Redshift hashes. PostgreSQL, whose estimates for several columns or rtrim() are far off, would loop for hours.
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
}
CHUNK = 256 * 1024

# What PostgreSQL says while it starts, or recovers from a crash (57P03), and for how long that is waited for.
STARTING = "the database system is"
STARTING_SECONDS = 60


@dataclass(frozen=True)
class PostgresAddress:
    """Where PostgreSQL listens: ``host`` is a name, an address, or the directory of its unix socket."""

    host: str
    port: int
    user: str
    password: str | None = None

    def connect(self, database: str, application_name: str = "") -> psycopg.Connection:
        """Open a connection set up as every session of the stand-in is; a server that is starting is waited for."""
        give_up = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                return self._connect(database, application_name)
            except psycopg.OperationalError as error:
                if STARTING not in str(error) or time.monotonic() > give_up:
                    raise
            time.sleep(0.05)

    def _connect(self, database: str, application_name: str) -> psycopg.Connection:
        options = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in SESSION.items())
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            application_name=application_name,
            options=options,
            sslmode="disable",
            autocommit=True,
        )

    def __repr__(self) -> str:
        return f"PostgresAddress({self.user}@{self.host}:{self.port})"


class Refused(Exception):
    """PostgreSQL answered with an error; ``body`` is its ErrorResponse."""

    def __init__(self, body: bytes) -> None:
        super().__init__(wire.error_fields(body).get("M", ""))
        self.body = body


class Backend:
    """One PostgreSQL session.

    libpq opens it (it knows every way to authenticate) and is then left alone: the relay uses its socket.
    ``status`` is the transaction's as last reported: I outside, T inside, E failed.
    """

    def __init__(self, address: PostgresAddress, database: str, application_name: str = "") -> None:
        self._address, self._database = address, database
        self._connection = address.connect(database, application_name)
        self.socket = socket.socket(fileno=socket.dup(self._connection.fileno()))
        self.socket.setblocking(True)
        self.buffer = wire.MessageBuffer()
        self.pid = self._connection.info.backend_pid
        self.status = b"I"

    def parameter(self, name: str) -> str:
        return self._connection.info.parameter_status(name) or ""

    def beside(self) -> psycopg.Connection:
        """Another connection to the same database, whose work outlives a rollback of this one's."""
        return self._address.connect(self._database, "stand-in")

    def cancel(self) -> None:
        self._connection.cancel_safe()

    def close(self) -> None:
        self.socket.close()
        self._connection.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> bool:
        """Take in what has arrived, waiting for some; False when PostgreSQL has gone away."""
        data = self.socket.recv(CHUNK)
        self.buffer.feed(data)
        return bool(data)

    def drain(self, take: Callable[[bytes, bytes], bool]) -> None:
        """Hand every message to ``take`` until it says that it has seen enough."""
        while True:
            for kind, body in self.buffer.messages():
                if kind == b"Z":
                    self.status = body
                if take(kind, body):
                    return
            if not self.receive():
                raise RedshiftError("57P01", "the server of the stand-in has stopped")

    def query(self, sql: str) -> list[list[str | None]]:
        """Run a statement in the client's own transaction; its rows as text."""
        self.send(wire.query(sql))
        return self._finish()

    def copy_in(self, sql: str, produce: Callable[[Callable[[bytes], None]], None]) -> None:
        """Run ``COPY ... FROM STDIN`` with the bytes that ``produce`` writes; an error in it fails the COPY."""
        self.send(wire.query(sql))
        self._await_copy()
        try:
            produce(self._write_copy)
        except Refused:  # PostgreSQL has ended the COPY itself
            raise
        except BaseException:
            self.send(wire.message(b"f", b"the stand-in's COPY failed\x00"))
            self._discard()
            raise
        self.send(wire.COPY_DONE)
        self._finish()

    def abort_transaction(self) -> None:
        """Bring an open transaction into the failed state, as the error that the client is told would have."""
        if self.status == b"T":
            self.send(wire.query("SELECT redshift_catalog.abort_transaction()"))
            self._discard()

    def _write_copy(self, data: bytes) -> None:
        self.send(wire.message(b"d", data))
        if select.select([self.socket], [], [], 0)[0]:  # PostgreSQL speaks up during COPY only to complain
            self._finish()

    def _await_copy(self) -> None:
        refused: list[bytes] = []

        def take(kind: bytes, body: bytes) -> bool:
            if kind == b"E":
                refused.append(body)
            return kind in b"GZ"

        self.drain(take)
        if refused:
            raise Refused(refused[0])

    def _finish(self) -> list[list[str | None]]:
        rows: list[list[str | None]] = []
        refused: list[bytes] = []

        def take(kind: bytes, body: bytes) -> bool:
            if kind == b"D":
                rows.append(wire.data_row(body))
            if kind == b"E":
                refused.append(body)
            return kind == b"Z"

        self.drain(take)
        if refused:
            raise Refused(refused[0])
        return rows

    def _discard(self) -> None:
        self.drain(lambda kind, _body: kind == b"Z")
