"""Rows in PostgreSQL's binary COPY format.

psycopg's C code formats the rows; its private row writer is the only way to use it without a connection.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import adapt, postgres, pq
from psycopg._copy_base import format_row_binary
from psycopg.abc import Transformer

from sparkify_dwh.redshift.copy_rules.columns import ColumnType

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(4) + bytes(4)
TRAILER = b"\xff\xff"
NO_ROWS = HEADER + TRAILER
NULL = struct.pack(">i", -1)
CHUNK_BYTES = 64 * 1024
_COUNT_BYTES = 2  # of the number of fields, which a row begins with

# The epochs of PostgreSQL's days and microseconds.
POSTGRES_DAY = date(2000, 1, 1)
POSTGRES_TIME = datetime(2000, 1, 1)
_MICROSECOND = timedelta(microseconds=1)

# The types that values are formatted as: dates and times as the integers of this format, CHAR as text.
_FORMATTED_AS = {"varchar": "text", "char": "text", "date": "int4", "timestamp": "int8", "timestamptz": "int8"}


def encoded_date(day: date) -> int:
    """Return the days since 2000-01-01."""
    return (day - POSTGRES_DAY).days


def encoded_time(moment: datetime) -> int:
    """Return the microseconds since 2000-01-01 of a time in UTC."""
    return (moment - POSTGRES_TIME) // _MICROSECOND


ENCODERS: dict[str, Callable[[Any], int]] = {
    "date": encoded_date,
    "timestamp": encoded_time,
    "timestamptz": encoded_time,
}


def formatted(data: bytes) -> bytes:
    """Return a field: the length of ``data``, then ``data``."""
    return struct.pack(">i", len(data)) + data


def field_formatter(column_type: ColumnType) -> Callable[[Any], bytes]:
    """Return the function that formats a converted value of this type as a field of a row."""
    encode, transformer = ENCODERS.get(column_type.name), _transformer([column_type])

    def format_field(value: Any) -> bytes:
        if value is None:
            return NULL
        row = bytearray()
        format_row_binary([value if encode is None else encode(value)], transformer, row)
        return bytes(row[_COUNT_BYTES:])

    return format_field


def _transformer(types: Sequence[ColumnType], constants: int = 0) -> Transformer:
    oids = [postgres.types[_FORMATTED_AS.get(type_.name, type_.name)].oid for type_ in types]
    oids += [postgres.types["bytea"].oid] * constants  # formatted unchanged
    transformer = adapt.Transformer()
    transformer.set_dumper_types(oids, pq.Format.BINARY)
    return transformer


class BinaryRows:
    """A writer of rows for columns of these types, in chunks of about 64 KB or as they were given.

    The header is written with the first rows, or by ``finish``, which writes the trailer and must come last. Every row
    ends with the ``constants``: values of further columns, in the same format.
    """

    def __init__(
        self, types: Sequence[ColumnType], write: Callable[[bytes], None], constants: Sequence[bytes | None] = ()
    ) -> None:
        self._write = write
        self._constants = list(constants)
        self._buffer = bytearray(HEADER)
        self._encoders = [(index, ENCODERS[type_.name]) for index, type_ in enumerate(types) if type_.name in ENCODERS]
        self._transformer = _transformer(types, len(self._constants))
        # The start and end of every row.
        self.row_start = struct.pack(">h", len(types) + len(self._constants))
        self.row_end = b"".join(NULL if value is None else formatted(value) for value in self._constants)
        self.count = 0

    def add(self, row: list[Any]) -> None:
        """Add a row of Python values from the converters."""
        for index, encode in self._encoders:
            if row[index] is not None:
                row[index] = encode(row[index])
        self.add_encoded(row)

    def add_encoded(self, row: list[Any]) -> None:
        """Add a row with dates and times from `encoded_date` and `encoded_time`."""
        if self._constants:
            row = row + self._constants
        format_row_binary(row, self._transformer, self._buffer)
        self.count += 1
        self._flush_if_large()

    def add_formatted(self, rows: bytes, count: int) -> None:
        """Add ``count`` rows that are already in the binary format."""
        self.count += count
        if len(rows) < CHUNK_BYTES:
            self._buffer += rows
            self._flush_if_large()
        else:  # without another copy of it
            if self._buffer:
                self._flush()
            self._write(rows)

    def finish(self) -> None:
        self._buffer += TRAILER
        self._flush()

    def _flush_if_large(self) -> None:
        if len(self._buffer) >= CHUNK_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._write(bytes(self._buffer))
        self._buffer.clear()
