"""Deduplication in staging: one record per natural key, and none that the star holds unchanged.

Records of one key that are equal are duplicates; records of one key with other values are conflicting deliveries. An
unchanged record can change nothing in the star, but looking for the rows that it affects reads whole tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, Select, and_, delete, func, select

from sparkify_dwh.base import StagingTable, StarTable
from sparkify_dwh.sql.merge import same


def repeated_keys(staging: type[StagingTable]) -> Select[Any]:
    """Return the natural keys that were delivered more than once."""
    identity = _identity(staging)
    return select(*identity).group_by(*identity).having(func.count() > 1)


def records_of_first_repeated_key(staging: type[StagingTable]) -> Select[Any]:
    """Return the records of the smallest natural key that was delivered more than once, in model order."""
    table, identity = staging.table(), _identity(staging)
    first = repeated_keys(staging).order_by(*identity).limit(1).subquery("first_key")
    is_of_it = and_(*(same(first.c[column.name], column) for column in identity))
    columns = [table.c[name] for name in staging.copied()]
    return select(*columns).join(first, is_of_it).order_by(*columns)


def delete_duplicates(staging: type[StagingTable]) -> Delete:
    """``DELETE`` all but one of the records that are equal in every column."""
    table = staging.table()
    return _delete_all_but_first(staging, [table.c[name] for name in staging.copied()], [table.c.staged_id])


def delete_conflicting(staging: type[StagingTable]) -> Delete:
    """``DELETE`` every record of a key but the first by all columns in model order, with NULL and unknown values last."""
    table, unknown = staging.table(), staging.unknown_values
    known = [
        func.nullif(table.c[name], unknown[name]) if name in unknown else table.c[name] for name in staging.copied()
    ]
    return _delete_all_but_first(staging, _identity(staging), [*known, *(table.c[name] for name in unknown)])


def deduplicate(staging: type[StagingTable]) -> list[Select[Any] | Delete]:
    """Return the statements that leave one record per natural key, in order. A load sends the others if the first finds any.

    It sends the last one if two records of one key are left then.
    """
    return [repeated_keys(staging).limit(1), delete_duplicates(staging), delete_conflicting(staging)]


def _delete_all_but_first(
    staging: type[StagingTable], equal: Sequence[Column[Any]], order: Sequence[ColumnElement[Any]]
) -> Delete:
    """``DELETE`` every record but the first of those that are ``equal``. Only records of repeated keys are sorted."""
    table = staging.table()
    several = repeated_keys(staging).subquery("several")
    is_one_of_several = [same(several.c[column.name], column) for column in _identity(staging)]
    place = func.row_number().over(partition_by=equal, order_by=order).label("place")
    ranked = select(table.c.staged_id, place).join(several, and_(*is_one_of_several)).subquery("ranked")
    return delete(table).where(table.c.staged_id.in_(select(ranked.c.staged_id).where(ranked.c.place > 1)))


def _identity(staging: type[StagingTable]) -> list[Column[Any]]:
    return [staging.table().c[name] for name in staging.identity]


def delete_known(staging: type[StagingTable], star: Iterable[type[StarTable]]) -> list[Delete]:
    """``DELETE`` the staged records that a table of the star holds unchanged, for each table that copies them."""
    return [delete_unchanged(model) for model in star if model.copies_staging and model.staged_in is staging]


def delete_unchanged(model: type[StarTable]) -> Delete:
    """``DELETE`` from staging the records that the table holds already, equal in every column."""
    stored, staged = model.table(), model.staged_in.table()
    return delete(staged).where(*(same(stored.c[name], staged.c[name]) for name in model.filled()))
