"""A stand-in to measure on: migrated, thrown away afterwards, and its PostgreSQL reached directly by the rivals."""

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
from sparkify_dwh.loading.report import LoadReport
from sparkify_dwh.loading.stage import Staging
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import STAGING
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server, stop_server
from sparkify_dwh.star import STAR

MIGRATED = "migrated"  # a database with our tables, empty, to make others from
MODELS: tuple[type[Base], ...] = (*STAGING, *STAR, Load, LoadFile)
TABLES = [model.__tablename__ for model in MODELS]


@dataclass
class Ground:
    """A migrated warehouse on a stand-in of its own, which is ``ours``, and databases beside it on the same server."""

    settings: Settings
    address: PostgresAddress

    def settings_for(self, dataset: Dataset) -> Settings:
        inputs = {
            "LOG_DATA": dataset.url("log_data"),
            "LOG_JSONPATH": dataset.url("log_json_path.json"),
            "SONG_DATA": dataset.url("song_data"),
        }
        return replace(self.settings, inputs=inputs)

    @contextmanager
    def direct(self, database: str = DATABASE) -> Iterator[psycopg.Connection]:
        """A connection to PostgreSQL itself, with its own defaults; what is done is committed at the end."""
        with psycopg.connect(self.dsn(database)) as connection:
            yield connection

    def execute(self, *statements: str, database: str = DATABASE) -> None:
        """Run statements directly, each in a transaction of its own."""
        with self.direct(database) as connection:
            connection.autocommit = True
            for statement in statements:
                connection.execute(statement.encode())

    def make_database(self, name: str, template: str = "template0") -> None:
        """A database of its own for a rival: an empty one, or with our tables, from MIGRATED."""
        with self.direct("postgres") as connection:
            connection.autocommit = True
            make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database, if it is there."""
        with self.direct("postgres") as connection:
            connection.autocommit = True
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

    def dsn(self, database: str) -> str:
        """The address of a database, for libpq. There is no password: the server is on a socket of ours."""
        address = self.address
        return make_conninfo(host=address.host, port=address.port, user=address.user, dbname=database)

    @property
    def postgresql_version(self) -> str:
        with self.direct() as connection:
            return connection.info.parameter_status("server_version") or ""

    def empty(self, *tables: str, database: str = DATABASE) -> None:
        """Empty tables, all of them when none is named, and write out what is left to write."""
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
        """What autovacuum does some seconds after a load, here at once, for it is off."""
        self.execute("VACUUM ANALYZE", "CHECKPOINT", database=database)


@contextmanager
def a_ground() -> Iterator[Ground]:
    """A ground of its own, gone in the end.

    Autovacuum is off: it would run, and change plans, in the midst of some runs and not of others.
    """
    with tempfile.TemporaryDirectory(prefix="sparkify-bench-") as name:
        directory = Path(name)
        settings = Settings.embedded(directory)
        migrate.upgrade(settings)
        ground = Ground(settings, embedded_server(directory))
        ground.make_database(MIGRATED, DATABASE)
        ground.execute("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
        try:
            yield ground
        finally:
            stop_server(directory)


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """An engine for our warehouse that is connected already: what connecting takes is measured with the whole load."""
    with warehouse(settings) as engine:
        engine.connect().close()
        yield engine


def stage(engine: Engine, settings: Settings) -> None:
    """Stage a dataset as a load does, and commit."""
    with engine.begin() as connection, settings.open_store() as store:
        staging = Staging(connection, engine, store, settings, settings.for_load(), LoadReport())
        for model in STAGING:
            staging.fill(model, Selection(force=True), 0, 1)
