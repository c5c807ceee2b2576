"""What a load would do: its files, what COPY would reject of them, and its SQL.

    plan = make_plan(Settings.read())
    print(plan)                     # files, warnings, problems with the data
    print(plan.sql)                 # the statements

A plan asks the warehouse's ledger which files were loaded, lists the others and reads them; it writes nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ClauseElement, Connection, delete

from sparkify_dwh.database import connected
from sparkify_dwh.errors import SourceError
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.loading.input_files import Selection, find_input, known_etags, require_named
from sparkify_dwh.loading.json_paths_files import require_json_paths
from sparkify_dwh.loading.locking import mark_lock
from sparkify_dwh.loading.report import Input, OnStep
from sparkify_dwh.loading.stage import copies_of
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.planning.file_warnings import file_warnings
from sparkify_dwh.planning.report import Plan, PlannedInput, PlannedStatement
from sparkify_dwh.planning.validate_files import validate_files
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.sql.batch import range_queries
from sparkify_dwh.sql.copy_statements import Copy
from sparkify_dwh.sql.deduplication import deduplicate, delete_known
from sparkify_dwh.sql.render import fill_statements, readable, search_path
from sparkify_dwh.storage.store import ObjectStore

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.planning.validation_result import Validation
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.warehouse import Warehouse

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True)
class _Planning:
    """The arguments of every part of a plan."""

    settings: Settings
    inputs: Mapping[str, str]
    store: ObjectStore
    selection: Selection

    @property
    def warehouse(self) -> Warehouse:
        return self.settings.warehouse

    @property
    def has_manifests(self) -> bool:
        return self.settings.manifests is not None


def make_plan(  # noqa: PLR0913 (options by name)
    settings: Settings,
    *,
    force: bool = False,
    since: date | str | None = None,
    until: date | str | None = None,
    files: str | Iterable[str] = (),
    sample: int | None = None,
    validate: bool = True,
    on_step: OnStep | None = None,
) -> Plan:
    """Return what ``load`` would do with the same ``settings``, options. Writes nothing.

    ``validate`` reads the files and validates their records against the models; ``sample`` is a number of files of each
    input, all when None. ``on_step`` is called with a step's name when it begins.

    Without MANIFESTS in [S3] a plan needs permission to list the prefixes, although a load does not.

    Raises:
        SparkifyError: the configuration, the warehouse or the inputs are invalid, as for a load.
    """
    report_step = on_step or (lambda _: None)
    with settings.open_store() as store:
        planning = _Planning(settings, settings.for_load(), store, Selection.of(force, since, until, files))
        inputs = _inputs(planning, report_step)
        if planning.has_manifests:
            require_named(planning.selection, (planned.input for planned in inputs))
        for staging, planned in zip(planning.warehouse.staging, inputs, strict=True):
            if validate and planned.input.files:
                report_step(f"validate {planned.table}")
                planned.validation = _validate(planning, staging, planned.input, sample)
    return Plan(inputs, list(_statements(planning, inputs)))


def _inputs(planning: _Planning, report_step: OnStep) -> list[PlannedInput]:
    """Return the files of every staging table. The transaction that reads the ledger is rolled back."""
    inputs = []
    with connected(planning.settings) as connection:
        require_migrated(connection, planning.warehouse)
        for staging in planning.warehouse.staging:
            report_step(f"list {staging.__tablename__}")
            inputs.append(_input(planning, staging, connection))
        connection.rollback()
    return inputs


def _input(planning: _Planning, staging: type[StagingTable], connection: Connection) -> PlannedInput:
    unread = require_json_paths(planning.store, staging, planning.settings)
    prefix, selection = planning.inputs[staging.source.key], planning.selection
    if planning.has_manifests:
        files = find_input(connection, staging, prefix, planning.store, selection)
    else:
        files = find_input(connection, staging, prefix, planning.store, Selection(force=True))
        if files.hidden:
            files.files, files.hidden = planning.store.list(prefix), 0
    known = known_etags(connection, staging) if selection.force or not planning.has_manifests else {}
    reloaded = sum(known.get(file.url) == file.etag for file in files.files)
    warnings = file_warnings(staging, files, has_manifests=planning.has_manifests, is_partial=selection.is_partial)
    return PlannedInput(staging.__tablename__, files, [*filter(None, [unread]), *warnings], reloaded)


def _validate(planning: _Planning, staging: type[StagingTable], files: Input, sample: int | None) -> Validation:
    command = copies_of(staging, planning.settings, planning.inputs).command(files.prefix)
    rules = planning.settings.checks
    return validate_files(staging, command, files.files, planning.store, planning.warehouse, rules=rules, sample=sample)


def _statements(planning: _Planning, inputs: list[PlannedInput]) -> Iterator[PlannedStatement]:
    """Yield the statements of a load in order, by its steps.

    Its bookkeeping is left out: timeouts, counts of copied rows, statistics of large batches, the checks and the ledger.
    """
    warehouse = planning.warehouse
    for selected in search_path(planning.settings.schemas):
        yield PlannedStatement("connect", selected)
    yield PlannedStatement("lock", readable(LockTable(LoadLock.table())))
    yield PlannedStatement("lock", readable(mark_lock()))
    pairs = list(zip(warehouse.staging, inputs, strict=True))
    for staging, planned in pairs:
        table = staging.table()
        copies = [copy.command for copy in _copies(planning, staging, planned.input)]
        cleaning = [*deduplicate(staging), *delete_known(staging, warehouse.star)] if planned.input.files else []
        statements: list[ClauseElement] = [delete(table), *copies, *cleaning]
        for statement in statements:
            yield PlannedStatement(f"copy {table.name}", readable(statement))
    for query in range_queries(warehouse.star):
        yield PlannedStatement("read batch", readable(query))
    empty = frozenset(staging for staging, planned in pairs if not planned.input.files)
    for model in warehouse.star:
        for statement in fill_statements(model, bounded=True, empty=empty):
            yield PlannedStatement(f"fill {model.__tablename__}", readable(statement))


def _copies(planning: _Planning, staging: type[StagingTable], files: Input) -> Iterable[Copy]:
    """Return the COPYs from manifests, or of the whole prefix without MANIFESTS in [S3]."""
    copies = copies_of(staging, planning.settings, planning.inputs)
    if planning.has_manifests:
        return copies.of_files(files.files, "LOAD_ID-1")
    try:
        return [copies.of_prefix(files.prefix, files.files)]
    except SourceError:  # several kinds of compression: a load refuses them, and a warning says so
        return []
