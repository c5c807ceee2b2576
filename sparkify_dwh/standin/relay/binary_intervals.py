"""Intervals in binary, which Redshift and PostgreSQL 18 write differently, and which are refused for that.

Redshift's driver reads 8 bytes of microseconds and 4 of months, as PostgreSQL 8.0 sent them; PostgreSQL 18 sends days
between the two, and a difference of two times would come out as months. ``interval_recv_integer`` in
redshift_connector/utils/type_utils.py

A client that binds a statement it has not described is not known to ask for one: what it reads is PostgreSQL's.
"""

from __future__ import annotations

import struct

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.relay import wire

INTERVAL = 1186  # PostgreSQL's OID of the type
BINARY = 1


class BinaryIntervals:
    """Where the prepared statements of a session have intervals: among their parameters, and among their columns."""

    def __init__(self) -> None:
        self._parameters: dict[bytes, list[int]] = {}  # by the statement's name: places, from 0
        self._columns: dict[bytes, list[int]] = {}

    def forget(self, statement: bytes) -> None:
        self._parameters.pop(statement, None)
        self._columns.pop(statement, None)

    def described(self, statement: bytes, kind: bytes, body: bytes) -> None:
        """Take note of PostgreSQL's answer to a Describe: a ParameterDescription (t) or a RowDescription (T)."""
        kept = self._parameters if kind == b"t" else self._columns
        types = wire.parameter_types(body) if kind == b"t" else [oid for _, oid, _ in wire.row_description(body)]
        places = [place for place, oid in enumerate(types) if oid == INTERVAL]
        if places:
            kept[statement] = places
        else:
            kept.pop(statement, None)

    def check(self, statement: bytes, formats: bytes) -> None:
        """Raise RedshiftError 0A000 for a Bind that sends or asks for one; ``formats`` is what follows its names."""
        parameters, columns = self._parameters.get(statement), self._columns.get(statement)
        if not parameters and not columns:
            return
        sent, wanted = _formats(formats)
        if any(_format(sent, place) == BINARY for place in parameters or []):
            raise _refusal("read an interval in binary: use DATEADD")
        if any(_format(wanted, place) == BINARY for place in columns or []):
            raise _refusal("send an interval in binary: use DATEDIFF")


def _refusal(what: str) -> RedshiftError:
    return RedshiftError("0A000", f"the stand-in cannot {what}")


def _format(formats: tuple[int, ...], place: int) -> int:
    """One format is that of all, and none is text."""
    return formats[place] if place < len(formats) else formats[0] if len(formats) == 1 else 0


def _formats(body: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The formats of the parameters and of the columns, as they stand in a Bind message behind its names."""
    try:
        sent, position = _shorts(body, 0)
        (count,) = struct.unpack_from("!h", body, position)
        position += 2
        for _ in range(count):
            (length,) = struct.unpack_from("!i", body, position)
            position += 4 + max(length, 0)
        return sent, _shorts(body, position)[0]
    except struct.error:
        return (), ()  # a message without its end: PostgreSQL says what it is


def _shorts(body: bytes, position: int) -> tuple[tuple[int, ...], int]:
    """A count and so many numbers of two bytes, and the place behind them."""
    (count,) = struct.unpack_from("!h", body, position)
    end = position + 2 + 2 * max(count, 0)
    return struct.unpack_from(f"!{max(count, 0)}h", body, position + 2), end
