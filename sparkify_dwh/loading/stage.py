"""S3 to staging: the new files copied into a staging table, deduplicated by natural key, without unchanged records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, delete, func, select

from sparkify_dwh.base import StagingTable
from sparkify_dwh.errors import LoadError, SourceError, UsageError
from sparkify_dwh.loading.input_files import Selection, find_input, manifest
from sparkify_dwh.loading.rejected_rows import LeftOut, copying, notices, number_left_out
from sparkify_dwh.loading.report import LoadReport, StagedRows
from sparkify_dwh.redshift.commands import CopyCommand
from sparkify_dwh.sql.copy_statements import Copies, Copy
from sparkify_dwh.sql.deduplication import delete_duplicates, delete_known
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.storage.store import ObjectStore, StoredObject


class Staging:
    """The staging tables of one load."""

    def __init__(  # noqa: PLR0913 (what a load consists of)
        self,
        connection: Connection,
        engine: Engine,
        store: ObjectStore,
        settings: Settings,
        inputs: Mapping[str, str],
        report: LoadReport,
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._store = store
        self._settings = settings
        self._inputs = inputs
        self._report = report

    def fill(self, staging: type[StagingTable], selection: Selection, max_errors: int, attempt: int) -> None:
        """Empty a staging table, and copy into it what its prefix holds and the ledger does not."""
        table = staging.table()
        rows = self._report.staged[table.name] = StagedRows()
        self._connection.execute(delete(table))  # TRUNCATE would commit, and let the lock go
        copies = copies_of(staging, self._settings, self._inputs, max_errors)
        for copy in self._copies(staging, copies, selection, attempt):
            listed = nullcontext() if copy.files is None else manifest(self._store, copy.url, copy.files)
            with listed:
                self._copy(copy.command, rows, max_errors)
        self._check_count(staging, rows)
        rows.duplicates = self._connection.execute(delete_duplicates(staging)).rowcount
        known = delete_known(staging, self._settings.warehouse.star)
        rows.unchanged = sum(self._connection.execute(statement).rowcount for statement in known)

    def _copies(
        self, staging: type[StagingTable], copies: Copies, selection: Selection, attempt: int
    ) -> Iterable[Copy]:
        """Of the files that are new; of all that is there, where they cannot be named."""
        prefix = self._inputs[staging.source.key]
        if self._settings.manifests is not None:
            found = find_input(self._connection, staging, prefix, self._store, selection)
            self._report.files[staging.__tablename__] = found
            return copies.of_files(found.files, f"{self._report.load_id}-{attempt}")
        if selection.is_partial:
            raise UsageError("To load only some files, a load needs a place for manifests: MANIFESTS in [S3].")
        self._report.warnings.append(
            f"{prefix} was loaded whole, for there is no place for manifests (MANIFESTS in [S3])"
        )
        return [copies.of_prefix(prefix, self._as_far_as_listed(prefix))]

    def _as_far_as_listed(self, prefix: str) -> list[StoredObject]:
        """What is there; nothing where it may not be listed, which COPY does not need."""
        try:
            return self._store.list(prefix)
        except SourceError:
            return []

    def _copy(self, command: CopyCommand, rows: StagedRows, max_errors: int) -> None:
        with copying(self._connection, command) as session_id:
            left_out = self._left_out(session_id) if max_errors else None
            said = notices(self._connection)
            said.clear()
            self._connection.execute(command)
        rows.loaded += self._connection.scalar(select(func.pg_last_copy_count())) or 0
        self._report.session_id = session_id
        if left_out is not None:
            self._count_rejected(command.table.name, rows, left_out, number_left_out(said), max_errors)

    def _left_out(self, session_id: int) -> LeftOut:
        with self._engine.connect() as connection:
            return LeftOut(connection, session_id)

    def _count_rejected(self, name: str, rows: StagedRows, left_out: LeftOut, by_its_account: int, most: int) -> None:
        """Note the rows that COPY left out: those that the server shows, and those of which it only says that there are.

        From another connection, for this one's snapshot is older than they are.
        """
        with self._engine.connect() as connection:
            shown = left_out.rows(connection, most + 1)
        if shown is None:
            raise LoadError(
                f"To leave out rows of {name}, a load needs to know which, and may read neither sys_load_error_detail nor "
                "stl_load_errors: have SELECT on one of them granted, or load without max_errors (--max-errors)."
            )
        unknown = max(0, by_its_account - len(shown))
        rows.rejected += len(shown) + unknown
        self._report.rejected += [f"{name}: {row}" for row in shown]
        if unknown:
            self._report.rejected.append(f"{name}: {numbered(unknown, 'row')} that the server does not show")
        if rows.rejected > most:
            raise LoadError(
                f"The load was to leave out {numbered(most, 'row')} of {name} at most, and COPY refused more: "
                f"{self._report.rejected[0]}."
            )

    def _check_count(self, staging: type[StagingTable], rows: StagedRows) -> None:
        staged = self._connection.scalar(select(func.count()).select_from(staging.table()))
        if staged != rows.loaded:
            raise LoadError(
                f"COPY said that it loaded {rows.loaded} rows into {staging.__tablename__}, which holds {staged}: "
                "nothing was loaded. Load again, and look for whoever else writes to that table."
            )


def copies_of(
    staging: type[StagingTable], settings: Settings, inputs: Mapping[str, str], max_errors: int = 0
) -> Copies:
    """Return the COPYs of a staging table with what is configured for them. ``inputs`` are URLs by their keys in [S3]."""
    json_paths = staging.source.json_paths
    return Copies(
        staging,
        json=inputs[json_paths] if json_paths else "auto",
        role_arn=settings.role_arn,
        region=settings.region,
        manifests=settings.manifests,
        max_errors=max_errors,
    )
