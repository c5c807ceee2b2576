"""Deduplication in staging: one record per natural key, and none that the star holds unchanged.

An unchanged record can change nothing in the star, but looking for the rows that it affects reads whole tables.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Delete, and_, delete, func, select

from sparkify_dwh.base import StagingTable, StarTable
from sparkify_dwh.sql.merge import same


def delete_duplicates(staging: type[StagingTable]) -> Delete:
    """``DELETE`` every delivery of a record but the first by all columns in model order, NULLs last.

    Only records that were delivered more than once are sorted.
    """
    table = staging.table()
    identity = [table.c[name] for name in staging.identity]
    several = select(*identity).group_by(*identity).having(func.count() > 1).subquery("several")
    is_one_of_several = [several.c[column.name] == column for column in identity]
    first = func.row_number().over(
        partition_by=identity, order_by=[table.c[name] for name in (*staging.copied(), "staged_id")]
    )
    ranked = select(table.c.staged_id, first.label("place")).join(several, and_(*is_one_of_several)).subquery("ranked")
    return delete(table).where(table.c.staged_id.in_(select(ranked.c.staged_id).where(ranked.c.place > 1)))


def delete_known(staging: type[StagingTable], star: Iterable[type[StarTable]]) -> list[Delete]:
    """``DELETE`` the staged records that a table of the star holds unchanged, for each table that copies them."""
    return [delete_unchanged(model) for model in star if model.copies_staging and model.staged_in is staging]


def delete_unchanged(model: type[StarTable]) -> Delete:
    """``DELETE`` from staging the records that the table holds already, equal in every column."""
    stored, staged = model.table(), model.staged_in.table()
    return delete(staged).where(*(same(stored.c[name], staged.c[name]) for name in model.filled()))
