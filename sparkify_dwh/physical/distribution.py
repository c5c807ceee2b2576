"""What a join has to move between the nodes of a cluster, by how its two sides are distributed.

    DS_DIST_NONE        both sides lie by the join column: nothing moves
    DS_DIST_ALL_NONE    the inner side is on every node: nothing moves
    DS_DIST_INNER       the inner side is sent to where the outer side lies; DS_DIST_OUTER the other way round
    DS_DIST_BOTH        both sides are sent
    DS_BCAST_INNER      the inner side is sent whole to every node
    DS_DIST_ALL_INNER   the outer side is on every node: the inner side is sent to one slice, which joins alone

Redshift guide, c_data_redistribution. Which of the possible ones its planner takes is its own decision, by its statistics.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Table

NOTHING_MOVES = frozenset({"DS_DIST_NONE", "DS_DIST_ALL_NONE"})


@dataclass(frozen=True)
class Distribution:
    """A dist style, ``ALL``, ``EVEN``, ``KEY`` or ``AUTO``, and the dist key that goes with ``KEY``."""

    style: str
    key: str | None = None

    @classmethod
    def of(cls, table: Table) -> Distribution:
        """Return the distribution that a model declares. A dist key implies style KEY. Redshift guide, r_CREATE_TABLE_NEW"""
        declared = table.dialect_options["redshift"]
        return cls(declared["diststyle"] or ("KEY" if declared["distkey"] else "AUTO"), declared["distkey"])

    def __str__(self) -> str:
        return f"{self.style}({self.key})" if self.key else self.style


def movements(outer: Distribution, inner: Distribution, columns: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """Return the movements from which the planner can choose for a join by equality of ``columns``, pairs (outer, inner).

    A side that is joined by an expression has no column in the pairs.
    """
    if inner.style == "ALL":
        return ("DS_DIST_ALL_NONE",)
    if outer.style == "ALL":
        return ("DS_DIST_ALL_INNER",)
    if (outer.key, inner.key) in columns:
        return ("DS_DIST_NONE",)
    if outer.key in {left for left, _ in columns}:
        return ("DS_DIST_INNER", "DS_BCAST_INNER")
    if inner.key in {right for _, right in columns}:
        return ("DS_DIST_OUTER", "DS_BCAST_INNER")
    return ("DS_DIST_BOTH", "DS_BCAST_INNER")
