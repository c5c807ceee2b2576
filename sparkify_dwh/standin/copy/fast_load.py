"""JSON files into rows and rejects, block by block: what `FastRows` refuses is cut up, and at last read by documents."""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.fast_rows import FastRows
from sparkify_dwh.standin.copy.files import DataStream
from sparkify_dwh.standin.copy.json_documents import DocumentReader, Malformed
from sparkify_dwh.standin.copy.json_load import JsonLoad
from sparkify_dwh.standin.copy.line_blocks import BOUNDARY, LineBlocks
from sparkify_dwh.standin.copy.results import FileResult
from sparkify_dwh.standin.copy.row_reader import RowReader
from sparkify_dwh.standin.copy.statement import CopyStatement

# Files of fewer bytes are loaded together, as many at a time as take about so many bytes.
_SMALL_BYTES = 64 * 1024


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
    """A COPY that takes many documents at a time.

    Blocks of small files are decoded each for itself, and formatted together.
    """

    def __init__(self, statement: CopyStatement, reader: RowReader, rows: BinaryRows, fast: FastRows) -> None:
        super().__init__(statement, reader, rows)
        self._fast = fast
        self._waiting: list[tuple[_Block, int]] = []  # decoded, in this order, into so many documents each
        self._documents: list[Any] = []
        self._waiting_bytes = 0

    def file(self, stream: DataStream) -> FileResult:
        result = FileResult(stream.url)
        result.lines = self._add_blocks(result, stream)
        result.bytes = stream.bytes
        return result

    def finish(self) -> None:
        self._add_waiting()

    def _add_blocks(self, file: FileResult, stream: DataStream) -> int:
        """Load block by block while they hold whole documents, and the rest by documents; the number of lines."""
        blocks, next_line = LineBlocks(stream), 1
        while data := blocks.next():
            block = _Block(file, next_line, data)
            next_line = block.next_line
            if blocks.is_done and self._put_off(block):
                break
            self._add_waiting()
            left = None if self._add_piece(block) else self._add_in_pieces(block)
            if left is not None:
                return self._add_documents(file, blocks.rest(left.data), left.first_line)
        if blocks.is_done:
            return next_line - 1
        self._add_waiting()
        return self._add_documents(file, blocks.rest(b""), next_line)

    def _put_off(self, block: _Block) -> bool:
        """Decode the last block of a file, if it is small, to load it with others; whether that could be done."""
        if len(block.data) > _SMALL_BYTES or (documents := self._fast.decoded(block.data)) is None:
            return False
        self._waiting.append((block, len(documents)))
        self._documents += documents
        self._waiting_bytes += len(block.data)
        if self._waiting_bytes > _SMALL_BYTES:
            self._add_waiting()
        return True

    def _add_waiting(self) -> None:
        """Load what has been put off."""
        waiting, documents = self._waiting, self._documents
        self._waiting, self._documents, self._waiting_bytes = [], [], 0
        rows = self._fast.formatted(documents, [block.data for block, _ in waiting])
        if rows is not None:
            self._rows.add_formatted(rows.data, rows.number)
        for block, count in waiting:
            if rows is not None:
                block.file.rows += count
            elif (left := self._add_in_pieces(block)) is not None:  # to the end of its file
                self._add_documents(left.file, BytesIO(left.data), left.first_line)

    def _add_in_pieces(self, block: _Block) -> _Block | None:
        """Load a block as the largest pieces of it that can be; the end of it from where that cannot be, if so."""
        file, first_line, _ = block
        pieces = [block.data]  # the next one last
        while pieces:
            piece = _Block(file, first_line, pieces.pop())
            if not self._add_piece(piece):
                if halves := _halves(piece.data):
                    pieces += reversed(halves)
                    continue
                if not self._add_exactly(piece):
                    return _Block(file, first_line, b"\n".join([piece.data, *reversed(pieces)]))
            first_line = piece.next_line
        return None

    def _add_piece(self, piece: _Block) -> bool:
        rows = self._fast.rows(piece.data)
        if rows is None:
            return False
        self._rows.add_formatted(rows.data, rows.number)
        piece.file.rows += rows.number
        return True

    def _add_exactly(self, piece: _Block) -> bool:
        """Load a piece by documents, unless one in it is malformed or goes on behind it."""
        self._fast.learn(piece.data)
        parts = list(DocumentReader(BytesIO(piece.data), piece.first_line))
        if any(isinstance(part, Malformed) and not part.is_stray for part in parts):
            return False
        for part in parts:
            self._add(piece.file, part)
        return True


def _halves(data: bytes) -> tuple[bytes, bytes] | None:
    """Lines in two parts, each of which begins an object; None when they cannot be cut."""
    middle = len(data) // 2
    at = data.find(BOUNDARY, middle)
    if at < 0:
        at = data.rfind(BOUNDARY, 1, middle + 1)
    return None if at <= 0 else (data[:at], data[at + 1 :])
