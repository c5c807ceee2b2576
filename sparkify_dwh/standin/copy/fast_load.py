"""JSON files into rows and rejects, block by block: what `FastRows` refuses is cut up, and at last read by documents."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

from sparkify_dwh.redshift.copy_rules.json_documents import DocumentReader, Malformed
from sparkify_dwh.redshift.copy_rules.row_reader import RowReader
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.fast_rows import FastRows
from sparkify_dwh.standin.copy.files import DataStream, SmallFiles
from sparkify_dwh.standin.copy.json_load import JsonLoad
from sparkify_dwh.standin.copy.line_blocks import BOUNDARY, LineBlocks
from sparkify_dwh.standin.copy.results import FileResult


def fast_load(statement: CopyStatement, reader: RowReader, rows: BinaryRows) -> JsonLoad:
    """The fast way to load JSON; the exact one where there is no fast one."""
    fast = FastRows.of(reader, rows)
    return JsonLoad(statement, reader, rows) if fast is None else FastJsonLoad(statement, reader, rows, fast)


class _Block(NamedTuple):
    """Whole lines of a file; ``first_line`` is the number of the first one."""

    file: FileResult
    first_line: int
    data: bytes

    @property
    def next_line(self) -> int:
        return self.first_line + self.data.count(b"\n") + 1


class FastJsonLoad(JsonLoad):
    """A COPY that takes many documents at a time, and many small files."""

    def __init__(self, statement: CopyStatement, reader: RowReader, rows: BinaryRows, fast: FastRows) -> None:
        super().__init__(statement, reader, rows)
        self._fast = fast

    def file(self, stream: DataStream) -> FileResult:
        result = FileResult(stream.url)
        result.lines = self._add_blocks(result, stream)
        result.bytes = stream.bytes
        return result

    def small_files(self, files: SmallFiles) -> list[FileResult]:
        """Load files as one block, or in halves of them if that cannot be, down to a file by itself."""
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
        """Load block by block while they hold whole documents, and the rest by documents; the number of lines."""
        blocks, next_line = LineBlocks(stream), 1
        while data := blocks.next():
            block = _Block(file, next_line, data)
            next_line = block.next_line
            left = None if self._add_rows(data) else self._add_in_pieces(block)
            if left is not None:
                return self._add_documents(file, blocks.rest(left.data), left.first_line)
        return next_line - 1 if blocks.is_done else self._add_documents(file, blocks.rest(b""), next_line)

    def _add_in_pieces(self, block: _Block) -> _Block | None:
        """Load a block as the largest pieces of it that can be; the end of it from where that cannot be, if so."""
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
        """Load the documents in a block; whether that can be."""
        rows = self._fast.rows(block)
        if rows is not None:
            self._rows.add_formatted(rows.data, rows.number)
        return rows is not None

    def _add_exactly(self, piece: _Block) -> bool:
        """Load a piece by documents, unless one in it is malformed or goes on behind it."""
        self._fast.learn(piece.data)
        parts = list(DocumentReader(BytesIO(piece.data), piece.first_line))
        if any(isinstance(part, Malformed) and not part.is_stray for part in parts):
            return False
        for part in parts:
            self._add(piece.file, part)
        return True


def _is_whole(data: bytes) -> bool:
    """Whether a file begins and ends as objects do, so that none of them, if it is JSON, can go on in the next file.

    For where a brace closes one and another opens, JSON would need a comma, and in a string no line feed may stand.
    """
    text = data.strip()
    return not text or (text.startswith(b"{") and text.endswith(b"}"))


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (data[-1:] not in (b"\n", b""))


def _halves(data: bytes) -> tuple[bytes, bytes] | None:
    """Lines in two parts, each of which begins an object; None when they cannot be cut."""
    middle = len(data) // 2
    at = data.find(BOUNDARY, middle)
    if at < 0:
        at = data.rfind(BOUNDARY, 1, middle + 1)
    return None if at <= 0 else (data[:at], data[at + 1 :])
