"""Redshift's column types, translated to PostgreSQL's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkify_dwh.redshift.copy_rules.columns import MAX_BYTES
from sparkify_dwh.redshift.errors import RedshiftError

# Redshift's names of the types that take no arguments, by PostgreSQL's name. Redshift guide, c_Supported_data_types
_NAMES = {
    "smallint": ("SMALLINT", "INT2"),
    "integer": ("INTEGER", "INT", "INT4"),
    "bigint": ("BIGINT", "INT8"),
    "real": ("REAL", "FLOAT4"),
    "double precision": ("DOUBLE PRECISION", "FLOAT8", "FLOAT"),
    "boolean": ("BOOLEAN", "BOOL"),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE"),
    "timestamptz": ("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"),
    "time": ("TIME", "TIME WITHOUT TIME ZONE"),
    "timetz": ("TIMETZ", "TIME WITH TIME ZONE"),
}
PLAIN = {name: base for base, names in _NAMES.items() for name in names}
# Types of PostgreSQL 8.0 that Redshift does not accept in tables. Redshift guide, c_unsupported-postgresql-datatypes
NOT_IN_TABLES = frozenset({
    "ABSTIME", "BIGSERIAL", "BIT", "BIT VARYING", "BOX", "BYTEA", "CIDR", "CIRCLE", "INET", "LINE", "LSEG", "MACADDR",
    "MONEY", "PATH", "POINT", "POLYGON", "RELTIME", "SERIAL", "SERIAL4", "SERIAL8", "TINTERVAL", "VARBIT",
})  # fmt: skip
# Types of Redshift that the stand-in does not implement.
NOT_IMPLEMENTED = frozenset(
    {"GEOGRAPHY", "GEOMETRY", "HLLSKETCH", "INTERVAL", "SUPER", "VARBINARY", "VARBYTE", "BINARY VARYING"}
)
VARCHARS = frozenset({"VARCHAR", "CHARACTER VARYING", "NVARCHAR", "TEXT"})
CHARS = frozenset({"CHAR", "CHARACTER", "NCHAR", "BPCHAR"})
NUMERICS = frozenset({"NUMERIC", "DECIMAL"})
DEFAULT_PRECISION, MAX_PRECISION, MAX_SCALE = 18, 38, 37  # Redshift guide, r_Numeric_types201
MAX_REAL_BITS, MAX_FLOAT_BITS = 24, 53

_TYPE = re.compile(
    r"^(?P<name>[A-Z][A-Z0-9 ]*?)\s*(?:\(\s*(?P<arguments>[^()]*?)\s*\))?(?P<rest>(?:\s+WITH.*)?)$", re.DOTALL
)
_ARGUMENTS = re.compile(r"\s*\([^()]*\)")
_INTEGER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True)
class ColumnType:
    """A type: ``base`` and ``sql`` are PostgreSQL's name without and with arguments, ``bytes`` the limit of a text."""

    base: str
    sql: str
    bytes: int | None = None


def column_type(text: str, column: str) -> ColumnType:
    """Return the type that ``text`` names, such as ``VARCHAR(512)``; errors name the ``column``.

    Lengths count bytes. VARCHAR, TEXT and TEXT(n) are VARCHAR(256), and NUMERIC is NUMERIC(18,0).
    Redshift guide, r_Character_types and r_Numeric_types201
    """
    match = _TYPE.match(" ".join(text.upper().split()))
    if match is None:
        raise _unsupported(text, column)
    name, arguments = match["name"] + match["rest"], match["arguments"]
    if name in PLAIN and arguments is None:
        return ColumnType(PLAIN[name], PLAIN[name])
    if name in NUMERICS:
        return _numeric(arguments)
    if name == "FLOAT":
        return _float(arguments)
    if name in VARCHARS:
        return _text("varchar", 256 if name == "TEXT" else arguments, default=256)
    if name in CHARS:
        return _text("char", 256 if name == "BPCHAR" else arguments, default=1)
    raise _unsupported(text, column)


def _numeric(arguments: str | None) -> ColumnType:
    """Return NUMERIC [(precision [, scale])]. Redshift guide, r_Numeric_types201; the messages are PostgreSQL 8.0's"""
    if arguments is None:
        return ColumnType("numeric", f"numeric({DEFAULT_PRECISION},0)")
    precision, *scales = [_integer(argument) for argument in arguments.split(",")]
    if len(scales) > 1:
        raise RedshiftError("42601", f"NUMERIC takes a precision and a scale, not ({arguments})")
    scale = scales[0] if scales else 0
    if not 1 <= precision <= MAX_PRECISION:
        raise RedshiftError("22023", f"NUMERIC precision {precision} must be between 1 and {MAX_PRECISION}")
    if not 0 <= scale <= min(precision, MAX_SCALE):
        raise RedshiftError("22023", f"NUMERIC scale {scale} must be between 0 and {min(precision, MAX_SCALE)}")
    return ColumnType("numeric", f"numeric({arguments})")


def _float(bits: str) -> ColumnType:
    """Return the smallest type with that many bits, for FLOAT(bits). The messages are PostgreSQL's."""
    if not 1 <= _integer(bits) <= MAX_FLOAT_BITS:
        raise RedshiftError("22023", f"precision for type float must be between 1 and {MAX_FLOAT_BITS} bits")
    name = "REAL" if _integer(bits) <= MAX_REAL_BITS else "DOUBLE PRECISION"
    return ColumnType(PLAIN[name], PLAIN[name])


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text.strip()):
        raise RedshiftError("42601", f'the arguments of a type must be integers, not "{text.strip()}"')
    return int(text)


def _text(base: str, length: str | int | None, default: int) -> ColumnType:
    max_bytes = MAX_BYTES[base]
    if length is None:
        return ColumnType(base, f"{base}({default})", default)
    count = max_bytes if str(length).upper() == "MAX" else int(length) if str(length).isdigit() else 0
    if not 1 <= count <= max_bytes:
        raise RedshiftError("22023", f"length for type {base} must be between 1 and {max_bytes}, not {length}")
    return ColumnType(base, f"{base}({count})", count)


def _unsupported(text: str, column: str) -> RedshiftError:
    """Return the error for a type that is not implemented, not accepted in tables, or unknown.

    https://github.com/dresende/node-orm2/issues/650, https://github.com/jazzband/django-redshift-backend/issues/135 and
    https://github.com/jazzband/django-redshift-backend/issues/154
    """
    shown = " ".join(text.lower().split())
    name = _ARGUMENTS.sub("", shown).strip().upper()
    if name in PLAIN or name in NOT_IMPLEMENTED or name.split(" ")[0] in NOT_IMPLEMENTED:  # PLAIN, with arguments
        return RedshiftError("0A000", f'the stand-in has no type "{shown}", which column "{column}" has')
    if name in NOT_IN_TABLES or name.endswith("]"):
        return RedshiftError("0A000", f'Column "{column}" has unsupported type "{shown}".')
    return RedshiftError("42704", f'type "{shown}" does not exist')
