"""Conversion of JSON files to rows and rejects: document by document, or block by block with `FastRows`.

Blocks that `FastRows` refuses are divided, and in the end read document by document.
"""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

from sparkify_dwh.redshift.copy_rules.json_documents import ByteStream, Document, DocumentReader, Malformed
from sparkify_dwh.redshift.copy_rules.rejects import LoadReject
from sparkify_dwh.redshift.copy_rules.row_reader import RejectedRowError, RowReader, malformed_at
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.fast_rows import FastRows
from sparkify_dwh.standin.copy.files import DataStream, SmallFiles
from sparkify_dwh.standin.copy.line_blocks import BOUNDARY, LineBlocks
from sparkify_dwh.standin.copy.results import CopyFailed, FileResult


def json_load(statement: CopyStatement, reader: RowReader, rows: BinaryRows, *, exact: bool = False) -> JsonLoad:
    """Return the fast loader of JSON if the statement allows it, else the exact one."""
    fast = None if exact else FastRows.of(reader, rows)
    return JsonLoad(statement, reader, rows) if fast is None else FastJsonLoad(statement, reader, rows, fast)


class JsonLoad:
    """One running COPY, which loads one file after the other. It raises CopyFailed when MAXERROR is reached."""

    def __init__(self, statement: CopyStatement, reader: RowReader, rows: BinaryRows) -> None:
        self.rejects: list[LoadReject] = []
        self._table = statement.table
        self._max_rejects = max(1, statement.options.max_error)
        self._reader = reader
        self._rows = rows

    def file(self, stream: DataStream) -> FileResult:
        result = FileResult(stream.url)
        result.lines = self._add_documents(result, stream, 1)
        result.bytes = stream.bytes
        return result

    def small_files(self, files: SmallFiles) -> list[FileResult]:
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


class _Block(NamedTuple):
    """Whole lines of a file; ``first_line`` is the number of the first one."""

    file: FileResult
    first_line: int
    data: bytes

    @property
    def next_line(self) -> int:
        return self.first_line + self.data.count(b"\n") + 1


class FastJsonLoad(JsonLoad):
    """A COPY that loads many documents at a time, and many small files."""

    def __init__(self, statement: CopyStatement, reader: RowReader, rows: BinaryRows, fast: FastRows) -> None:
        super().__init__(statement, reader, rows)
        self._fast = fast

    def file(self, stream: DataStream) -> FileResult:
        result = FileResult(stream.url)
        result.lines = self._add_blocks(result, stream)
        result.bytes = stream.bytes
        return result

    def small_files(self, files: SmallFiles) -> list[FileResult]:
        """Load files as one block, or in halves if the block cannot be loaded fast, down to a single file."""
        urls, contents = files
        if all(map(_is_whole, contents)) and self._add_rows(b"\n".join(contents)):
            return [FileResult(url, _lines(data), len(data)) for url, data in zip(urls, contents, strict=True)]
        if len(urls) == 1:
            return super().small_files(files)
        middle = len(urls) // 2
        return [
            *self.small_files(SmallFiles(urls[:middle], contents[:middle])),
            *self.small_files(SmallFiles(urls[middle:], contents[middle:])),
        ]

    def _add_blocks(self, file: FileResult, stream: DataStream) -> int:
        """Load blocks of whole documents, then the rest document by document; return the number of lines."""
        blocks, next_line = LineBlocks(stream), 1
        while data := blocks.next():
            block = _Block(file, next_line, data)
            next_line = block.next_line
            left = None if self._add_rows(data) else self._add_in_pieces(block)
            if left is not None:
                return self._add_documents(file, blocks.rest(left.data), left.first_line)
        return next_line - 1 if blocks.is_done else self._add_documents(file, blocks.rest(b""), next_line)

    def _add_in_pieces(self, block: _Block) -> _Block | None:
        """Load the largest pieces of a block that can be loaded; return the rest from the first that cannot, if any."""
        file, first_line, _ = block
        pieces = [block.data]  # the next one last
        while pieces:
            piece = _Block(file, first_line, pieces.pop())
            if not self._add_rows(piece.data):
                if halves := _halves(piece.data):
                    pieces += reversed(halves)
                    continue
                if not self._add_exactly(piece):
                    return _Block(file, first_line, b"\n".join([piece.data, *reversed(pieces)]))
            first_line = piece.next_line
        return None

    def _add_rows(self, block: bytes) -> bool:
        """Load the documents of a block, and return whether that was possible."""
        rows = self._fast.rows(block)
        if rows is not None:
            self._rows.add_formatted(rows.data, rows.number)
        return rows is not None

    def _add_exactly(self, piece: _Block) -> bool:
        """Load a piece document by document, unless one is malformed or continues after it. Return whether it was loaded."""
        self._fast.learn(piece.data)
        parts = list(DocumentReader(BytesIO(piece.data), piece.first_line))
        if any(isinstance(part, Malformed) and not part.is_stray for part in parts):
            return False
        for part in parts:
            self._add(piece.file, part)
        return True


def _is_whole(data: bytes) -> bool:
    """Return whether a file begins and ends with braces, so that no JSON document can continue in the next file.

    Between a closing and an opening brace JSON needs a comma, and a string cannot hold a line feed.
    """
    text = data.strip()
    return not text or (text.startswith(b"{") and text.endswith(b"}"))


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (data[-1:] not in (b"\n", b""))


def _halves(data: bytes) -> tuple[bytes, bytes] | None:
    """Split lines into two parts that each begin an object; None when that is not possible."""
    middle = len(data) // 2
    at = data.find(BOUNDARY, middle)
    if at < 0:
        at = data.rfind(BOUNDARY, 1, middle + 1)
    return None if at <= 0 else (data[:at], data[at + 1 :])
