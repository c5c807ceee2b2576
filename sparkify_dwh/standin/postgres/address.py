"""Where PostgreSQL is, and connections to it that are set up as every session of the stand-in is."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from sparkify_dwh.standin.postgres.session_settings import startup_options

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
