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
    return [*statements_by_change(model, batch), *statements_by_record(model, batch)]


def statements_by_change(model: type[StarTable], batch: Batch) -> list[Update]:
    """Return the update of stored rows that records of ``changed_by`` change: first, while the table is as it was."""
    if model.changed_by is None or not batch.holds(model.changed_by):
        return []
    return [update_rows(model, model.from_warehouse())]


def statements_by_record(model: type[StarTable], batch: Batch) -> list[Update | Insert]:
    """Return the update and the insert of the rows that records of ``staged_in`` bring."""
    if not batch.has_any_for(model):
        return []
    records, range_ = model.from_staging(), batch.bounds(model)
    new = insert_new(model, records, range_)
    return [update_changed(model, records, range_), new] if _values(model, records.selected_columns) else [new]


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
    is_new = stored.c[model.required_key()].is_(None)
    new = select(*staged.c).select_from(staged.outerjoin(stored, matched)).where(is_new)
    completed = model.completed(new.subquery("added"))
    rows = new if completed is None else completed
    return insert(stored).from_select(rows.selected_columns.keys(), rows)


def same_key(model: type[StarTable], stored: Table, incoming: FromClause) -> ColumnElement[bool]:
    """Return the condition that both rows have the same natural key."""
    return and_(*(same(stored.c[name], incoming.c[name]) for name in model.key()))


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


def same(left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition ``left IS NOT DISTINCT FROM right``."""
    if not (getattr(left, "nullable", True) and getattr(right, "nullable", True)):
        return left == right  # NULL on one side only is no match
    return or_(left == right, and_(left.is_(None), right.is_(None)))


def in_range(stored: Table, range_: Range | None) -> list[ColumnElement[bool]]:
    """Return the bounds on the table's sort key, by which Redshift skips blocks."""
    if range_ is None:
        return []
    sort_key = stored.c[stored.dialect_options["redshift"]["sortkey"]]
    return [between(sort_key, *range_)]
