"""Intervals in binary, which Redshift and PostgreSQL 18 write differently, and which are refused for that.

Redshift's driver reads 8 bytes of microseconds and 4 of months, as PostgreSQL 8.0 sent them; PostgreSQL 18 sends days
between the two, and a difference of two times would come out as months. ``interval_recv_integer`` in
redshift_connector/utils/type_utils.py

A client that binds a statement before it has had its description is not known to ask for one: what it reads is PostgreSQL's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.protocol import wire

INTERVAL = 1186  # PostgreSQL's OID of the type
BINARY = 1


class BinaryIntervals:
    """Where a prepared statement has intervals: among its parameters, and among its columns."""

    def __init__(self) -> None:
        self._parameters: list[int] = []  # places, from 0
        self._columns: list[int] = []

    def described(self, kind: bytes, body: bytes) -> None:
        """Take note of PostgreSQL's answer to a Describe: a ParameterDescription (t) or a RowDescription (T)."""
        if kind == b"t":
            self._parameters = _intervals(wire.parameter_types(body))
        else:
            self._columns = _intervals(wire.column_types(body))

    def check(self, formats: bytes) -> None:
        """Raise RedshiftError 0A000 for a Bind that sends or asks for one; ``formats`` is what follows its names."""
        if not self._parameters and not self._columns:
            return
        sent, wanted = _formats(formats)
        if any(_format(sent, place) == BINARY for place in self._parameters):
            raise _refusal("read an interval in binary: use DATEADD")
        if any(_format(wanted, place) == BINARY for place in self._columns):
            raise _refusal("send an interval in binary: use DATEDIFF")


def _intervals(types: Sequence[int]) -> list[int]:
    return [place for place, oid in enumerate(types) if oid == INTERVAL]


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
