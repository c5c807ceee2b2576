"""S3 to staging: the files that are new copied into a staging table, each record of them once.

Songs that the warehouse holds as they are delivered are taken out again: nothing can come of them, and to look for the plays
that name a song reads all plays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Delete, Engine, and_, delete, func, select

from sparkify_dwh.base import StagingTable
from sparkify_dwh.commands import CopyCommand
from sparkify_dwh.errors import LoadError, SourceError, UsageError
from sparkify_dwh.inputs import Selection, by_compression, find_input, manifest
from sparkify_dwh.load_report import Input, LoadReport, StagedRows, numbered
from sparkify_dwh.merge import delete_unchanged
from sparkify_dwh.rejected import LeftOut, copying, notices, number_left_out
from sparkify_dwh.star import STAR

if TYPE_CHECKING:
    from sparkify_dwh.settings import Locations, Settings
    from sparkify_dwh.source import ObjectStore


class Staging:
    """The staging tables of one load."""

    def __init__(  # noqa: PLR0913 (what a load consists of)
        self,
        connection: Connection,
        engine: Engine,
        store: ObjectStore,
        settings: Settings,
        locations: Locations,
        report: LoadReport,
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._store = store
        self._settings = settings
        self._locations = locations
        self._report = report

    def fill(self, staging: type[StagingTable], selection: Selection, max_errors: int, attempt: int) -> None:
        """Empty a staging table, and copy into it what its prefix holds and the ledger does not."""
        table = staging.table()
        rows = self._report.staged[table.name] = StagedRows()
        self._connection.execute(delete(table))  # TRUNCATE would commit, and let the lock go
        prefix = getattr(self._locations, staging.source)
        if self._settings.manifests is None:
            if selection.is_partial:
                raise UsageError("To load only some files, a load needs a place for manifests: MANIFESTS in [S3].")
            self._report.warnings.append(
                f"{prefix} was loaded whole, for there is no place for manifests (MANIFESTS in [S3])"
            )
            self._copy(staging, prefix, rows, max_errors, *self._compression_of(prefix))
        else:
            found = find_input(self._connection, staging, prefix, self._store, selection)
            self._report.files[table.name] = found
            self._copy_files(staging, found, rows, max_errors, attempt)
        self._check_count(staging, rows)
        rows.duplicates = self._connection.execute(delete_duplicates(staging)).rowcount
        rows.unchanged = sum(self._connection.execute(statement).rowcount for statement in delete_known(staging))

    def _compression_of(self, prefix: str) -> list[str]:
        """The clause for a prefix that is copied whole; none when its files may not be listed."""
        try:
            groups = by_compression(self._store.list(prefix))
        except SourceError:
            return []
        if len(groups) > 1:
            raise SourceError(
                f"{prefix} holds files of several compressions, and COPY takes one: give a place for manifests "
                "(MANIFESTS in [S3]), by which they are copied one after the other, or separate them."
            )
        return list(filter(None, groups))

    def _copy_files(
        self, staging: type[StagingTable], found: Input, rows: StagedRows, max_errors: int, attempt: int
    ) -> None:
        for compression, files in by_compression(found.files).items():
            kind = compression.lower() or "plain"
            name = f"{self._report.load_id}-{attempt}-{staging.__tablename__}-{kind}.manifest"
            with manifest(self._store, f"{self._settings.manifests}{name}", files) as url:
                self._copy(staging, url, rows, max_errors, "MANIFEST", *filter(None, [compression]))

    def _copy(self, staging: type[StagingTable], url: str, rows: StagedRows, max_errors: int, *clauses: str) -> None:
        command = copy_command(staging, self._settings, self._locations, url, *clauses, *allowing(max_errors))
        with copying(self._connection, staging.table()) as session_id:
            left_out = self._left_out(session_id) if max_errors else None
            said = notices(self._connection)
            said.clear()
            self._connection.execute(command)
        rows.loaded += self._connection.scalar(select(func.pg_last_copy_count())) or 0
        self._report.session_id = session_id
        if left_out is not None:
            self._count_rejected(staging, rows, left_out, number_left_out(said), max_errors)

    def _left_out(self, session_id: int) -> LeftOut:
        with self._engine.connect() as connection:
            return LeftOut(connection, session_id)

    def _count_rejected(
        self, staging: type[StagingTable], rows: StagedRows, left_out: LeftOut, by_its_account: int, most: int
    ) -> None:
        """Note the rows that COPY left out: those that the server shows, and those of which it only says that there are.

        From another connection, for this one's snapshot is older than they are.
        """
        name = staging.__tablename__
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


def copy_command(
    staging: type[StagingTable], settings: Settings, locations: Locations, url: str, *clauses: str
) -> CopyCommand:
    """The COPY that fills a staging table from ``url``, a key prefix or a manifest."""
    return CopyCommand(
        staging.table(),
        url,
        columns=staging.copied(),
        json=getattr(locations, staging.json_paths) if staging.json_paths else "auto",
        role_arn=settings.role_arn,
        region=settings.region,
        clauses=(*staging.copy_clauses, *clauses),
    )


def allowing(max_errors: int) -> list[str]:
    """MAXERROR n fails at the n-th error. Redshift guide, copy-parameters-data-load"""
    return [f"MAXERROR AS {max_errors + 1}"] if max_errors else []


def delete_known(staging: type[StagingTable]) -> list[Delete]:
    """``DELETE`` what the star holds already: from the tables whose records are rows of the star as they stand."""
    return [delete_unchanged(model) for model in STAR if model.copies_staging and model.staged_in is staging]


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
