"""An export: every table of the star unloaded in one transaction, counted, and listed in a manifest.

In one transaction all tables are of one snapshot, whatever is loaded meanwhile (Redshift guide, c_serial_isolation).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh import database
from sparkify_dwh.aws.redshift_errors import ServerRequest
from sparkify_dwh.base import StarTable
from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.errors import ConfigurationError, ExportError, SparkifyError, UsageError, with_hint
from sparkify_dwh.export.failures import explain_failure
from sparkify_dwh.export.manifest import Export, ExportedTable
from sparkify_dwh.export.queries import exported_columns, extent, last_unload, unload_command
from sparkify_dwh.export.target import Target, target_url
from sparkify_dwh.ledger import Load
from sparkify_dwh.loading.ledger_entries import LATEST_FIRST
from sparkify_dwh.migrate import newest_revision, require_migrated
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.version import VERSION

if TYPE_CHECKING:
    from sparkify_dwh.warehouse import Warehouse

log = safe_logger("sparkify_dwh.export")

OnStep = Callable[[str], None]


def export(  # noqa: PLR0913 (options by name)
    settings: Settings | None = None,
    target: str | None = None,
    *,
    tables: Sequence[str] = (),
    overwrite: bool = False,
    on_step: OnStep | None = None,
    retries: Retries | None = None,
) -> Export:
    """Write the star, or those ``tables`` of it, as Parquet into the folder ``target``, by default [S3] EXPORT.

    ``settings`` default to those of dwh.cfg and the environment. Redshift writes ``s3://`` with its IAM role; this program
    lists the target and writes the manifest with its own credentials. The stand-in also writes ``file:///`` and paths.
    All tables are as of one moment. Each is counted, by UNLOAD and by a query. A table without rows has no files.
    ``on_step`` is called with a step's name when it begins.

    A lost connection is retried until the first UNLOAD begins: the server may go on with it, and would mix its files with
    those of another attempt.

    ``overwrite`` first removes what an earlier export wrote, and nothing else; an export that then fails leaves neither.

    Raises:
        ConfigurationError: no target, or something that the cluster needs.
        UsageError: an unknown table, a target that cannot be, or one that is not empty.
        SourceError: the target cannot be listed, or what is to be overwritten not removed.
        ExportError: it failed: there is no manifest, and the message says what is left.
    """
    settings = settings or Settings.read()
    _require_role(settings)
    models, url = _models(settings.warehouse, tables), target_url(settings, target)
    with settings.open_store() as store, database.warehouse(settings) as engine:
        exporting = Exporting(settings, Target(url, store), models, on_step or (lambda _step: None))

        def export_once(_attempt: int) -> Export:
            with engine.connect() as connection:
                return exporting.run(connection, overwrite=overwrite)

        return (retries or Retries()).run("export", export_once, log)


def _require_role(settings: Settings) -> None:
    if settings.lacks_role:
        raise ConfigurationError(f"{settings.origin} lacks [IAM_ROLE] ARN: add the role with which Redshift writes S3")


def _models(warehouse: Warehouse, tables: Sequence[str]) -> list[type[StarTable]]:
    known = warehouse.tables
    for name in tables:
        if name not in known:
            raise UsageError(f"There is no table {name!r} in the star: its tables are {', '.join(known)}.")
    return [model for name, model in known.items() if name in tables or not tables]


class Exporting:
    """A running export."""

    def __init__(self, settings: Settings, target: Target, models: Sequence[type[StarTable]], on_step: OnStep) -> None:
        self._settings = settings
        self._target = target
        self._models = models
        self._names = [model.__tablename__ for model in models]
        self._on_step = on_step
        self._place = target.url  # where it is at work
        self._has_begun = False  # to unload

    def run(self, connection: Connection, *, overwrite: bool) -> Export:
        """Run the export, and write its manifest."""
        require_migrated(connection, self._settings.warehouse)
        self._on_step("look at the target")
        self._target.make_room(self._names, self._settings.warehouse.tables, overwrite=overwrite)
        try:
            export = self._export(connection)
            connection.rollback()
            self._place = export.manifest
            self._target.require_untouched()
            self._target.write_manifest(export.to_json())
        except (DBAPIError, SparkifyError) as error:
            if database.is_lost(error) and not self._has_begun:
                raise
            request = ServerRequest(self._place, self._settings.role_arn, writes=True)
            why, hint = explain_failure(error, request)
            left = self._target.left(self._names)
            raise ExportError(f"The export failed at {self._place}: {with_hint(why, hint)}", left) from error
        except BaseException:  # an interruption: there is no time to look at what is left
            log.warning("the export to %s is not complete, and has no manifest", self._target.url)
            raise
        return export

    def _export(self, connection: Connection) -> Export:
        """Unload all tables in the transaction that the first statement begins."""
        started_at, start = datetime.now(timezone.utc).replace(tzinfo=None), time.perf_counter()
        last_load, last_load_at = _last_load(connection)
        tables = {model.__tablename__: self._unload(connection, model) for model in self._models}
        return Export(
            export_id=uuid4().hex,
            target=self._target.url,
            started_at=started_at,
            seconds=round(time.perf_counter() - start, 3),
            version=VERSION,
            revision=newest_revision(self._settings.warehouse),
            last_load=last_load,
            last_load_at=last_load_at,
            tables=tables,
        )

    def _unload(self, connection: Connection, model: type[StarTable]) -> ExportedTable:
        name = model.__tablename__
        self._place = self._target.folder(name)
        self._on_step(f"unload {name}")
        start = time.perf_counter()
        self._has_begun = True
        connection.execute(unload_command(model, self._place, self._settings))
        unloaded = connection.scalar(last_unload())
        rows, last_number = connection.execute(extent(model)).one()
        table = ExportedTable(
            rows=rows,
            partition_by=tuple(model.partition_by),
            columns=exported_columns(model),
            files=self._target.files(name),
            last_number=last_number,
        )
        _check(name, table, unloaded)
        log.info("export of %s: %d rows took %.3f s", name, rows, time.perf_counter() - start)
        return table


def _check(name: str, table: ExportedTable, unloaded: int) -> None:
    if unloaded != table.rows:
        raise ExportError(
            f"UNLOAD says that it wrote {unloaded:,} rows of {name}, which holds {table.rows:,}: export again"
        )
    if table.rows and not table.bytes:
        raise ExportError(
            f"UNLOAD says that it wrote {unloaded:,} rows of {name}, and no file is to be seen: see that this program and "
            "the cluster mean the same S3"
        )


def _last_load(connection: Connection) -> tuple[str | None, datetime | None]:
    """Return the id and the time of the latest load in the export's own snapshot."""
    loaded = select(Load.load_id, Load.started_at).where(Load.outcome == "loaded")
    latest = loaded.order_by(*LATEST_FIRST).limit(1)
    load_id, started_at = connection.execute(latest).one_or_none() or (None, None)
    return load_id, started_at
