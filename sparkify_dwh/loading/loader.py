"""A load: S3 to staging by COPY, staging to star by insert-from-select, all of it in one transaction.

The loader walks the models and never names a table. It runs the same statements on Redshift and on the stand-in.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Update
from sqlalchemy.exc import DBAPIError

from sparkify_dwh import database
from sparkify_dwh.checks.check import explain, failed
from sparkify_dwh.checks.rules import RULES_HINT
from sparkify_dwh.checks.run import run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.connection.schemas import require_usage
from sparkify_dwh.database import server_message, warehouse_now
from sparkify_dwh.errors import CheckError, LoadError, UsageError
from sparkify_dwh.loading import rejected_rows
from sparkify_dwh.loading.input_files import Selection
from sparkify_dwh.loading.ledger_entries import compare_files, next_number, record_failure, record_load
from sparkify_dwh.loading.locking import lock
from sparkify_dwh.loading.rejected_rows import CopyFailed
from sparkify_dwh.loading.report import LoadReport, OnStep, StarRows, Steps
from sparkify_dwh.loading.retries import Commit, OutcomeUnknown
from sparkify_dwh.loading.stage import Staging
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.redshift.limits import MAX_ERRORS, MAX_WAIT_SECONDS
from sparkify_dwh.settings import Settings
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.merge import statements_by_change, statements_by_record
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.text import numbered
from sparkify_dwh.utils.version import VERSION

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from sparkify_dwh.base import StarTable

log = safe_logger("sparkify_dwh.load")


@dataclass(frozen=True)
class LoadOptions:
    """The options of a load. COPY skips up to ``max_errors`` rejected rows of each table."""

    selection: Selection = field(default_factory=Selection)
    max_errors: int = 0
    wait_seconds: float = 3600
    retries: Retries = field(default_factory=partial(Retries, conflicts=True))


def load(  # noqa: PLR0913 (options by name)
    settings: Settings | None = None,
    *,
    force: bool = False,
    since: date | str | None = None,
    until: date | str | None = None,
    files: str | Iterable[str] = (),
    max_errors: int = 0,
    wait_seconds: float = 3600,
    on_step: OnStep | None = None,
) -> LoadReport:
    """Load the files under the configured prefixes that were not loaded yet, in one transaction.

    ``settings`` default to those of dwh.cfg and the environment. ``force`` loads files again that were loaded before;
    ``since`` and ``until`` leave out files whose URL names an earlier or a later day (``2018-11-14-events.json``); ``files``
    loads only files whose URL ends in one of these names, each of which must match a file. Up to ``max_errors`` rejected
    rows of each table are skipped and reported. ``wait_seconds`` is how long to wait for another load. ``on_step`` is called
    with a step's name when it begins.

    Loads are idempotent. Of conflicting deliveries of one record, the one that sorts first is kept within a load, and the
    later one across loads. A load that fails is rolled back, and raises a :class:`SparkifyError` with a hint.
    """
    settings = settings or Settings.read()
    if not isinstance(settings, Settings):
        raise UsageError(
            f"load() needs Settings, but was given a {type(settings).__name__}", 'pass Settings.read("dwh.cfg").'
        )
    if not (0 <= max_errors <= MAX_ERRORS and 0 <= wait_seconds <= MAX_WAIT_SECONDS):
        raise UsageError(
            f"max_errors must be from 0 to {MAX_ERRORS:,}, and wait_seconds from 0 to {MAX_WAIT_SECONDS:,}, but "
            f"{max_errors} and {wait_seconds:g} were given",
            "correct them.",
        )
    options = LoadOptions(Selection.of(force, since, until, files), max_errors, wait_seconds)
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
        self._commit = Commit(engine, report.load_id, options.wait_seconds, options.retries)

    def run(self) -> None:
        name, retries = f"load {self._report.load_id}", self._options.retries
        retries.run(name, self._begin, log)
        try:
            retries.run(name, self._try, log, was_connected=True)
        except OutcomeUnknown:  # the load may be in the ledger already
            raise
        except DBAPIError as error:
            failure = LoadError(f"The load failed and was rolled back: {server_message(error)}")
            self._record_failure(failure)
            raise failure from error
        except BaseException as error:  # an interruption too: the ledger has every load that has ended
            if not self._commit.may_be_done():
                self._record_failure(error)
            raise
        compare_files(self._engine, self._report)

    def _record_failure(self, error: BaseException) -> None:
        self._report.seconds = self._seconds()
        record_failure(self._engine, self._report, error)

    def _begin(self, _attempt: int) -> None:
        with self._engine.connect() as connection:
            require_migrated(connection, self._warehouse)
            require_usage(connection)
            self._report.started_at = warehouse_now(connection)
            self._report.number = next_number(connection)

    def _try(self, attempt: int) -> None:
        """Run the whole transaction once."""
        self._report.begin(attempt)
        with self._engine.connect() as connection:
            try:
                self._transaction(connection, attempt)
            except CopyFailed as failure:
                connection.rollback()
                raise rejected_rows.explain(connection, failure, self._warehouse.star) from failure.error

    def _transaction(self, connection: Connection, attempt: int) -> None:
        """Run everything from BEGIN, which the driver sends with the first statement, to COMMIT."""
        with self._settings.open_store() as store:
            with self._steps.step("lock"):
                lock(connection, self._options.wait_seconds, self._steps.tell)
                self._report.number = next_number(connection)
            staging = Staging(connection, self._engine, store, self._settings, self._inputs, self._report, self._steps)
            with self._steps.step("list files"):
                staging.find(self._options.selection)
            for model in self._warehouse.staging:
                with self._steps.step(f"copy {model.__tablename__}"):
                    staging.fill(model, self._options.max_errors, attempt)
            with self._steps.step("read batch"):
                batch = Batch.of(connection, self._warehouse.staging, self._warehouse.star)
            for table in self._warehouse.star:
                with self._steps.step(f"fill {table.__tablename__}"):
                    self._fill(connection, table, batch)
            with self._steps.step("check"):
                self._check(connection, batch)
        self._report.seconds = self._seconds()
        record_load(connection, self._report)
        self._commit.run(connection)

    def _fill(self, connection: Connection, model: type[StarTable], batch: Batch) -> None:
        rows = self._report.star[model.__tablename__] = fill(connection, model, batch)
        if rows.conflicting:
            self._report.warnings.append(
                f"{model.__tablename__}: {numbered(rows.conflicting, 'row')} replaced, because an earlier load delivered "
                "the same record with other values"
            )

    def _check(self, connection: Connection, batch: Batch) -> None:
        """Check the batch before it is published. Raises :class:`CheckError`, which rolls it back."""
        scope = Scope(self._report.started_at, batch.ranges)
        warehouse, rules = self._warehouse, self._settings.checks
        self._report.checks = run_checks(connection, warehouse.star, warehouse.checks, scope, rules)
        self._report.warnings += [explain(result) for result in self._report.checks if result.state == "warning"]
        if failures := failed(self._report.checks):
            raise CheckError(
                f"The load was rolled back: {' '.join(map(explain, failures))}",
                "Correct these records in their files and load again; `sparkify-dwh plan` names the file and line of "
                f"invalid times and values. {RULES_HINT}",
                failures,
            )

    def _seconds(self) -> float:
        return round(time.perf_counter() - self._start, 3)


def fill(connection: Connection, model: type[StarTable], batch: Batch) -> StarRows:
    """Update the rows of a star table that the batch changes, and insert those that it adds."""
    rows = StarRows()
    for change in statements_by_change(model, batch):
        rows.updated += connection.execute(change).rowcount
    for statement in statements_by_record(model, batch):
        count = connection.execute(statement).rowcount
        if isinstance(statement, Update):
            rows.updated += count
            rows.conflicting += count if model.is_one_record() else 0
        else:
            rows.inserted += count
    return rows
