"""Rows of a question as CSV, JSON or Parquet, with its columns in their order.

Times are UTC without a time zone, ISO 8601 in CSV and JSON. Without rows, CSV and Parquet still have the columns.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, DateTime, Float, Integer, Select, String
from sqlalchemy.types import TypeEngine

from sparkify_dwh.utils.extras import require_extra
from sparkify_dwh.utils.printable import printable_json

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Iterable[Sequence[Any]]


def columns(question: Select[Any]) -> list[str]:
    """Return the names of a question's columns."""
    return list(question.selected_columns.keys())


def as_csv(question: Select[Any], rows: Rows) -> str:
    """Return CSV with a header; NULL is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns(question))
    writer.writerows([_iso(value) for value in row] for row in rows)
    return text.getvalue()


def as_json(question: Select[Any], rows: Rows) -> str:
    """Return a JSON array with an object per row."""
    records = [dict(zip(columns(question), row, strict=True)) for row in rows]
    return printable_json(json.dumps(records, indent=2, ensure_ascii=False, default=_iso)) + "\n"


def as_parquet(question: Select[Any], rows: Rows) -> bytes:
    """Return Parquet with the types of the columns. Raises :class:`UsageError` when pyarrow is not installed."""
    require_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = columns(question)
    schema = pa.schema([(name, _arrow_type(question.selected_columns[name].type)) for name in names])
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


WRITERS: dict[str, Callable[[Select[Any], Rows], str | bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "parquet": as_parquet,
}


def require_pyarrow() -> None:
    """Raise :class:`UsageError` when pyarrow is not installed."""
    require_extra("analysis", "Parquet", "pyarrow")


def _arrow_type(type_: TypeEngine[Any]) -> pa.DataType:
    """Return the Arrow type; integers have 64 bits whatever their column, so that sums fit."""
    import pyarrow as pa

    by_type = ((DateTime, pa.timestamp("us")), (Date, pa.date32()), (Integer, pa.int64()), (Float, pa.float64()))
    for known, arrow in by_type:
        if isinstance(type_, known):
            return arrow
    assert isinstance(type_, String), f"{type_!r} has no Arrow type"
    return pa.string()


def _iso(value: Any) -> Any:
    """Return dates and times as ISO 8601, other values unchanged."""
    return value.isoformat() if isinstance(value, date) else value
