"""The staged batch: what of the star it is about. Read once, for all the statements of a load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from sparkify_dwh.base import StagingTable, StarTable
from sparkify_dwh.staging import STAGING
from sparkify_dwh.star import STAR

Range = tuple[datetime, datetime]


@dataclass(frozen=True)
class Batch:
    """``ranges`` has the batch's bounds in the sort key of every table that is too large to be read whole, or None where
    the batch holds nothing for it. ``empty`` are the staging tables without a record."""

    ranges: Mapping[type[StarTable], Range | None] = field(default_factory=dict)
    empty: frozenset[type[StagingTable]] = frozenset()

    @classmethod
    def of(cls, connection: Connection) -> Batch:
        """The batch that is staged."""
        found = {query: _range(connection.execute(query).one()) for query in range_queries()}
        ranges = {model: found[query] for model in STAR if (query := model.batch_range()) is not None}
        return cls(ranges, frozenset(staging for staging in STAGING if _is_empty(connection, staging)))

    def holds(self, staging: type[StagingTable]) -> bool:
        return staging not in self.empty

    def has_any_for(self, model: type[StarTable]) -> bool:
        """Whether there is anything to be filled into the table."""
        return self.holds(model.staged_in) and (model not in self.ranges or self.ranges[model] is not None)

    def bounds(self, model: type[StarTable]) -> Range | None:
        """The bounds of the batch in the table's sort key; None where there are none."""
        return self.ranges.get(model)


def range_queries() -> list[Select[Any]]:
    """The queries of the ranges; tables that share one have it by the same query, which is asked once."""
    queries = (model.batch_range() for model in STAR)
    return list(dict.fromkeys(query for query in queries if query is not None))


def _range(bounds: Row[tuple[datetime | None, datetime | None]]) -> Range | None:
    first, last = bounds
    return None if first is None or last is None else (first, last)


def _is_empty(connection: Connection, staging: type[StagingTable]) -> bool:
    return connection.execute(select(*staging.table().primary_key).limit(1)).first() is None
