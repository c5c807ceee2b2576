"""S3 to staging: the new files copied into a staging table, deduplicated by natural key, without unchanged records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, delete, func, select

from sparkify_dwh.base import StagingTable
from sparkify_dwh.connection.ownership import is_owner
from sparkify_dwh.errors import LoadError, SparkifyError, UsageError
from sparkify_dwh.loading.input_files import Selection, empty_file_warnings, find_input, manifest, require_named
from sparkify_dwh.loading.input_rows import places_of
from sparkify_dwh.loading.json_paths_files import require_json_paths
from sparkify_dwh.loading.rejected_rows import NewRejectedRows, copying, notices, rejected_count
from sparkify_dwh.loading.repeated_records import Conflict, describe_conflicts, remove_repeated
from sparkify_dwh.loading.report import LoadReport, StagedRows, Steps
from sparkify_dwh.redshift.commands import AnalyzeTable, CopyCommand
from sparkify_dwh.sql.copy_statements import Copies, Copy
from sparkify_dwh.sql.deduplication import delete_known
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.storage.store import ObjectStore


class Staging:
    """Fills the staging tables of one load."""

    def __init__(  # noqa: PLR0913 (the parts of a load)
        self,
        connection: Connection,
        engine: Engine,
        store: ObjectStore,
        settings: Settings,
        inputs: Mapping[str, str],
        report: LoadReport,
        steps: Steps,
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._store = store
        self._settings = settings
        self._inputs = inputs
        self._report = report
        self._steps = steps

    def find(self, selection: Selection) -> None:
        """List the files of all staging tables, and select those to load. Nothing is written."""
        if selection.is_partial and self._settings.manifests is None:
            raise UsageError("Loading only some files needs manifests", "Set MANIFESTS in [S3].")
        for staging in self._settings.warehouse.staging:
            if warning := require_json_paths(self._store, staging, self._settings):
                self._report.warnings.append(warning)
            if self._settings.manifests is not None:
                prefix = self._inputs[staging.source.key]
                files = find_input(self._connection, staging, prefix, self._store, selection)
                self._report.files[staging.__tablename__] = files
                self._report.warnings += empty_file_warnings(files)
        require_named(selection, self._report.files.values())

    def fill(self, staging: type[StagingTable], max_errors: int, attempt: int) -> None:
        """Empty a staging table, and copy the files into it that were found."""
        table = staging.table()
        rows = self._report.staged[table.name] = StagedRows()
        self._connection.execute(delete(table))  # TRUNCATE would commit, and release the lock
        copies = copies_of(staging, self._settings, self._inputs, max_errors)
        for copy in self._copies(staging, copies, attempt):
            with nullcontext() if copy.files is None else manifest(self._store, copy.url, copy.files):
                self._copy(copy.command, self._inputs[staging.source.key], rows, max_errors)
        self._require_rows(staging, rows)
        self._check_count(staging, rows)
        if rows.loaded > self._settings.analyze_above_rows:  # COPY leaves statistics out: STATUPDATE OFF
            self._analyze(staging)
        if rows.loaded:
            self._deduplicate(staging, copies, rows)

    def _analyze(self, staging: type[StagingTable]) -> None:
        """Gather statistics, which only owners and superusers may: for others the load is slower and no less right."""
        table = staging.table()
        if not is_owner(self._connection, table.name):
            self._report.warnings.append(
                f"{table.name} was not analyzed, which only its owner may: the load may be slower"
            )
            return
        with self._steps.step(f"analyze {table.name}"):
            self._connection.execute(AnalyzeTable(table))

    def _deduplicate(self, staging: type[StagingTable], copies: Copies, rows: StagedRows) -> None:
        """Leave one record per natural key, without those that the star holds unchanged."""
        if conflict := remove_repeated(self._connection, staging, rows):
            places = self._places(staging, copies, conflict)
            self._report.warnings.append(describe_conflicts(staging, rows.conflicting, conflict, places))
        known = delete_known(staging, self._settings.warehouse.star)
        rows.unchanged = sum(self._connection.execute(statement).rowcount for statement in known)

    def _places(self, staging: type[StagingTable], copies: Copies, conflict: Conflict) -> list[str]:
        """Return where the records of a conflict are, as far as their files can be searched."""
        files = self._report.files.get(staging.__tablename__)
        if files is None:  # the whole prefix was copied
            return []
        command = copies.command(files.prefix)
        return places_of(conflict.key, command, staging, self._store, files.files)

    def _copies(self, staging: type[StagingTable], copies: Copies, attempt: int) -> Iterable[Copy]:
        """Return the COPYs of the new files, or without manifests, of the whole prefix."""
        prefix = self._inputs[staging.source.key]
        if (files := self._report.files.get(staging.__tablename__)) is not None:
            return copies.of_files(files.files, f"{self._report.load_id}-{attempt}")
        self._report.warnings.append(f"the whole prefix {prefix} was loaded, because MANIFESTS in [S3] is not set")
        try:
            listed = self._store.list(prefix)
        except SparkifyError:  # COPY does not need permission to list it
            listed = []
        return [copies.of_prefix(prefix, listed)]

    def _copy(self, command: CopyCommand, prefix: str, rows: StagedRows, max_errors: int) -> None:
        with copying(self._connection, command, prefix) as session_id:
            rejected = self._rejected_rows(session_id) if max_errors else None
            received = notices(self._connection)
            received.clear()
            self._connection.execute(command)
        rows.loaded += self._connection.scalar(select(func.pg_last_copy_count())) or 0
        self._report.session_id = session_id
        if rejected is not None:
            self._count_rejected(command.table.name, rows, rejected, rejected_count(received), max_errors)

    def _rejected_rows(self, session_id: int) -> NewRejectedRows:
        with self._engine.connect() as connection:
            return NewRejectedRows(connection, session_id)

    def _count_rejected(
        self, name: str, rows: StagedRows, rejected: NewRejectedRows, count: int, max_errors: int
    ) -> None:
        """Report the rejected rows that the server shows, and how many of ``count`` it does not show."""
        with self._engine.connect() as connection:  # the snapshot of the load's connection is older than the rows
            shown = rejected.rows(connection, max_errors + 1)
        if shown is None:
            raise LoadError(
                f"Rejected rows of {name} cannot be reported: neither sys_load_error_detail nor stl_load_errors can be read",
                "Grant SELECT on one of them, or load without --max-errors.",
            )
        not_shown = max(0, count - len(shown))
        rows.rejected += len(shown) + not_shown
        self._report.rejected += [f"{name}: {row}" for row in shown]
        if not_shown:
            self._report.rejected.append(f"{name}: {numbered(not_shown, 'row')} that the server does not show")
        if rows.rejected > max_errors:
            raise LoadError(
                f"COPY rejected more rows of {name} than the {max_errors:,} allowed by --max-errors: "
                f"{self._report.rejected[0]}."
            )

    def _require_rows(self, staging: type[StagingTable], rows: StagedRows) -> None:
        """Refuse files of which --max-errors left nothing: they would be recorded as loaded."""
        if rows.rejected and not rows.loaded:
            raise LoadError(
                f"COPY rejected every row of {staging.__tablename__}, so nothing would be loaded: "
                f"{self._report.rejected[0]}",
                "Correct the files. `sparkify-dwh plan` names all rejected rows.",
            )

    def _check_count(self, staging: type[StagingTable], rows: StagedRows) -> None:
        staged = self._connection.scalar(select(func.count()).select_from(staging.table()))
        if staged != rows.loaded:
            raise LoadError(
                f"COPY reported {rows.loaded} rows loaded into {staging.__tablename__}, but the table holds {staged}; the "
                "load was rolled back",
                "Find out what else writes to the table, and load again.",
            )


def copies_of(
    staging: type[StagingTable], settings: Settings, inputs: Mapping[str, str], max_errors: int = 0
) -> Copies:
    """Return the COPYs of a staging table as configured. ``inputs`` are URLs by their keys in [S3]."""
    json_paths = staging.source.json_paths
    return Copies(
        staging,
        json=inputs[json_paths] if json_paths else "auto",
        role_arn=settings.role_arn,
        region=settings.region,
        manifests=settings.manifests,
        max_errors=max_errors,
    )
