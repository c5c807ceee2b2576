"""Where PostgreSQL listens, and connections to it with the settings of the stand-in's sessions."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from sparkify_dwh.standin.postgres.parameters import startup_options

# PostgreSQL's message while it starts, or recovers from a crash (57P03).
STARTING_MESSAGE = "the database system is"
MAX_STARTING_SECONDS = 60


@dataclass(frozen=True)
class PostgresAddress:
    """Where PostgreSQL listens: ``host`` is a name, an address, or the directory of its unix socket."""

    host: str
    port: int
    user: str
    password: str | None = None

    def connect(self, database: str, application_name: str = "") -> psycopg.Connection:
        """Open a connection with the settings of the stand-in's sessions, waiting for a server that is starting."""
        give_up_at = time.monotonic() + MAX_STARTING_SECONDS
        while True:
            try:
                return self._connect(database, application_name)
            except psycopg.OperationalError as error:
                if STARTING_MESSAGE not in str(error) or time.monotonic() > give_up_at:
                    raise
            time.sleep(0.05)

    def _connect(self, database: str, application_name: str) -> psycopg.Connection:
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
