"""The restore of an export into empty tables, with the same surrogate keys, in one transaction.

COPY matches the columns of Parquet with those of the table by position, and needs the same number of both (Redshift guide,
copy-usage_notes-copy-from-columnar), but the files also have partition columns that the table may lack. And COPY with
EXPLICIT_IDS takes the surrogate keys from the files, but does not move the start of later ones (Redshift guide,
copy-parameters-data-conversion). So these tables, which are empty, are dropped and created again for the COPY: with keys
that start above those of the export, and with the partition columns, which are dropped after the COPY.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Column, Connection, Engine, MetaData, SmallInteger, Table, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable

from sparkify_dwh.aws.redshift_errors import ServerRequest
from sparkify_dwh.base import StarTable, encoded
from sparkify_dwh.connection.retries import Retries, commit
from sparkify_dwh.database import is_lost, server_message, warehouse
from sparkify_dwh.errors import LoadError, SourceError, SparkifyError, UsageError
from sparkify_dwh.export.failures import explain_failure
from sparkify_dwh.export.manifest import Exported, ExportedTable, read_manifest
from sparkify_dwh.export.queries import exported_columns, is_filled, numbered_column
from sparkify_dwh.export.target import Target, target_url
from sparkify_dwh.loading.locking import lock
from sparkify_dwh.loading.retries import OutcomeUnknown
from sparkify_dwh.migrate import newest_revision, require_migrated
from sparkify_dwh.redshift.commands import CopyCommand, DropColumn
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.warehouse import Warehouse

log = safe_logger("sparkify_dwh.export")

OnStep = Callable[[str], None]


def restore(
    settings: Settings | None = None,
    source: str | None = None,
    *,
    wait_seconds: float = 3600,
    on_step: OnStep | None = None,
    retries: Retries | None = None,
) -> dict[str, int]:
    """Load an export from the folder ``source``, by default [S3] EXPORT, into empty tables. Return their numbers of rows.

    Meanwhile no load can run, and the tables cannot be read; ``wait_seconds`` is how long to wait for other sessions. An
    export has neither ledger nor staging: the next load reads all files again, in one batch, and changes restored rows only
    where files contradict each other. A table with a surrogate key is created again: privileges on it must be granted again,
    but for those that ``grants`` gives on later tables.

    Raises:
        SourceError: no export is there, it is not whole, or its tables are not those of this version.
        UsageError: a table holds rows.
        LoadError: it failed and was rolled back.
        ConnectionLostError: the connection was lost in each attempt of ``retries``, and nothing was committed.
    """
    settings = settings or Settings.read()
    url = target_url(settings, source)
    restoring = Restoring(settings, url, wait_seconds, on_step, retries or Retries())
    with warehouse(settings) as engine, settings.open_store() as store:
        return restoring.run(engine, Target(url, store))


class Restoring:
    """A restore, which is run again when its connection is lost."""

    def __init__(
        self, settings: Settings, url: str, wait_seconds: float, on_step: OnStep | None, retries: Retries
    ) -> None:
        self._settings = settings
        self._url = url
        self._wait_seconds = wait_seconds
        self._on_step = on_step
        self._retries = retries

    def run(self, engine: Engine, target: Target) -> dict[str, int]:
        """Restore the export; return the tables' numbers of rows."""

        def restore_once(_attempt: int) -> dict[str, int]:
            with engine.connect() as connection:
                return self._restore(engine, connection, target)

        return self._retries.run("restore", restore_once, log)

    def _restore(self, engine: Engine, connection: Connection, target: Target) -> dict[str, int]:
        """Run the whole transaction once."""
        require_migrated(connection, self._settings.warehouse)
        exported = read_manifest(target.read_manifest(), target.manifest)
        models = _models(self._settings.warehouse, exported, target)
        try:
            lock(connection, self._wait_seconds, self._on_step or log.info, also=[model.table() for model in models])
            _require_empty(connection, models)
            for model in models:
                name = model.__tablename__
                if self._on_step is not None:
                    self._on_step(f"copy {name}")
                _copy_table(connection, model, exported.tables[name], target.folder(name), self._settings)
            commit(connection, lambda: self._was_committed(engine, models, exported))
        except DBAPIError as error:
            if is_lost(error):
                raise
            request = ServerRequest(self._url, self._settings.role_arn, takes_region=False)
            why, hint = explain_failure(error, request)
            raise LoadError(f"The export was not restored, and nothing has changed: {why}", hint) from error
        return {name: table.rows for name, table in exported.tables.items()}

    def _was_committed(self, engine: Engine, models: list[type[StarTable]], exported: Exported) -> bool:
        """Return whether the tables, which were empty, hold what was exported, once their lock is released."""
        tables = [model.table() for model in models]

        def look(_attempt: int) -> bool:
            with engine.connect() as connection:
                lock(connection, self._wait_seconds, log.info, also=tables)
                counts = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}
                return counts == {name: table.rows for name, table in exported.tables.items()}

        try:
            return self._retries.run("restore: looking whether it was committed", look, log, was_connected=True)
        except (DBAPIError, SparkifyError) as error:
            raise OutcomeUnknown(
                "The connection was lost during COMMIT, and whether the export was restored is not known, because its "
                f"tables could not be read ({server_message(error).rstrip('.')})",
                "See whether they have rows now; into empty tables, restore again.",
            ) from error


def _models(warehouse: Warehouse, exported: Exported, target: Target) -> list[type[StarTable]]:
    """Return the models of the exported tables. Raise :class:`SourceError` when columns or files do not match."""
    known = warehouse.tables
    for name, table in exported.tables.items():
        if name not in known or table.columns != exported_columns(known[name]):
            raise SourceError(
                f"{target.url} must hold tables of revision {newest_revision(warehouse)}, as this version has "
                f"them, and {name} is of revision {exported.revision}: restore it with the version of sparkify_dwh that has "
                "that, and upgrade then"
            )
        if target.files(name) != table.files:
            raise SourceError(
                f"{target.folder(name)} must hold the files that its manifest names, and holds others, or other sizes: "
                "export again"
            )
    return [known[name] for name in exported.tables]


def _require_empty(connection: Connection, models: list[type[StarTable]]) -> None:
    for model in models:
        if connection.execute(is_filled(model)).first() is not None:
            raise UsageError(
                f"An export is restored into empty tables, and {model.__tablename__} has rows: empty all tables first "
                "(sparkify-dwh reset), if that is what you want."
            )


def _copy_table(
    connection: Connection, model: type[StarTable], exported: ExportedTable, url: str, settings: Settings
) -> None:
    """Copy a table from its folder; UNLOAD writes no files for a table without rows, and COPY fails where it finds none."""
    if not exported.rows:
        return
    table, is_numbered = model.table(), numbered_column(model) is not None
    partitions = [column.name for column in exported.columns if column.name not in table.columns]
    if partitions or is_numbered:
        table = copied_into(model, partitions, exported.last_number)
        connection.execute(DropTable(model.table()))
        table.create(connection, checkfirst=False)
    connection.execute(copy_command(table, exported, url, settings, with_numbers=is_numbered))
    copied = connection.scalar(select(func.pg_last_copy_count()))
    if copied != exported.rows:
        raise LoadError(
            f"The export was not restored, and nothing has changed: of {exported.rows:,} rows of {table.name} COPY loaded "
            f"{copied:,}. Export again."
        )
    for column in partitions:
        connection.execute(DropColumn(table, column))


def copied_into(model: type[StarTable], partitions: list[str], last_number: int | None) -> Table:
    """Return the model's table with columns for the partitions, and with keys that start above ``last_number``."""
    table = model.table().to_metadata(MetaData())
    for column in table.columns:
        if column.identity is not None:
            column.identity.start = (last_number or 0) + 1
    for name in partitions:
        table.append_column(Column(name, SmallInteger, info=encoded("az64")))
    return table


def copy_command(
    table: Table, exported: ExportedTable, url: str, settings: Settings, *, with_numbers: bool
) -> CopyCommand:
    """Return the COPY of a table from its folder. It takes no REGION: the bucket must be in the cluster's.

    Redshift guide, copy-usage_notes-copy-from-columnar
    """
    clauses = ["EXPLICIT_IDS"] if with_numbers else []
    columns = [column.name for column in exported.columns]
    return CopyCommand(table, url, columns=columns, json=None, role_arn=settings.role_arn, clauses=clauses)
