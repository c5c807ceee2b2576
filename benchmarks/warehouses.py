"""The server under test: a temporary stand-in with a migrated warehouse, and databases for the rivals on its PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from benchmarks.data import Dataset
from sparkify_dwh import migrate
from sparkify_dwh.base import Base
from sparkify_dwh.database import warehouse
from sparkify_dwh.ledger import Load, LoadFile
from sparkify_dwh.loading.input_files import Selection
from sparkify_dwh.loading.report import LoadReport, Steps
from sparkify_dwh.loading.stage import Staging
from sparkify_dwh.settings import Settings
from sparkify_dwh.simulation import inputs_under
from sparkify_dwh.staging import STAGING
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server, stop_server
from sparkify_dwh.star import STAR

MIGRATED = "migrated"  # a template: a database with our tables, empty
MODELS: tuple[type[Base], ...] = (*STAGING, *STAR, Load, LoadFile)
TABLES = [model.__tablename__ for model in MODELS]


@dataclass
class BenchmarkServer:
    """A migrated warehouse on a temporary stand-in, and other databases on the same PostgreSQL server."""

    settings: Settings
    address: PostgresAddress

    def settings_for(self, dataset: Dataset) -> Settings:
        return replace(self.settings, inputs=inputs_under(dataset.directory.as_uri()))

    @contextmanager
    def direct(self, database: str = DATABASE) -> Iterator[psycopg.Connection]:
        """Yield a connection to PostgreSQL itself, with its own defaults; commit at the end."""
        with psycopg.connect(self.dsn(database)) as connection:
            yield connection

    def execute(self, *statements: str, database: str = DATABASE) -> None:
        """Run statements in PostgreSQL itself, each in its own transaction."""
        with self.direct(database) as connection:
            connection.autocommit = True
            for statement in statements:
                connection.execute(statement.encode())

    def make_database(self, name: str, template: str = "template0") -> None:
        """Create a database for a rival: an empty one, or with our tables, from MIGRATED."""
        with self.direct("postgres") as connection:
            connection.autocommit = True
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists."""
        with self.direct("postgres") as connection:
            connection.autocommit = True
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

    def dsn(self, database: str) -> str:
        """Return the address of a database for libpq, without a password: the server listens on a private socket."""
        address = self.address
        return make_conninfo(host=address.host, port=address.port, user=address.user, dbname=database)

    @property
    def postgresql_version(self) -> str:
        with self.direct() as connection:
            return connection.info.parameter_status("server_version") or ""

    def empty(self, *tables: str, database: str = DATABASE) -> None:
        """Empty the named tables, by default all, and write pending changes to disk."""
        names = ", ".join(tables or TABLES)
        self.execute(f"TRUNCATE {names}", "CHECKPOINT", database=database)

    def copy_table(self, table: str, source: str, target: str) -> None:
        """Copy the rows of a table from one database to the same table of another."""
        with self.direct(source) as reading, self.direct(target) as writing:
            out = reading.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)".encode())
            into = writing.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode())
            with out as rows, into as copied:
                for row in rows:
                    copied.write(row)

    def settle(self, database: str = DATABASE) -> None:
        """Do what autovacuum would do some seconds after a load; it is off."""
        self.execute("VACUUM ANALYZE", "CHECKPOINT", database=database)


@contextmanager
def benchmark_server() -> Iterator[BenchmarkServer]:
    """Yield a new server, and remove it afterwards.

    Autovacuum is off: it would change plans during some of the runs.
    """
    with tempfile.TemporaryDirectory(prefix="sparkify-bench-") as name:
        directory = Path(name)
        settings = Settings.embedded(directory)
        migrate.upgrade(settings)
        server = BenchmarkServer(settings, embedded_server(directory))
        server.make_database(MIGRATED, DATABASE)
        server.execute("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
        try:
            yield server
        finally:
            stop_server(directory)


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """Yield a connected engine for our warehouse: the time of connecting is measured with the whole load."""
    with warehouse(settings) as engine:
        engine.connect().close()
        yield engine


def stage(engine: Engine, settings: Settings) -> None:
    """Stage a dataset as a load does, and commit."""
    with engine.begin() as connection, settings.open_store() as store:
        report = LoadReport()
        steps = Steps(report, on_step=None)
        staging = Staging(connection, engine, store, settings, settings.for_load(), report, steps)
        staging.find(Selection(force=True))
        for model in STAGING:
            staging.fill(model, 0, 1)
