"""COPY: files in, PostgreSQL's binary COPY format and rejects out. No sockets, no database.

A COPY fails with the first error, or as soon as it has met as many as MAXERROR says; with fewer it succeeds, and the
rejects tell which records are not there. Redshift guide, copy-parameters-data-load
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO

from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.columns import ColumnType, TargetColumn, copy_columns
from sparkify_dwh.standin.copy.fast_rows import FastRows
from sparkify_dwh.standin.copy.files import DataStream, Store, open_files
from sparkify_dwh.standin.copy.json_documents import ByteStream, Document, DocumentReader, Malformed
from sparkify_dwh.standin.copy.line_blocks import LineBlocks
from sparkify_dwh.standin.copy.parquet import copy_parquet
from sparkify_dwh.standin.copy.results import CopyFailed, CopyResult, FileResult, LoadReject, Reject
from sparkify_dwh.standin.copy.row_reader import RejectedRowError, RowReader, malformed_at, row_reader
from sparkify_dwh.standin.copy.statement import CopyStatement

__all__ = [
    "ColumnType",
    "CopyFailed",
    "CopyResult",
    "FileResult",
    "LoadReject",
    "Reject",
    "TargetColumn",
    "copy_columns",
    "copy_rows",
]


def copy_rows(
    statement: CopyStatement,
    columns: Sequence[TargetColumn],
    store: Store,
    write: Callable[[bytes], None],
    *,
    exact: bool = False,
) -> CopyResult:
    """Carry out a COPY: hand its rows to ``write``, for the columns that `copy_columns` gives, in their order.

    ``columns`` are all columns of the table. ``write`` gets bytes for ``COPY ... FROM STDIN (FORMAT binary)`` in chunks,
    and nothing with NOLOAD. Raises CopyFailed for rejected records and RedshiftError for everything else; what has been
    written by then must be thrown away. ``exact`` leaves out the fast reader, which changes nothing but the time.
    """
    if statement.format == "parquet":
        return copy_parquet(statement, columns, store, write)
    targets = copy_columns(statement, columns)
    rows = BinaryRows([column.column_type for column in targets], _nowhere if statement.options.no_load else write)
    reader = row_reader(statement, targets, store)
    load = _Load(statement, reader, rows, None if exact else FastRows.of(reader))
    files = [load.file(stream) for stream in open_files(statement, store)]
    rows.finish()
    return CopyResult(0 if statement.options.no_load else rows.count, load.rejects, files)


def _nowhere(_: bytes) -> None:
    """Where rows go with NOLOAD."""


class _Load:
    """One COPY at work: the files go in one after the other."""

    def __init__(self, statement: CopyStatement, reader: RowReader, rows: BinaryRows, fast: FastRows | None) -> None:
        self.rejects: list[LoadReject] = []
        self._table = statement.table
        self._most_rejects = max(1, statement.options.max_error)
        self._reader = reader
        self._rows = rows
        self._fast = fast
        self._url = ""

    def file(self, stream: DataStream) -> FileResult:
        """Load one file."""
        self._url = stream.url
        rows, errors = self._rows.count, len(self.rejects)
        lines = self._add_documents(stream, 1) if self._fast is None else self._add_lines(stream, self._fast)
        return FileResult(stream.url, lines, stream.bytes, self._rows.count - rows, len(self.rejects) - errors)

    def _add_lines(self, stream: DataStream, fast: FastRows) -> int:
        """Load line by line while every document ends on its line, and the rest by documents; the number of lines."""
        blocks = LineBlocks(stream)
        first, fast_row, add = 1, fast.row, self._rows.add_encoded
        while lines := blocks.next():
            for index, line in enumerate(lines):
                row = fast_row(line)
                if row is not None:
                    add(row)
                elif not self._add_line(line, first + index):
                    return self._add_documents(blocks.rest(lines[index:]), first + index)
            first += len(lines)
        return self._add_documents(blocks.rest([]), first)

    def _add_documents(self, stream: ByteStream, first_line: int) -> int:
        """Load what ``stream`` holds; the number of its last line."""
        documents = DocumentReader(stream, first_line)
        for part in documents:
            self._add(part)
        return documents.lines

    def _add_line(self, line: bytes, number: int) -> bool:
        """Add what a line holds, unless a document on it is malformed or goes on behind it."""
        parts = list(DocumentReader(BytesIO(line), number))
        if any(isinstance(part, Malformed) and not part.is_stray for part in parts):
            return False
        for part in parts:
            self._add(part)
        return True

    def _add(self, part: Document | Malformed) -> None:
        if isinstance(part, Malformed):
            self._reject(malformed_at(self._url, part))
            return
        try:
            row = self._reader.row(part)
        except RejectedRowError as rejected:
            self._reject(rejected.at(self._url, part))
        else:
            self._rows.add(row)

    def _reject(self, reject: LoadReject) -> None:
        self.rejects.append(reject)
        if len(self.rejects) >= self._most_rejects:
            raise CopyFailed(self._table, self.rejects)
