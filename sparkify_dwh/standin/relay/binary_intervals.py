"""Intervals in binary format, which Redshift and PostgreSQL 18 encode differently, and which are therefore refused.

Redshift's driver reads 8 bytes of microseconds and 4 of months, as PostgreSQL 8.0 sent them. PostgreSQL 18 sends days
between the two, so that a difference of two times would be read as months. ``interval_recv_integer`` in
redshift_connector/utils/type_utils.py

A client that binds a statement before it has received its description is not checked: it reads PostgreSQL's format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.protocol import wire

INTERVAL = 1186  # PostgreSQL's OID of the type
BINARY = 1


class BinaryIntervals:
    """The positions of intervals among the parameters and the columns of a prepared statement."""

    def __init__(self) -> None:
        self._parameters: list[int] = []  # positions, from 0
        self._columns: list[int] = []

    def described(self, kind: bytes, body: bytes) -> None:
        """Record PostgreSQL's answer to a Describe: a ParameterDescription (t) or a RowDescription (T)."""
        if kind == b"t":
            self._parameters = _interval_positions(wire.parameter_types(body))
        else:
            self._columns = _interval_positions(wire.column_types(body))

    def check(self, bind: bytes) -> None:
        """Raise RedshiftError 0A000 for a Bind that sends or requests binary intervals.

        ``bind`` is the message's body after its two names.
        """
        if not self._parameters and not self._columns:
            return
        parameter_formats, column_formats = _formats(bind)
        if any(_format(parameter_formats, position) == BINARY for position in self._parameters):
            raise _error("read an interval in binary: use DATEADD")
        if any(_format(column_formats, position) == BINARY for position in self._columns):
            raise _error("send an interval in binary: use DATEDIFF")


def _interval_positions(types: Sequence[int]) -> list[int]:
    return [position for position, oid in enumerate(types) if oid == INTERVAL]


def _error(action: str) -> RedshiftError:
    return RedshiftError("0A000", f"the stand-in cannot {action}")


def _format(formats: tuple[int, ...], position: int) -> int:
    """Return the format at a position: a single format applies to all, and the default is text."""
    return formats[position] if position < len(formats) else formats[0] if len(formats) == 1 else 0


def _formats(bind: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the formats of the parameters and of the columns in a Bind message's body after its names."""
    try:
        parameter_formats, position = _read_shorts(bind, 0)
        (count,) = struct.unpack_from("!h", bind, position)
        position += 2
        for _ in range(count):
            (length,) = struct.unpack_from("!i", bind, position)
            position += 4 + max(length, 0)
        return parameter_formats, _read_shorts(bind, position)[0]
    except struct.error:
        return (), ()  # a truncated message, for which PostgreSQL has an error


def _read_shorts(body: bytes, position: int) -> tuple[tuple[int, ...], int]:
    """Read a count and that many 16-bit integers; return them and the position after them."""
    (count,) = struct.unpack_from("!h", body, position)
    end = position + 2 + 2 * max(count, 0)
    return struct.unpack_from(f"!{max(count, 0)}h", body, position + 2), end
