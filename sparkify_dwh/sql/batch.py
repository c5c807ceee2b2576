"""The staged batch: which part of the star it touches. Read once, for all statements of a load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from sparkify_dwh.base import StagingTable, StarTable

Range = tuple[datetime, datetime]


@dataclass(frozen=True)
class Batch:
    """The staged batch.

    ``ranges`` holds the batch's bounds in the sort key of every table that is too large to be read whole, or None where
    the batch holds nothing for it. ``empty`` are the staging tables without records.
    """

    ranges: Mapping[type[StarTable], Range | None] = field(default_factory=dict)
    empty: frozenset[type[StagingTable]] = frozenset()

    @classmethod
    def of(
        cls, connection: Connection, staging: Sequence[type[StagingTable]], star: Sequence[type[StarTable]]
    ) -> Batch:
        """Read the batch that these staging tables hold for these tables of the star."""
        bounds = {query: _range(connection.execute(query).one()) for query in range_queries(star)}
        ranges = {model: bounds[query] for model in star if (query := model.batch_range()) is not None}
        return cls(ranges, frozenset(model for model in staging if _is_empty(connection, model)))

    def holds(self, staging: type[StagingTable]) -> bool:
        return staging not in self.empty

    def has_any_for(self, model: type[StarTable]) -> bool:
        """Return whether the batch has records for the table."""
        return self.holds(model.staged_in) and (model not in self.ranges or self.ranges[model] is not None)

    def bounds(self, model: type[StarTable]) -> Range | None:
        """Return the batch's bounds in the table's sort key; None where there are none."""
        return self.ranges.get(model)


def range_queries(star: Sequence[type[StarTable]]) -> list[Select[Any]]:
    """Return the queries of the ranges. Tables that share a range share its query, which runs once."""
    queries = (model.batch_range() for model in star)
    return list(dict.fromkeys(query for query in queries if query is not None))


def _range(bounds: Row[tuple[datetime | None, datetime | None]]) -> Range | None:
    first, last = bounds
    return None if first is None or last is None else (first, last)


def _is_empty(connection: Connection, staging: type[StagingTable]) -> bool:
    return connection.execute(select(*staging.table().primary_key).limit(1)).first() is None
