"""A load: S3 to staging by COPY, staging to star by insert-from-select, all of it in one transaction.

The loader walks the models and never names a table. It runs the same statements on Redshift and on the stand-in.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Delete, and_, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh import __version__, rejected
from sparkify_dwh.base import StagingTable, StarTable
from sparkify_dwh.commands import CopyCommand, LockTable
from sparkify_dwh.database import server_message, warehouse
from sparkify_dwh.errors import LoadError
from sparkify_dwh.ledger import Load, LoadLock
from sparkify_dwh.load_report import LoadReport, OnStep, StagedRows, StarRows, Steps
from sparkify_dwh.merge import Range, insert_new, update_changed
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import STAGING
from sparkify_dwh.star import STAR

if TYPE_CHECKING:
    from sparkify_dwh.settings import Locations


def load(settings: Settings | None = None, *, on_step: OnStep | None = None) -> LoadReport:
    """Bring the warehouse up to date with everything under the configured prefixes.

    ``settings`` default to those of dwh.cfg and the environment. ``on_step`` is called with a step's name when it begins.
    Loading the same files again changes nothing. A load that fails leaves the warehouse as it was, and raises a
    :class:`SparkifyError` that says what to do.
    """
    settings = settings or Settings.read()
    locations = settings.for_load()
    report = LoadReport(version=__version__)
    start = time.perf_counter()
    with warehouse(settings) as engine, engine.connect() as connection:
        require_migrated(connection)
        try:
            with connection.begin():
                Loading(connection, settings, locations, Steps(report, on_step), report).run()
                report.seconds = round(time.perf_counter() - start, 3)
                record(connection, report)
        except rejected.CopyRefused as refused:
            connection.rollback()
            raise rejected.explained(connection, refused) from refused.error
        except DBAPIError as error:
            raise LoadError(f"The load failed and was rolled back: {server_message(error)}") from error
    return report


class Loading:
    """One load in its transaction."""

    def __init__(
        self, connection: Connection, settings: Settings, locations: Locations, steps: Steps, report: LoadReport
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._locations = locations
        self._steps = steps
        self._report = report

    def run(self) -> None:
        with self._steps.step("lock"):
            # First in the transaction: a snapshot taken before the lock would not show what the last load wrote.
            self._connection.execute(LockTable(LoadLock.table()))
        for staging in STAGING:
            with self._steps.step(f"copy {staging.__tablename__}"):
                self._stage(staging)
        for model in STAR:
            with self._steps.step(f"fill {model.__tablename__}"):
                self._fill(model)

    def _stage(self, staging: type[StagingTable]) -> None:
        table = staging.table()
        self._connection.execute(delete(table))  # TRUNCATE would commit, and let the lock go
        command = copy_command(staging, self._settings, self._locations)
        with rejected.copying(self._connection, table):
            self._connection.execute(command)
        loaded = self._connection.scalar(select(func.pg_last_copy_count())) or 0
        duplicates = self._connection.execute(delete_duplicates(staging)).rowcount
        self._report.staged[table.name] = StagedRows(loaded, duplicates)

    def _fill(self, model: type[StarTable]) -> None:
        rows = self._report.star[model.__tablename__] = StarRows()
        range_, is_empty = self._batch_range(model)
        if not is_empty:
            staged = model.from_staging()
            rows.updated += self._connection.execute(update_changed(model, staged, range_)).rowcount
            rows.inserted += self._connection.execute(insert_new(model, staged, range_)).rowcount
        affected = model.from_warehouse()
        if affected is not None:
            rows.updated += self._connection.execute(update_changed(model, affected)).rowcount

    def _batch_range(self, model: type[StarTable]) -> tuple[Range | None, bool]:
        """The bounds of the batch in the model's sort key, and whether the batch holds nothing for the model."""
        query = model.batch_range()
        if query is None:
            return None, False
        first, last = self._connection.execute(query).one()
        return ((first, last), False) if first is not None else (None, True)


def copy_command(staging: type[StagingTable], settings: Settings, locations: Locations) -> CopyCommand:
    """The COPY that fills a staging table from its configured prefix."""
    return CopyCommand(
        staging.table(),
        getattr(locations, staging.source),
        columns=staging.copied(),
        json=getattr(locations, staging.json_paths) if staging.json_paths else "auto",
        role_arn=settings.role_arn,
        region=settings.region,
        clauses=staging.copy_clauses,
    )


def delete_duplicates(staging: type[StagingTable]) -> Delete:
    """``DELETE`` every delivery of a record but one: the first when sorted by all columns in model order, NULLs last.

    Only records that were delivered more than once are sorted.
    """
    table = staging.table()
    identity = [table.c[name] for name in staging.identity]
    several = select(*identity).group_by(*identity).having(func.count() > 1).subquery("several")
    is_one_of_several = [several.c[column.name] == column for column in identity]
    first = func.row_number().over(
        partition_by=identity, order_by=[table.c[name] for name in (*staging.copied(), "staged_id")]
    )
    ranked = select(table.c.staged_id, first.label("place")).join(several, and_(*is_one_of_several)).subquery("ranked")
    return delete(table).where(table.c.staged_id == ranked.c.staged_id, ranked.c.place > 1)


def record(connection: Connection, report: LoadReport) -> None:
    """Write the load into the ledger, in the transaction of the load."""
    row = {
        "load_id": report.load_id,
        "started_at": report.started_at,
        "seconds": report.seconds,
        "version": report.version,
        "outcome": "loaded",
        "report": report.to_json(),
    }
    connection.execute(insert(Load.table()).values(row))
