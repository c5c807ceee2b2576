"""Rows in PostgreSQL's binary COPY format.

psycopg's C code formats the rows; its writer of rows is not public, but for now the only way to it without a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import adapt, postgres, pq
from psycopg._copy_base import format_row_binary

from sparkify_dwh.standin.copy.columns import ColumnType

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(4) + bytes(4)
TRAILER = b"\xff\xff"
CHUNK_BYTES = 64 * 1024

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


class BinaryRows:
    """Formats rows for columns of these types, and hands them to ``write`` in chunks of about 64 KB.

    The header goes out with the first rows, or with ``finish``, which writes the trailer and must come last.
    """

    def __init__(self, types: Sequence[ColumnType], write: Callable[[bytes], None]) -> None:
        self._write = write
        self._buffer = bytearray(HEADER)
        self._encoders = [(index, ENCODERS[type_.name]) for index, type_ in enumerate(types) if type_.name in ENCODERS]
        self._transformer = adapt.Transformer()
        oids = [postgres.types[_FORMATTED_AS.get(type_.name, type_.name)].oid for type_ in types]
        self._transformer.set_dumper_types(oids, pq.Format.BINARY)
        self.count = 0

    def add(self, row: list[Any]) -> None:
        """Add a row of Python values, as the converters make them."""
        for index, encode in self._encoders:
            if row[index] is not None:
                row[index] = encode(row[index])
        self.add_encoded(row)

    def add_encoded(self, row: list[Any]) -> None:
        """Add a row whose dates and times are integers, as `encoded_date` and `encoded_time` make them."""
        format_row_binary(row, self._transformer, self._buffer)
        self.count += 1
        if len(self._buffer) >= CHUNK_BYTES:
            self._flush()

    def finish(self) -> None:
        self._buffer += TRAILER
        self._flush()

    def _flush(self) -> None:
        self._write(bytes(self._buffer))
        self._buffer.clear()
