"""CSV and JSON files, whose rows PostgreSQL formats, plain or compressed."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import BinaryIO, cast

from sparkify_dwh.standin.unload.query import ResultColumn
from sparkify_dwh.standin.unload.statement import UnloadStatement


class TextFile:
    """One text file. In CSV, NULL is an empty field and an empty text is ``""``, so that COPY can distinguish them.

    A file ends before it would exceed MAXFILESIZE; with GZIP, only the bytes that the compressor has written count.
    """

    def __init__(self, statement: UnloadStatement, columns: Sequence[ResultColumn], file: BinaryIO) -> None:
        self._file = file
        self._out = file
        if statement.options.gzip:
            self._out = cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="wb", mtime=0))
        if statement.options.header:
            self._out.write(_header(columns, statement.options.delimiter))
        self._max_bytes = statement.options.max_file_bytes
        self.rows = 0

    def has_room(self, row: bytes) -> bool:
        """Return whether the row fits in the file."""
        return self.rows == 0 or self._file.tell() + len(row) <= self._max_bytes

    def add(self, row: bytes) -> None:
        self._out.write(row)
        self.rows += 1

    def finish(self) -> None:
        """Complete the compressed data; the file itself stays open."""
        self.close()

    def close(self) -> None:
        """Release the file, finished or not."""
        if self._out is not self._file:
            self._out.close()


def _header(columns: Sequence[ResultColumn], delimiter: str) -> bytes:
    return (delimiter.join(_field(column.name, delimiter) for column in columns) + "\n").encode()


def _field(name: str, delimiter: str) -> str:
    return '"' + name.replace('"', '""') + '"' if {delimiter, '"', "\n", "\r"} & set(name) else name
