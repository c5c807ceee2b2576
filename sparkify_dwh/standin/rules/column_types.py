"""Redshift's column types, translated to PostgreSQL's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkify_dwh.redshift.errors import RedshiftError

# PostgreSQL's name by Redshift's. Redshift guide, c_Supported_data_types
PLAIN = {
    "SMALLINT": "smallint",
    "INT2": "smallint",
    "INTEGER": "integer",
    "INT": "integer",
    "INT4": "integer",
    "BIGINT": "bigint",
    "INT8": "bigint",
    "REAL": "real",
    "FLOAT4": "real",
    "DOUBLE PRECISION": "double precision",
    "FLOAT8": "double precision",
    "FLOAT": "double precision",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time",
    "TIMETZ": "timetz",
    "TIME WITH TIME ZONE": "timetz",
}
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
MAX_BYTES = {"varchar": 65_535, "char": 4_096}  # Redshift guide, r_Character_types
DEFAULT_PRECISION, MAX_PRECISION, MAX_SCALE = 18, 38, 37  # Redshift guide, r_Numeric_types201
MAX_REAL_BITS, MAX_FLOAT_BITS = 24, 53
DEFAULT_ENCODING = {
    "smallint": "az64",
    "integer": "az64",
    "bigint": "az64",
    "numeric": "az64",
    "date": "az64",
    "timestamp": "az64",
    "timestamptz": "az64",
    "time": "az64",
    "timetz": "az64",
    "varchar": "lzo",
    "char": "lzo",
}  # fmt: skip  (Redshift guide, r_CREATE_TABLE_NEW)

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

    @property
    def default_encoding(self) -> str:
        """Redshift's encoding for a column without one in a table where another column declares one."""
        return DEFAULT_ENCODING.get(self.base, "none")


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
