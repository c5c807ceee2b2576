"""Rows in PostgreSQL's binary COPY format.

psycopg's C code formats the rows; its writer of rows is not public, but for now the only way to it without a connection.
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

# PostgreSQL counts days, and microseconds, from here.
POSTGRES_DAY = date(2000, 1, 1)
POSTGRES_TIME = datetime(2000, 1, 1)
_MICROSECOND = timedelta(microseconds=1)

# What the values of each type are formatted as: dates and times as the integers that they are in this format, and CHAR
# as text, which looks the same.
_FORMATTED_AS = {"varchar": "text", "char": "text", "date": "int4", "timestamp": "int8", "timestamptz": "int8"}


def encoded_date(day: date) -> int:
    """Days since 2000-01-01."""
    return (day - POSTGRES_DAY).days


def encoded_time(moment: datetime) -> int:
    """Microseconds since 2000-01-01, for a time in UTC."""
    return (moment - POSTGRES_TIME) // _MICROSECOND


ENCODERS: dict[str, Callable[[Any], int]] = {
    "date": encoded_date,
    "timestamp": encoded_time,
    "timestamptz": encoded_time,
}


def formatted(data: bytes) -> bytes:
    """A field of these bytes: their length, and they."""
    return struct.pack(">i", len(data)) + data


def field_formatter(column_type: ColumnType) -> Callable[[Any], bytes]:
    """What formats single values for a column of this type, as the converters make them, as fields of a row."""
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
    oids += [postgres.types["bytea"].oid] * constants  # which is formatted as the bytes that it is
    transformer = adapt.Transformer()
    transformer.set_dumper_types(oids, pq.Format.BINARY)
    return transformer


class BinaryRows:
    """Formats rows for columns of these types, and hands them to ``write`` in chunks of some 64 KB, or as they came.

    The header goes out with the first rows, or with ``finish``, which writes the trailer and must come last. Every row
    ends with the ``constants``: values of further columns, in this very format.
    """

    def __init__(
        self, types: Sequence[ColumnType], write: Callable[[bytes], None], constants: Sequence[bytes | None] = ()
    ) -> None:
        self._write = write
        self._constants = list(constants)
        self._buffer = bytearray(HEADER)
        self._encoders = [(index, ENCODERS[type_.name]) for index, type_ in enumerate(types) if type_.name in ENCODERS]
        self._transformer = _transformer(types, len(self._constants))
        # What the fields of the columns stand between in a row.
        self.row_start = struct.pack(">h", len(types) + len(self._constants))
        self.row_end = b"".join(NULL if value is None else formatted(value) for value in self._constants)
        self.count = 0

    def add(self, row: list[Any]) -> None:
        """Add a row of Python values, as the converters make them."""
        for index, encode in self._encoders:
            if row[index] is not None:
                row[index] = encode(row[index])
        self.add_encoded(row)

    def add_encoded(self, row: list[Any]) -> None:
        """Add a row whose dates and times are integers, as `encoded_date` and `encoded_time` make them."""
        if self._constants:
            row = row + self._constants
        format_row_binary(row, self._transformer, self._buffer)
        self.count += 1
        self._flush_if_large()

    def add_formatted(self, rows: bytes, count: int) -> None:
        """Add that many rows that are in the binary format already."""
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
