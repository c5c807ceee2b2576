"""COPY of Parquet: columns by position, with exactly the types of the table's columns.

Sources: Redshift guide, copy-usage_notes-copy-from-columnar (positions, equal numbers of columns, which options) and
copy-parameters-data-source-s3 (manifests). The texts of the errors:
https://github.com/rudderlabs/rudder-server/pull/3178 and https://github.com/aws/amazon-redshift-python-driver/issues/107

Choices and limits: names of columns in the file are ignored; INT16 goes into SMALLINT, INT32 into INTEGER, INT64
into BIGINT, and none into a wider type; a decimal needs the scale of its column and no more digits; timestamps finer
than microseconds are cut; a time with a zone is in UTC. Empty files load nothing. Any rejected value fails the COPY.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from sparkify_dwh.redshift.copy_rules.columns import ColumnType, TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.convert import converter
from sparkify_dwh.redshift.copy_rules.rejects import LoadReject, Reject, shown
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.redshift.errors import RedshiftError, internal_error_detail
from sparkify_dwh.standin.copy.binary_rows import POSTGRES_DAY, POSTGRES_TIME, BinaryRows
from sparkify_dwh.standin.copy.files import DataStream, open_files
from sparkify_dwh.standin.copy.results import CopyFailed, CopyResult, FileResult
from sparkify_dwh.standin.transfer.arrow import pyarrow
from sparkify_dwh.standin.transfer.store import Store, read_object

Check = Callable[[Any], Any]

BATCH_ROWS = 8192
FETCHED_BYTES = 1024 * 1024
_EPOCH = datetime(1970, 1, 1)
_DAYS = (POSTGRES_DAY - _EPOCH.date()).days
_MICROSECONDS = int((POSTGRES_TIME - _EPOCH).total_seconds()) * 1_000_000

# The predicates of pyarrow.types by type of the column. NUMERIC is checked separately.
_TYPES = {
    "bool": ("is_boolean",), "int2": ("is_int16",), "int4": ("is_int32",), "int8": ("is_int64",),
    "float4": ("is_float32",), "float8": ("is_float64",), "varchar": ("is_string", "is_large_string"),
    "char": ("is_string", "is_large_string"), "date": ("is_date32",), "timestamp": ("is_timestamp",),
    "timestamptz": ("is_timestamp",),
}  # fmt: skip


def copy_parquet(
    statement: CopyStatement,
    columns: Sequence[TargetColumn],
    store: Store,
    write: Callable[[bytes], None],
    constants: Sequence[bytes | None] = (),
) -> CopyResult:
    """Carry out a COPY of Parquet, as `copy_rows` does one of JSON; it fails at the first rejected value."""
    pyarrow()
    targets = copy_columns(statement, columns)
    if statement.options.manifest:
        _check_manifest(statement.url, store)
    rows = BinaryRows([column.column_type for column in targets], write, constants)
    load = _Load(statement, targets, rows)
    files = [load.file(stream) for stream in open_files(statement, store)]
    rows.finish()
    return CopyResult(rows.count, [], files)


def _check_manifest(url: str, store: Store) -> None:
    """Raise unless every entry has its length (https://github.com/awslabs/aws-lambda-redshift-loader/issues/221)."""
    try:
        entries = json.loads(read_object(url, store))["entries"]
        has_lengths = all(isinstance(entry["meta"]["content_length"], int) for entry in entries)
    except (KeyError, TypeError):
        has_lengths = False
    except ValueError:
        return  # invalid: the error is raised where it is read
    if not has_lengths:
        message = "File entry does not have 'meta' key."
        raise RedshiftError("XX000", message, _box(message, 15003, url))


class _Load:
    """One running COPY, which loads one file after the other."""

    def __init__(self, statement: CopyStatement, columns: Sequence[TargetColumn], rows: BinaryRows) -> None:
        self._statement = statement
        self._columns = columns
        self._checks = [_check(column, statement) for column in columns]
        self._rows = rows

    def file(self, stream: DataStream) -> FileResult:
        """Load one file, which is fetched first: Parquet is read from the end."""
        before = self._rows.count
        with cast("BinaryIO", TemporaryFile(prefix="sparkify-dwh-copy-")) as copied:
            while data := stream.read(FETCHED_BYTES):
                copied.write(data)
            if stream.bytes:
                self._read(copied, stream.url)
        count = self._rows.count - before
        return FileResult(stream.url, count, stream.bytes)

    def _read(self, file: BinaryIO, url: str) -> None:
        try:
            parquet = pyarrow("parquet").ParquetFile(file)
            self._check_schema(parquet.schema_arrow, url)
            first = 1
            for batch in parquet.iter_batches(BATCH_ROWS, use_threads=False):
                self._add(batch, url, first)
                first += batch.num_rows
        except (pyarrow().ArrowException, OSError, UnicodeDecodeError) as error:
            raise _scan_error(f"File '{url}' is not a readable Parquet file: {error}") from error

    def _check_schema(self, schema: Any, url: str) -> None:
        if len(schema) != len(self._columns):
            raise _scan_error(
                f"Unmatched number of columns between table and file. Table columns: {len(self._columns)}, "
                f"Data columns: {len(schema)}, File name: {url}"
            )
        for column, field in zip(self._columns, schema, strict=True):
            if not _is_compatible(column.column_type, field.type):
                raise _scan_error(
                    f"File '{url}' has an incompatible Parquet schema for column '{url}.{column.name}'. "
                    f"Column type: {column.column_type.name.upper()}, Parquet schema: {field.name} {field.type}"
                )

    def _add(self, batch: Any, url: str, first: int) -> None:
        """Add rows; ``first`` is the number of the first one in its file."""
        values = [_values(array) for array in batch.columns]
        for index, (column, check) in enumerate(zip(self._columns, self._checks, strict=True)):
            if check is not None:
                values[index] = [
                    self._checked(column, check, value, url, number)
                    for number, value in enumerate(values[index], first)
                ]
        for row in zip(*values, strict=True):
            self._rows.add_encoded(list(row))

    def _checked(self, column: TargetColumn, check: Check, value: Any, url: str, number: int) -> Any:
        try:
            return check(value)
        except Reject as reject:
            type_, text = column.column_type, "" if value is None else shown(str(value))
            found = LoadReject(
                url, number, column.name, type_.name, type_.shown_length, reject.position, "", text, reject.code,
                reject.reason,
            )  # fmt: skip
            raise CopyFailed(self._statement.table, [found]) from None


def _check(column: TargetColumn, statement: CopyStatement) -> Check | None:
    """Return the check of a column's values: COPY's rules for text, NOT NULL for other types; None for no check."""
    if column.column_type.is_text:
        return converter(column, statement.options)
    return _present if column.not_null else None


def _present(value: Any) -> Any:
    if value is None:
        raise Reject(1213, "Missing data for not-null field")
    return value


def _is_compatible(target: ColumnType, found: Any) -> bool:
    types = pyarrow("types")
    if target.name == "numeric":
        return bool(types.is_decimal(found)) and found.scale == target.scale and found.precision <= target.length
    return any(getattr(types, check)(found) for check in _TYPES[target.name])


def _values(array: Any) -> list[Any]:
    """Return the Python values; dates and times are the integers of PostgreSQL's binary format."""
    arrow, types = pyarrow(), pyarrow("types")
    if types.is_date32(array.type):
        return [None if day is None else day - _DAYS for day in array.cast(arrow.int32()).to_pylist()]
    if types.is_timestamp(array.type):
        counts = array.cast(arrow.timestamp("us", array.type.tz), safe=False).cast(arrow.int64())
        return [None if count is None else count - _MICROSECONDS for count in counts.to_pylist()]
    return cast("list[Any]", array.to_pylist())


def _scan_error(context: str) -> RedshiftError:
    return RedshiftError("XX000", "Spectrum Scan Error", _box("Spectrum Scan Error", 15007, context))


def _box(error: str, code: int, context: str) -> str:
    return internal_error_detail(error, code, context, "dory_util.cpp:1450", "worker_thread")
