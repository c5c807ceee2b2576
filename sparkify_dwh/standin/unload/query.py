"""The query of an UNLOAD: its columns, and the PostgreSQL COPY that returns its rows in a file format.

PostgreSQL formats the rows: as CSV for CSV and Parquet, as one JSON object per line for JSON. With PARTITION BY they are
sorted by partition, so that one file is open at a time, and each row begins with its partition in hexadecimal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import literal, quoted
from sparkify_dwh.standin.unload.statement import UnloadStatement

# Redshift's type names by PostgreSQL's OIDs, which never change.
TYPES = {
    16: "bool", 20: "int8", 21: "int2", 23: "int4", 700: "float4", 701: "float8", 1700: "numeric",
    19: "varchar", 25: "varchar", 1042: "char", 1043: "varchar", 1082: "date", 1114: "timestamp", 1184: "timestamptz",
}  # fmt: skip
# Redshift guide, r_UNLOAD, PARTITION BY
PARTITION_TYPES = frozenset(
    {"int2", "int4", "int8", "numeric", "float4", "bool", "char", "varchar", "date", "timestamp"}
)
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# The characters that Hive writes as %XX in the name of a partition's folder.
_HIVE_ESCAPES = {code: f"%{code:02X}" for code in (*range(32), 127, *b"\"#%'*/:=?\\{[]^")}


@dataclass(frozen=True)
class ResultColumn:
    """A column of the query. ``alias`` is a unique name, because two columns may have the same name."""

    name: str
    alias: str
    type: str
    modifier: int

    @property
    def precision_and_scale(self) -> tuple[int, int] | None:
        """Precision and scale of a NUMERIC; None when the query does not have them, as for a sum."""
        if self.modifier < 4:
            return None
        return (self.modifier - 4) >> 16, (self.modifier - 4) & 0x7FF


@dataclass(frozen=True)
class UnloadedRows:
    """The columns in the files, the columns of the partitions, and the COPY that returns both."""

    columns: tuple[ResultColumn, ...]
    partitions: tuple[ResultColumn, ...]
    copy_sql: str

    def folder(self, partition: bytes) -> str:
        """Return the folder of a partition that precedes a row, such as ``year=2018/month=11/``."""
        values = json.loads(bytes.fromhex(partition.decode()))
        parts = zip(self.partitions, values, strict=True)
        return "".join(f"{column.name}={_folder_value(value)}/" for column, value in parts)


def unloaded_rows(statement: UnloadStatement, query: str, described: Sequence[tuple[str, int, int]]) -> UnloadedRows:
    """Return the columns and the COPY of ``query``; ``described`` are its columns from `Backend.describe`.

    Raise RedshiftError for a column whose type cannot be unloaded or partitioned by.
    """
    columns = [_column(index, *column) for index, column in enumerate(described)]
    if not columns:
        raise RedshiftError("42601", "UNLOAD needs a query that returns columns")
    partitions = _partitions(statement, columns)
    kept = tuple(column for column in columns if statement.options.include or column not in partitions)
    if not kept or len(partitions) == len(columns):
        raise RedshiftError("42601", "UNLOAD needs at least one column of the query that is not in PARTITION BY")
    if statement.options.format != "csv":
        _check_names(kept, statement.options.format)
    select = _select(query, columns, partitions, _values(statement.options.format, kept))
    return UnloadedRows(kept, partitions, f"COPY ({select}) TO STDOUT ({_copy_options(statement)})")


def _column(index: int, name: str, oid: int, modifier: int) -> ResultColumn:
    if oid not in TYPES:
        raise RedshiftError(
            "0A000", f"UNLOAD of column {name} is not supported by the stand-in: cast it to another type"
        )
    return ResultColumn(name, f"c{index}", TYPES[oid], modifier)


def _partitions(statement: UnloadStatement, columns: Sequence[ResultColumn]) -> tuple[ResultColumn, ...]:
    by_name = {column.name.lower(): column for column in columns}
    partitions: list[ResultColumn] = []
    for name in statement.options.partition_by:
        column = by_name.get(name)
        if column is None:
            raise RedshiftError("42703", f'PARTITION BY column "{name}" is not in the select list of the query')
        if column.type not in PARTITION_TYPES:
            raise RedshiftError("0A000", f"PARTITION BY does not support column {name} of type {column.type}")
        if column in partitions:
            raise RedshiftError("42701", f'PARTITION BY names column "{name}" more than once')
        partitions.append(column)
    return tuple(partitions)


def _check_names(columns: Sequence[ResultColumn], data_format: str) -> None:
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise RedshiftError(
                "42701", f'UNLOAD to {data_format.upper()} needs unique names, column "{name}" is there twice'
            )


def _select(query: str, columns: Sequence[ResultColumn], partitions: Sequence[ResultColumn], values: str) -> str:
    # The line breaks end a comment at the end of the query.
    rows = f"(\n{query}\n) AS q ({', '.join(column.alias for column in columns)})"
    if not partitions:
        return f"SELECT {values} FROM {rows}"  # noqa: S608 - the client's own query, which has been parsed
    texts = ", ".join(f"{column.alias}::text" for column in partitions)
    # By the texts too: 1.0 and 1.00 are equal, but two partitions.
    order = ", ".join([column.alias for column in partitions] + [texts])
    partition = f"encode(convert_to(json_build_array({texts})::text, 'UTF8'), 'hex')"
    # The number keeps the query's order within a partition.
    numbered = f"(SELECT *, row_number() OVER () AS number FROM {rows}) AS q"  # noqa: S608
    return f"SELECT {partition}, {values} FROM {numbered} ORDER BY {order}, number"  # noqa: S608


def _values(data_format: str, columns: Sequence[ResultColumn]) -> str:
    if data_format == "csv":
        return ", ".join(column.alias for column in columns)
    if data_format == "parquet":
        return ", ".join(_parquet_value(column) for column in columns)
    pairs = ", ".join(f"{_json_value(column)} AS {quoted(column.name)}" for column in columns)
    return f"(SELECT row_to_json(r)::text FROM (SELECT {pairs}) AS r)"  # noqa: S608


def _parquet_value(column: ResultColumn) -> str:
    """Return the SQL of a value for Parquet: TIMESTAMPTZ loses its zone. Redshift guide, r_UNLOAD"""
    return f"{column.alias} AT TIME ZONE 'UTC'" if column.type == "timestamptz" else column.alias


def _json_value(column: ResultColumn) -> str:
    """Return the SQL of a value for JSON: booleans are t and f (Redshift guide, r_UNLOAD), times have SQL's format."""
    if column.type == "bool":
        return f"CASE {column.alias} WHEN true THEN 't' WHEN false THEN 'f' END"
    return f"{column.alias}::text" if column.type in ("date", "timestamp", "timestamptz") else column.alias


def _copy_options(statement: UnloadStatement) -> str:
    if statement.options.format == "csv":
        return f"FORMAT csv, DELIMITER {literal(statement.options.delimiter)}"
    if statement.options.format == "json":  # JSON has no control characters, so nothing is ever quoted
        return r"FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01'"
    return "FORMAT csv"


def row_delimiter(statement: UnloadStatement) -> bytes:
    """Return the delimiter between a row's partition and its values."""
    return {"csv": statement.options.delimiter.encode(), "json": b"\x02"}.get(statement.options.format, b",")


def _folder_value(value: str | None) -> str:
    return NULL_PARTITION if value is None else value.translate(_HIVE_ESCAPES)
