"""Conversion of JSON files to rows and rejects, document by document."""

from __future__ import annotations

from sparkify_dwh.redshift.copy_rules.json_documents import ByteStream, Document, DocumentReader, Malformed
from sparkify_dwh.redshift.copy_rules.rejects import LoadReject
from sparkify_dwh.redshift.copy_rules.row_reader import RejectedRowError, RowReader, malformed_at
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.files import DataStream, SmallFiles
from sparkify_dwh.standin.copy.results import CopyFailed, FileResult


class JsonLoad:
    """One running COPY, which loads one file after the other. It raises CopyFailed when MAXERROR is reached."""

    def __init__(self, statement: CopyStatement, reader: RowReader, rows: BinaryRows) -> None:
        self.rejects: list[LoadReject] = []
        self._table = statement.table
        self._max_rejects = max(1, statement.options.max_error)
        self._reader = reader
        self._rows = rows

    def file(self, stream: DataStream) -> FileResult:
        """Load one file."""
        result = FileResult(stream.url)
        result.lines = self._add_documents(result, stream, 1)
        result.bytes = stream.bytes
        return result

    def small_files(self, files: SmallFiles) -> list[FileResult]:
        """Load several files."""
        return [self.file(stream) for stream in files.streams()]

    def _add_documents(self, file: FileResult, stream: ByteStream, first_line: int) -> int:
        """Load the documents of ``stream``; return the number of its last line."""
        documents = DocumentReader(stream, first_line)
        for part in documents:
            self._add(file, part)
        return documents.lines

    def _add(self, file: FileResult, part: Document | Malformed) -> None:
        if isinstance(part, Malformed):
            self._reject(file, malformed_at(file.url, part))
            return
        try:
            row = self._reader.row(part)
        except RejectedRowError as rejected:
            self._reject(file, rejected.at(file.url, part))
        else:
            self._rows.add(row)

    def _reject(self, file: FileResult, reject: LoadReject) -> None:
        file.errors += 1
        self.rejects.append(reject)
        if len(self.rejects) >= self._max_rejects:
            raise CopyFailed(self._table, self.rejects)
