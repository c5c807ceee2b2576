"""Encodings, and the column types that they support. Redshift guide, c_Compression_encodings

For TIME and TIMETZ the guide names only AZ64; the other encodings accept them if they accept TIMESTAMP.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader

# PostgreSQL's names of types, as in ``ColumnType.base``.
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

# ALTER COLUMN TYPE refuses columns with these encodings. Redshift guide, r_ALTER_TABLE
NOT_ALTERABLE = frozenset({"bytedict", "runlength", "text255", "text32k"})


def read_encoding(reader: StatementReader) -> str:
    """Read the name of an encoding."""
    encoding = reader.name()
    if encoding not in TYPES:
        raise RedshiftError("42601", f'encoding type "{encoding}" is not known')
    return encoding


def check_encoding(encoding: str, base: str, column: str) -> None:
    """Raise unless a column of that type can have that encoding. The message is the stand-in's."""
    if base not in TYPES[encoding]:
        raise RedshiftError("42P16", f'encoding "{encoding}" does not fit column "{column}", which is {base}')


def default_encoding(base: str) -> str:
    """Return the encoding of a column without one, in a table with one. Redshift guide, r_CREATE_TABLE_NEW"""
    return "az64" if base in TYPES["az64"] else "lzo" if base in _TEXTS else "none"


def catalogue_name(encoding: str) -> str:
    """Return the name of an encoding in the catalogue."""
    return "none" if encoding == "raw" else encoding
