"""The execution of UNLOAD in the client's own transaction, and the record of the files that it wrote.

The files are not part of the transaction: as on Redshift they stay when it is rolled back. The files of an UNLOAD that
fails are removed. Those of a cancelled one are removed a moment later, unless the store stalls. A query without rows
writes no files and no manifest (https://github.com/spark-redshift-community/spark-redshift/issues/40).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import BinaryIO

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import CarriedOut, Notice, Passed, Plan, Rewritten
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.workers import Consumer
from sparkify_dwh.standin.transfer.store import open_store
from sparkify_dwh.standin.unload.parquet import ParquetFile, arrow_schema
from sparkify_dwh.standin.unload.query import UnloadedRows, row_delimiter, unloaded_rows
from sparkify_dwh.standin.unload.statement import UnloadStatement, parse_unload
from sparkify_dwh.standin.unload.targets import UnloadTarget, temporary_file
from sparkify_dwh.standin.unload.text_files import TextFile

RECORD = """
INSERT INTO redshift_catalog.unload_file
    (query_id, session_id, file_name, start_time, line_count, transfer_size, file_format)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def unload_rule(sql: str, words: list[str], plan: Callable[[str], Plan]) -> Plan | None:
    """Carry out UNLOAD. ``plan`` plans its query like any other statement, so that Redshift's own SQL works in it."""
    if words[:1] != ["UNLOAD"]:
        return None
    statement = parse_unload(sql)
    query = _postgres_query(statement.query, plan(statement.query))

    def run(backend: Backend, notice: Notice) -> None:
        UnloadExecution(statement, query, backend).run(notice)

    return CarriedOut(run, tag="UNLOAD")


def _postgres_query(query: str, planned: Plan) -> str:
    if isinstance(planned, Passed):
        return query
    if isinstance(planned, Rewritten):
        return planned.sql
    raise RedshiftError("0A000", "UNLOAD needs a SELECT, and not a statement that the stand-in carries out itself")


class UnloadExecution:
    """One execution of an UNLOAD statement."""

    def __init__(self, statement: UnloadStatement, query: str, backend: Backend) -> None:
        self._statement = statement
        self._query = query
        self._backend = backend
        self._start = datetime.now(timezone.utc).replace(tzinfo=None)

    def run(self, notice: Notice) -> None:
        """Write the files, record them, and send the notice."""
        rows = unloaded_rows(self._statement, self._query, self._backend.describe(self._query))
        if self._statement.options.format == "parquet":
            arrow_schema(rows.columns)  # raises for a column that cannot be written, before anything is touched
        store = open_store(self._statement.authorization, self._statement.options.region)
        target = UnloadTarget(self._statement, store)

        def write(consumer: Consumer) -> None:
            with store:
                target.prepare()
                self._write(rows, target, consumer)

        self._backend.copy_out(rows.copy_sql, write)
        count = sum(file.rows for file in target.written)
        self._backend.query(f"SELECT setval('redshift_catalog.last_unload_count', {count})")
        self._record(target)
        notice(f"UNLOAD completed, {count} record(s) unloaded successfully.")

    def _write(self, rows: UnloadedRows, target: UnloadTarget, consumer: Consumer) -> None:
        """Write the files, in the worker's thread."""
        files = _Files(self._statement, rows, target)
        try:
            for row in consumer:
                files.add(row)
            files.finish()
            if self._statement.options.manifest and target.written:
                target.write_manifest(rows.columns)
            consumer.commit()
        except BaseException:
            if consumer.may_undo():
                target.remove_written()
            raise
        finally:
            files.close()

    def _record(self, target: UnloadTarget) -> None:
        """Record the files on another connection, so that the record outlives a rollback as they do."""
        with self._backend.side_connection() as connection, connection.cursor() as cursor, connection.transaction():
            (query_id,) = cursor.execute("SELECT nextval('redshift_catalog.query_id')").fetchone() or (0,)
            ids = (query_id, self._backend.pid)
            data_format = self._statement.options.format.upper()
            cursor.executemany(
                RECORD,
                [(*ids, file.url, self._start, file.rows, file.bytes, data_format) for file in target.written],
            )


class _Files:
    """Writes rows to files; one file is open at a time."""

    def __init__(self, statement: UnloadStatement, rows: UnloadedRows, target: UnloadTarget) -> None:
        self._statement, self._rows, self._target = statement, rows, target
        self._delimiter = row_delimiter(statement)
        self._partition = b""  # of the open file, as it precedes a row
        self._part = 0
        self._file: BinaryIO | None = None
        self._open: ParquetFile | TextFile | None = None

    def add(self, row: bytes) -> None:
        """Write a row, to a new file if its partition is new or the open file is full."""
        partition = self._partition
        if self._rows.partitions:
            partition, _, row = row.partition(self._delimiter)
        if self._open is not None and (partition != self._partition or not self._open.has_room(row)):
            self.finish()
        if self._open is None:
            self._part = self._part + 1 if partition == self._partition and self._target.written else 0
            self._partition = partition
            self._open = self._new_file()
        self._open.add(row)

    def finish(self) -> None:
        """Complete the open file, if there is one, and store it."""
        if self._open is None or self._file is None:
            return
        self._open.finish()
        folder = self._rows.folder(self._partition) if self._rows.partitions else ""
        self._target.write(folder, self._part, self._file, self._open.rows)
        self.close()

    def close(self) -> None:
        """Discard the open file, if there is one."""
        if self._open is not None:
            self._open.close()
        if self._file is not None:
            self._file.close()
        self._file = self._open = None

    def _new_file(self) -> ParquetFile | TextFile:
        self._file = temporary_file()
        kind = ParquetFile if self._statement.options.format == "parquet" else TextFile
        return kind(self._statement, self._rows.columns, self._file)
