"""The statements that bring a table of the star up to date: update what changed, then insert what is new.

All tables use the same form. Unchanged rows are not written, so loads are idempotent, and only records that differ from the
stored rows are processed. Redshift has no IS DISTINCT FROM, no outer join in UPDATE ... FROM and no ON CONFLICT. Redshift
guide, c_unsupported-postgresql-functions and r_UPDATE
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Select,
    Table,
    Update,
    and_,
    between,
    insert,
    or_,
    select,
    update,
)

from sparkify_dwh.base import StarTable
from sparkify_dwh.sql.batch import Batch, Range


def fill_statements(model: type[StarTable], batch: Batch) -> list[Update | Insert]:
    """Return the statements that bring a table up to date with the batch, in order; none if the batch has nothing for it."""
    statements: list[Update | Insert] = []
    if model.changed_by is not None and batch.holds(model.changed_by):
        statements.append(update_rows(model, model.from_warehouse()))  # first, while it holds what was there before
    if batch.has_any_for(model):
        records, range_ = model.from_staging(), batch.bounds(model)
        if _values(model, records.selected_columns):
            statements.append(update_changed(model, records, range_))
        statements.append(insert_new(model, records, range_))
    return statements


def update_changed(model: type[StarTable], records: Select[Any], range_: Range | None = None) -> Update:
    """``UPDATE`` the stored rows that differ from the ``records`` of the batch, where the model lets these replace them."""
    stored, staged = model.table(), records.subquery("staged")
    differing = staged.join(stored, and_(*_changes(model, stored, staged, range_)))
    rows = model.completed(select(*staged.c).select_from(differing).subquery("changed"))
    return update_rows(model, records if rows is None else rows, range_)


def update_rows(model: type[StarTable], rows: Select[Any], range_: Range | None = None) -> Update:
    """``UPDATE`` the stored rows that differ from ``rows``, in the columns that these have."""
    stored, incoming = model.table(), rows.subquery("incoming")
    values = {name: incoming.c[name] for name in _values(model, incoming.c)}
    return update(stored).values(values).where(*_changes(model, stored, incoming, range_))


def insert_new(model: type[StarTable], records: Select[Any], range_: Range | None = None) -> Insert:
    """``INSERT`` the rows for the ``records`` of the batch whose key is not stored yet."""
    stored, staged = model.table(), records.subquery("staged")
    matched = and_(same_key(model, stored, staged), *in_range(stored, range_))
    is_new = stored.c[model.key()[0]].is_(None)
    new = select(*staged.c).select_from(staged.outerjoin(stored, matched)).where(is_new)
    completed = model.completed(new.subquery("added"))
    rows = new if completed is None else completed
    return insert(stored).from_select(rows.selected_columns.keys(), rows)


def same_key(model: type[StarTable], stored: Table, incoming: FromClause) -> ColumnElement[bool]:
    return and_(*(stored.c[name] == incoming.c[name] for name in model.key()))


def _changes(
    model: type[StarTable], stored: Table, incoming: FromClause, range_: Range | None
) -> list[ColumnElement[bool]]:
    """Return the conditions for an incoming row to replace a stored one."""
    changed = or_(*(differs(stored.c[name], incoming.c[name]) for name in _values(model, incoming.c)))
    may_replace = model.replaces(incoming.c, stored.c)
    conditions = [same_key(model, stored, incoming), changed, *in_range(stored, range_)]
    return conditions if may_replace is None else [*conditions, may_replace]


def _values(model: type[StarTable], columns: Any) -> list[str]:
    """Return the names of the columns outside the key."""
    return [name for name in columns.keys() if name not in model.key()]  # noqa: SIM118 (a collection of columns)


def differs(stored: ColumnElement[Any], incoming: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition ``stored IS DISTINCT FROM incoming``."""
    if not getattr(stored, "nullable", True):
        return stored != incoming
    return or_(
        stored != incoming,
        and_(stored.is_(None), incoming.is_not(None)),
        and_(stored.is_not(None), incoming.is_(None)),
    )


def same(stored: ColumnElement[Any], incoming: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition ``stored IS NOT DISTINCT FROM incoming``."""
    if not getattr(stored, "nullable", True):
        return stored == incoming
    return or_(stored == incoming, and_(stored.is_(None), incoming.is_(None)))


def in_range(stored: Table, range_: Range | None) -> list[ColumnElement[bool]]:
    """Return the bounds on the table's sort key, by which Redshift skips blocks."""
    if range_ is None:
        return []
    sort_key = stored.c[stored.dialect_options["redshift"]["sortkey"]]
    return [between(sort_key, *range_)]
