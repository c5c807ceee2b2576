"""The schema and the prefix in which a verification works, and what a killed one has left of them.

    s3://bucket/manifests/sparkify_dwh_verify_0f3a.../     the prefix
    sparkify_dwh_verify_0f3a...                            the schema, with a table that marks it as a verification's

A running verification keeps a transaction open that has written to the marker: others can read it, but not lock it (Redshift
guide, c_write_readwrite). So what a killed one has left is told apart from what another one uses, whatever their clocks say.
A schema without a marker that names it is never dropped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from sqlalchemy import Column, Connection, Engine, Insert, MetaData, String, Table, column, insert, select, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema, DropSchema

from sparkify_dwh.checks.rules import DECLARED_RULES
from sparkify_dwh.database import error_fields, server_message, warehouse
from sparkify_dwh.errors import ConfigurationError, SparkifyError, UsageError
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import configured_location, path_of
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger("sparkify_dwh.verify")

NAME = "sparkify_dwh_verify_"
OURS = re.compile(rf"{NAME}[0-9a-f]{{32}}")
MARKER = "sparkify_dwh_verification"

QUERY_CANCELED = "57014"
SECONDS_FOR_MARKER = 2  # a marker that cannot be locked within them is in use
MAX_SECONDS_FOR_DROP = 120


@dataclass(frozen=True)
class Scratch:
    """A schema of one verification, and its prefix: ``folder`` is a URL that ends in a slash."""

    schema: str
    folder: str

    @classmethod
    def new(cls, base: str) -> Scratch:
        return cls.named(f"{NAME}{uuid4().hex}", base)

    @classmethod
    def named(cls, schema: str, base: str) -> Scratch:
        return cls(schema, f"{base}{schema}/")

    def settings(self, settings: Settings) -> Settings:
        """Return the settings of the scratch warehouse: the configured server, and nothing else of what is configured."""
        inputs = {
            "LOG_DATA": f"{self.folder}log_data/",
            "LOG_JSONPATH": f"{self.folder}log_json_path.json",
            "SONG_DATA": f"{self.folder}song_data/",
        }
        return replace(
            settings,
            schema=self.schema,
            staging_schema=self.schema,
            inputs=MappingProxyType(inputs),
            manifests=f"{self.folder}manifests/",
            export=f"{self.folder}export/",
            checks=DECLARED_RULES,
            max_age=None,
            origin="the scratch warehouse of the verification",
        )

    @property
    def marker(self) -> Table:
        return Table(MARKER, MetaData(), Column("schema_name", String(64), nullable=False), schema=self.schema)


def base_of(settings: Settings, data: str | None) -> str:
    """Return the prefix under which verifications have theirs: ``data``, else [S3] MANIFESTS; it ends in a slash.

    Raises :class:`ConfigurationError` without either, and :class:`UsageError` for a URL that a load could not read.
    """
    if data is not None:
        directory = settings.standin_directory if settings.is_standin else None
        try:
            url = configured_location("--data", data, directory)
        except ConfigurationError as error:
            raise UsageError(error.message, error.hint) from error
    elif settings.manifests is None:
        raise ConfigurationError(
            f"{settings.origin} lacks [S3] MANIFESTS, a prefix for the files of the verification",
            "add it, or name another prefix with --data.",
        )
    else:
        url = settings.manifests
    return url if url.endswith("/") else f"{url}/"


@contextmanager
def scratch_warehouse(
    settings: Settings, scratch: Scratch, store: ObjectStore, on_step: Callable[[str], None]
) -> Iterator[Settings]:
    """Create the schema and give the settings of the scratch warehouse; remove schema and files at the end.

    They are removed after an error and after an interruption too. Raises :class:`SparkifyError` when the schema cannot be
    created, or when something cannot be removed.
    """
    with warehouse(settings) as engine, engine.connect() as holder:
        try:
            _create(holder, scratch)
            holder.execute(_marking(scratch))
            yield scratch.settings(settings)
        finally:
            on_step("removing the schema and the files")
            holder.invalidate()  # an interruption may have left the connection unusable
            with warehouse(settings) as other:
                _remove_own(other, scratch, store)


def _remove_own(engine: Engine, scratch: Scratch, store: ObjectStore) -> None:
    """Remove the scratch, if it was created."""
    try:
        if _marked(engine, scratch):
            remove(engine, scratch, store)
    except BaseException:
        log.warning("not everything was removed: run sparkify-dwh verify --clean-up")
        raise


def _create(connection: Connection, scratch: Scratch) -> None:
    """Create the schema and its marker in one transaction, so that there is never one without the other."""
    try:
        connection.execute(CreateSchema(scratch.schema))
        scratch.marker.create(connection, checkfirst=False)
        connection.execute(_marking(scratch))
        connection.commit()
    except DBAPIError as error:
        raise SparkifyError(
            f"The scratch schema of the verification could not be created: {server_message(error).rstrip('.')}",
            "The user needs CREATE on the database: GRANT CREATE ON DATABASE ... TO ...",
        ) from error


def _marking(scratch: Scratch) -> Insert:
    return insert(scratch.marker).values(schema_name=scratch.schema)


def remove(engine: Engine, scratch: Scratch, store: ObjectStore) -> None:
    """Remove the files and the schema.

    The schema can be dropped only when no statement of the verification runs any more; an UNLOAD of an interrupted one may
    have written files until then, so files are removed before and after.
    """
    try:
        _remove_files(scratch, store)
        with engine.begin() as connection:
            connection.execute(text("SET statement_timeout TO :limit"), {"limit": MAX_SECONDS_FOR_DROP * 1000})
            connection.execute(DropSchema(scratch.schema, cascade=True))
        _remove_files(scratch, store)
    except (DBAPIError, SparkifyError) as error:
        raise SparkifyError(
            f"The schema {scratch.schema} and the files under {scratch.folder} could not be removed: "
            f"{server_message(error).rstrip('.')}",
            "remove them with `sparkify-dwh verify --clean-up`.",
        ) from error


def _remove_files(scratch: Scratch, store: ObjectStore) -> None:
    for file in store.list(scratch.folder):
        store.delete(file.url)
    if scratch.folder.startswith("file:"):
        for directory, _, _ in os.walk(path_of(scratch.folder), topdown=False):
            Path(directory).rmdir()


@dataclass(frozen=True)
class CleanedUp:
    """Which schemas, and files of theirs, were removed, and which are those of verifications that run."""

    removed: tuple[str, ...] = ()
    in_use: tuple[str, ...] = ()
    not_ours: tuple[str, ...] = ()


def clean_up(settings: Settings, data: str | None = None) -> CleanedUp:
    """Remove what killed verifications have left: their schemas, and their files under the prefix.

    A schema is a verification's when its name and its marker say so. Files of another prefix than ``data``, or [S3]
    MANIFESTS, are not looked for.
    """
    base = base_of(settings, data)
    removed, in_use, not_ours = [], [], []
    with warehouse(settings) as engine, settings.open_store() as store:
        for name in _candidates(engine):
            scratch = Scratch.named(name, base)
            state = _marked(engine, scratch)
            if state is None:
                in_use.append(name)
            elif not state:
                not_ours.append(name)
            else:
                remove(engine, scratch, store)
                removed.append(name)
    return CleanedUp(tuple(removed), tuple(in_use), tuple(not_ours))


def _candidates(engine: Engine) -> list[str]:
    """Return the schemas that are named like those of verifications."""
    namespace = table("pg_namespace", column("nspname"), schema="pg_catalog")
    with engine.connect() as connection:
        names = connection.scalars(
            select(namespace.c.nspname).where(namespace.c.nspname.startswith(NAME, autoescape=True))
        )
        return sorted(name for name in map(str, names) if OURS.fullmatch(name))


def _marked(engine: Engine, scratch: Scratch) -> bool | None:
    """Return whether a schema holds a marker that names it; None if a running verification keeps it from being locked."""
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout TO :limit"), {"limit": SECONDS_FOR_MARKER * 1000})
        try:
            connection.execute(LockTable(scratch.marker))
            return list(connection.scalars(select(scratch.marker.c.schema_name))) == [scratch.schema]
        except DBAPIError as error:
            return None if error_fields(error).get("C") == QUERY_CANCELED else False
