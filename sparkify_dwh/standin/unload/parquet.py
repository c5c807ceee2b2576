"""Parquet files, written from PostgreSQL's CSV by way of Arrow, block by block.

Version 1.0, with row groups compressed by Snappy (Redshift guide, r_UNLOAD). Timestamps have microseconds and no zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.transfer.arrow import pyarrow
from sparkify_dwh.standin.unload.options import PARQUET_STEP_BYTES
from sparkify_dwh.standin.unload.query import ResultColumn
from sparkify_dwh.standin.unload.statement import UnloadStatement

BLOCK_BYTES = 4 * 1024 * 1024  # of CSV, converted at once


class ParquetFile:
    """One file. A block of CSV and the current row group are in memory.

    A file ends after the row group with which it reaches MAXFILESIZE, so it may be longer by less than a row group.
    """

    def __init__(self, statement: UnloadStatement, columns: Sequence[ResultColumn], file: BinaryIO) -> None:
        options = statement.options
        self._schema = arrow_schema(columns)
        self._file = file
        self._writer = pyarrow("parquet").ParquetWriter(
            file, self._schema, version="1.0", compression="snappy", store_schema=False
        )
        self._group_bytes = options.row_group_bytes
        self._max_bytes = options.max_file_bytes // PARQUET_STEP_BYTES * PARQUET_STEP_BYTES or PARQUET_STEP_BYTES
        self._block, self._block_bytes = list[bytes](), 0
        self._tables: list[Any] = []
        self.rows = 0

    def has_room(self, _row: bytes) -> bool:
        """Return whether the file is below its maximum size."""
        return self._file.tell() < self._max_bytes

    def add(self, row: bytes) -> None:
        """Add a row of CSV."""
        self._block.append(row)
        self._block_bytes += len(row)
        self.rows += 1
        if self._block_bytes >= BLOCK_BYTES:
            self._convert()
            if sum(table.nbytes for table in self._tables) >= self._group_bytes:
                self._write_group()

    def finish(self) -> None:
        """Write the rows in memory and the footer; the file itself stays open."""
        self._convert()
        self._write_group()
        self.close()

    def close(self) -> None:
        """Release the file, finished or not."""
        self._writer.close()

    def _convert(self) -> None:
        if self._block:
            self._tables.append(read_rows(b"".join(self._block), self._schema))
        self._block, self._block_bytes = [], 0

    def _write_group(self) -> None:
        if self._tables:
            group = pyarrow().concat_tables(self._tables)
            self._writer.write_table(group, row_group_size=max(1, group.num_rows))
        self._tables = []


def arrow_schema(columns: Sequence[ResultColumn]) -> Any:
    """Return the Arrow schema of columns. Raise RedshiftError 0A000 for a NUMERIC without precision and scale."""
    arrow = pyarrow()
    return arrow.schema([arrow.field(column.name, _arrow_type(arrow, column)) for column in columns])


def _arrow_type(arrow: Any, column: ResultColumn) -> Any:
    if column.type == "numeric":
        if column.precision_and_scale is None:
            raise RedshiftError(
                "0A000",
                f"UNLOAD to PARQUET in the stand-in needs precision and scale of the NUMERIC column {column.name}: "
                f"cast it, as in {column.name}::NUMERIC(18, 4)",
            )
        return arrow.decimal128(*column.precision_and_scale)
    types = {
        "bool": arrow.bool_, "int2": arrow.int16, "int4": arrow.int32, "int8": arrow.int64, "float4": arrow.float32,
        "float8": arrow.float64, "varchar": arrow.string, "char": arrow.string, "date": arrow.date32,
    }  # fmt: skip
    return types[column.type]() if column.type in types else arrow.timestamp("us")


def read_rows(data: bytes, schema: Any) -> Any:
    """Return rows of PostgreSQL's CSV as a table. Raise XX000 for a value outside of Parquet's range, such as a date BC."""
    csv = pyarrow("csv")
    names = [f"c{index}" for index in range(len(schema))]
    try:
        table = csv.read_csv(
            BytesIO(data),
            csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),  # a row of one NULL is an empty line
            csv.ConvertOptions(
                column_types=dict(zip(names, schema.types, strict=True)),
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pyarrow().ArrowInvalid as error:
        raise RedshiftError("XX000", f"UNLOAD to PARQUET cannot write a value: {error}") from error
    return table.rename_columns(schema.names)
