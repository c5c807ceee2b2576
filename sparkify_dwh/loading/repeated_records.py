"""Records that were delivered more than once: all but one are removed from staging, and conflicts get an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.base import StagingTable
from sparkify_dwh.loading.report import StagedRows
from sparkify_dwh.sql.deduplication import (
    delete_conflicting,
    delete_duplicates,
    records_of_first_repeated_key,
    repeated_keys,
)
from sparkify_dwh.utils.text import listed

MAX_EXAMPLE_RECORDS = 10


@dataclass(frozen=True)
class Conflict:
    """An example of conflicting deliveries: a natural key, and the columns in which its records differ."""

    key: Mapping[str, Any]
    columns: tuple[str, ...]

    def __str__(self) -> str:
        key = ", ".join(f"{name} {'NULL' if value is None else value}" for name, value in self.key.items())
        return f"{key} ({listed(self.columns)} {'differs' if len(self.columns) == 1 else 'differ'})"


def remove_repeated(connection: Connection, staging: type[StagingTable], rows: StagedRows) -> Conflict | None:
    """Leave one staged record per natural key, and count those removed. Return an example when records conflict."""
    if connection.execute(repeated_keys(staging).limit(1)).first() is None:
        return None
    rows.duplicates = connection.execute(delete_duplicates(staging)).rowcount
    conflicting = records_of_first_repeated_key(staging).limit(MAX_EXAMPLE_RECORDS)
    records = connection.execute(conflicting).mappings().all()
    if not records:
        return None
    rows.conflicting = connection.execute(delete_conflicting(staging)).rowcount
    columns = [name for name in staging.copied() if len({record[name] for record in records}) > 1]
    return Conflict({name: records[0][name] for name in staging.identity}, tuple(columns))


def describe_conflicts(staging: type[StagingTable], count: int, example: Conflict, places: Sequence[str]) -> str:
    """Return the warning about conflicting deliveries. ``places`` are files and lines of the example."""
    key = listed(staging.identity)
    deliveries = "delivery" if count == 1 else "deliveries"
    where = f" in {listed(places)}" if places else ""
    return (
        f"{staging.__tablename__}: {count:,} conflicting {deliveries} (the same {key}, other values) left out; the record "
        f"that sorts first was kept. For example {example}{where}"
    )
