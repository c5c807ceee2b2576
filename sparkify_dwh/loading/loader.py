"""A load: S3 to staging by COPY, staging to star by insert-from-select, all of it in one transaction.

The loader walks the models and never names a table. It runs the same statements on Redshift and on the stand-in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from sparkify_dwh import database
from sparkify_dwh.checks.check import explain, failed
from sparkify_dwh.checks.run import run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.database import is_conflict, is_lost
from sparkify_dwh.errors import CheckError, UsageError
from sparkify_dwh.loading.fill import fill
from sparkify_dwh.loading.input_files import Selection, require_named
from sparkify_dwh.loading.ledger_entries import compare_files, record_failure, record_load
from sparkify_dwh.loading.locking import lock
from sparkify_dwh.loading.rejected_rows import CopyRefused, explained
from sparkify_dwh.loading.report import LoadReport, OnStep, Steps
from sparkify_dwh.loading.retries import OutcomeUnknown, backoff_seconds, explain_failure, was_committed
from sparkify_dwh.loading.stage import Staging
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.redshift.limits import MAX_ERRORS, MAX_WAIT_SECONDS
from sparkify_dwh.settings import Settings
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.utils.version import VERSION

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

log = logging.getLogger("sparkify_dwh.load")


@dataclass(frozen=True)
class LoadOptions:
    """The options of a load. COPY may reject ``max_errors`` rows of each table, which are left out."""

    selection: Selection = field(default_factory=Selection)
    max_errors: int = 0
    wait_seconds: float = 3600
    attempts: int = 5
    first_backoff_seconds: float = 1


def load(  # noqa: PLR0913 (options by name)
    settings: Settings | None = None,
    *,
    force: bool = False,
    since: date | str | None = None,
    files: str | Iterable[str] = (),
    max_errors: int = 0,
    wait_seconds: float = 3600,
    on_step: OnStep | None = None,
) -> LoadReport:
    """Bring the warehouse up to date with the files under the configured prefixes that it does not hold yet.

    ``settings`` default to those of dwh.cfg and the environment. ``force`` loads files again that were loaded before;
    ``since`` leaves out files whose URL names an earlier day (``2018-11-14-events.json``); ``files`` takes only those
    whose URL ends in one of these, each of which must fit a file. ``max_errors`` rows of each table may be refused and are
    left out, and reported.
    ``wait_seconds`` is how long to wait for another load. ``on_step`` is called with a step's name when it begins.

    Loading the same files again changes nothing, unless they contradict each other: of deliveries of one record in one load
    the one that sorts first is kept, of several loads the last. A load that fails leaves the warehouse as it was, and raises
    a :class:`SparkifyError` that says what to do.
    """
    settings = settings or Settings.read()
    if not isinstance(settings, Settings):
        raise UsageError(
            f'load() needs Settings, and found a {type(settings).__name__}: pass Settings.read("dwh.cfg").'
        )
    if not (0 <= max_errors <= MAX_ERRORS and 0 <= wait_seconds <= MAX_WAIT_SECONDS):
        raise UsageError(
            f"max_errors (--max-errors) must be from 0 to {MAX_ERRORS:,}, and wait_seconds (--wait) from 0 to "
            f"{MAX_WAIT_SECONDS:,}: found {max_errors} and {wait_seconds:g}; correct them."
        )
    options = LoadOptions(Selection.of(force, since, files), max_errors, wait_seconds)
    report = LoadReport(version=VERSION)
    with database.warehouse(settings) as engine:
        Loading(engine, settings, options, report, on_step).run()
    return report


class Loading:
    """One load: its attempts and its entry in the ledger."""

    def __init__(
        self, engine: Engine, settings: Settings, options: LoadOptions, report: LoadReport, on_step: OnStep | None
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._warehouse = settings.warehouse
        self._inputs = settings.for_load()
        self._options = options
        self._report = report
        self._steps = Steps(report, on_step)
        self._start = time.perf_counter()
        self._committed = False  # though its connection was lost

    def run(self) -> None:
        with self._engine.connect() as connection:
            require_migrated(connection, self._warehouse)
        try:
            self._try_until_done()
        except OutcomeUnknown:  # it may be in the ledger already
            raise
        except BaseException as error:  # an interruption too: the ledger tells of every load that has ended
            self._report.seconds = self._seconds()
            record_failure(self._engine, self._report, error)
            raise
        compare_files(self._engine, self._report)

    def _try_until_done(self) -> None:
        for attempt in range(1, self._options.attempts + 1):
            try:
                self._try(attempt)
            except DBAPIError as error:
                if not self._may_try_again(error, attempt):
                    raise explain_failure(error) from error
            else:
                return
            if self._committed:
                return
            wait = backoff_seconds(attempt, self._options.first_backoff_seconds)
            log.warning("load %s: another try in %.1f s", self._report.load_id, wait)
            time.sleep(wait)

    def _may_try_again(self, error: DBAPIError, attempt: int) -> bool:
        """Return whether another attempt can help. A connection may have been lost after the commit."""
        if is_lost(error):
            self._committed = was_committed(self._engine, self._report.load_id, self._options.wait_seconds)
            return self._committed or attempt < self._options.attempts
        return is_conflict(error) and attempt < self._options.attempts

    def _try(self, attempt: int) -> None:
        """Run the whole transaction once."""
        self._report.begin(attempt)
        with self._engine.connect() as connection:
            try:
                self._transaction(connection, attempt)
            except CopyRefused as refused:
                connection.rollback()
                raise explained(connection, refused, self._warehouse.star) from refused.error

    def _transaction(self, connection: Connection, attempt: int) -> None:
        """Run everything between BEGIN, which the first statement sends, and COMMIT. Any exception rolls it back."""
        with self._settings.open_store() as store:
            with self._steps.step("lock"):
                lock(connection, self._options.wait_seconds, self._steps.tell)
            staging = Staging(connection, self._engine, store, self._settings, self._inputs, self._report)
            for model in self._warehouse.staging:
                with self._steps.step(f"copy {model.__tablename__}"):
                    staging.fill(model, self._options.selection, self._options.max_errors, attempt)
            require_named(self._options.selection, self._report.files.values())
            with self._steps.step("read batch"):
                batch = Batch.of(connection, self._warehouse.staging, self._warehouse.star)
            for table in self._warehouse.star:
                with self._steps.step(f"fill {table.__tablename__}"):
                    self._report.star[table.__tablename__] = fill(connection, table, batch)
            with self._steps.step("check"):
                self._check(connection, batch)
        self._report.seconds = self._seconds()
        record_load(connection, self._report)
        connection.commit()

    def _check(self, connection: Connection, batch: Batch) -> None:
        """Check the batch before it is published. Raises :class:`CheckError`, which rolls it back."""
        scope = Scope(ranges=batch.ranges)
        self._report.checks = run_checks(connection, self._warehouse.star, self._warehouse.checks, scope)
        found = [result for result in self._report.checks if result.state == "warning"]
        self._report.warnings += map(explain, found)
        if wrong := failed(self._report.checks):
            raise CheckError(
                f"The load was rolled back: {' '.join(map(explain, wrong))}",
                "Correct these records in their files and load again; `sparkify-dwh plan` names file and line of times and "
                "values that are not allowed.",
                wrong,
            )

    def _seconds(self) -> float:
        return round(time.perf_counter() - self._start, 3)
