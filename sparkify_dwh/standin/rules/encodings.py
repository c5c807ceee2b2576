"""Encodings, and the types of columns that they fit. Redshift guide, c_Compression_encodings

The guide does not say which take TIME and TIMETZ but for AZ64: they are taken where TIMESTAMP is.
"""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader

# Types in PostgreSQL's words, as ``ColumnType.base`` has them.
_TIMES = frozenset({"date", "time", "timetz", "timestamp", "timestamptz"})
_WITHOUT_ZONE = frozenset({"date", "time", "timestamp"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_NUMBERS = _INTEGERS | {"numeric"}
_TEXTS = frozenset({"char", "varchar"})
_ALL = _NUMBERS | _TIMES | _TEXTS | {"real", "double precision", "boolean"}

TYPES = {
    "none": _ALL,
    "raw": _ALL,
    "az64": _NUMBERS | _TIMES,
    "bytedict": _ALL - {"boolean"},
    "delta": _NUMBERS | _WITHOUT_ZONE,
    "delta32k": (_NUMBERS | _WITHOUT_ZONE) - {"smallint"},
    "lzo": _NUMBERS | _TIMES | _TEXTS,
    "mostly8": _NUMBERS,
    "mostly16": _NUMBERS - {"smallint"},
    "mostly32": frozenset({"bigint", "numeric"}),
    "runlength": _ALL,
    "text255": frozenset({"varchar"}),
    "text32k": frozenset({"varchar"}),
    "zstd": _ALL,
}  # fmt: skip

# Whose columns ALTER COLUMN TYPE does not alter. Redshift guide, r_ALTER_TABLE
FIXED = frozenset({"bytedict", "runlength", "text255", "text32k"})


def read_encoding(reader: StatementReader) -> str:
    """The name of a column's encoding."""
    encoding = reader.name()
    if encoding not in TYPES:
        raise RedshiftError("42601", f'encoding type "{encoding}" is not known')
    return encoding


def check_encoding(encoding: str, base: str, column: str) -> None:
    """Raise unless a column of that type can have that encoding; no source gives Redshift's words."""
    if base not in TYPES[encoding]:
        raise RedshiftError("42P16", f'encoding "{encoding}" does not fit column "{column}", which is {base}')


def recorded(encoding: str) -> str:
    """An encoding as the catalogue names it."""
    return "none" if encoding == "raw" else encoding
