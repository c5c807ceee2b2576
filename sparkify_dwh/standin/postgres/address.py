"""Where PostgreSQL listens, and connections to it with the settings of the stand-in's sessions."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sparkify_dwh.standin.postgres.environment import without_libpq_variables
from sparkify_dwh.standin.postgres.parameters import startup_options
from sparkify_dwh.standin.postgres.socket_directories import require_peer, require_private

# PostgreSQL's message while it starts, or recovers from a crash (57P03).
STARTING_MESSAGE = "the database system is"
MAX_STARTING_SECONDS = 60


@dataclass(frozen=True)
class PostgresAddress:
    """Where PostgreSQL listens: ``host`` is a name, an address, or the directory of its unix socket.

    With ``owner``, the number of the server's user, ``host`` is a directory that must be private to that user.
    """

    host: str
    port: int
    user: str
    password: str | None = None
    owner: int | None = None

    def connect(self, database: str, application_name: str = "") -> psycopg.Connection:
        """Open a connection with the settings of the stand-in's sessions, waiting for a server that is starting.

        Raise psycopg.OperationalError, and PermissionError for a socket that another user may have made.
        """
        give_up_at = time.monotonic() + MAX_STARTING_SECONDS
        while True:
            try:
                return self._checked_connection(database, application_name)
            except psycopg.OperationalError as error:
                if STARTING_MESSAGE not in str(error) or time.monotonic() > give_up_at:
                    raise
            time.sleep(0.05)

    def _checked_connection(self, database: str, application_name: str) -> psycopg.Connection:
        if self.owner is None:
            return self._connect(database, application_name)
        require_private(Path(self.host), self.owner)
        connection = self._connect(database, application_name)
        try:
            with socket.socket(fileno=socket.dup(connection.fileno())) as connected:
                require_peer(connected, self.owner)
        except PermissionError:
            connection.close()
            raise
        return connection

    def _connect(self, database: str, application_name: str) -> psycopg.Connection:
        with without_libpq_variables():
            return psycopg.connect(
                host=self.host,
                port=self.port,
                user=self.user,
                password=self.password,
                dbname=database,
                application_name=application_name,
                options=startup_options(),
                sslmode="disable",
                autocommit=True,
            )

    def __repr__(self) -> str:
        return f"PostgresAddress({self.user}@{self.host}:{self.port})"
