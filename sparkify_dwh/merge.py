"""The two statements that bring a table of the star up to date: update what changed, then insert what is new.

One form for every table. A row whose values are what they were is not written, so that loading the same input again
changes nothing. Redshift has no IS DISTINCT FROM, no outer join in UPDATE ... FROM and no ON CONFLICT.
Redshift guide, c_unsupported-postgresql-functions and r_UPDATE
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, Select, Table, Update, and_, between, insert, or_, select, update

from sparkify_dwh.base import StarTable

Range = tuple[datetime, datetime]


def update_changed(model: type[StarTable], rows: Select[Any], range_: Range | None = None) -> Update:
    """``UPDATE`` the stored rows that differ from ``rows``, where the model lets the incoming row replace the stored."""
    stored, incoming = model.table(), rows.subquery("incoming")
    values = [name for name in model.filled() if name not in model.key()]
    changed = or_(*(differs(stored.c[name], incoming.c[name]) for name in values))
    may_replace = model.replaces(incoming.c, stored.c)
    conditions = [same_key(model, stored, incoming), changed, *in_range(stored, range_)]
    if may_replace is not None:
        conditions.append(may_replace)
    return update(stored).values({name: incoming.c[name] for name in values}).where(*conditions)


def insert_new(model: type[StarTable], rows: Select[Any], range_: Range | None = None) -> Insert:
    """``INSERT`` the ``rows`` whose key is not stored yet."""
    stored, incoming = model.table(), rows.subquery("incoming")
    matched = and_(same_key(model, stored, incoming), *in_range(stored, range_))
    is_new = stored.c[model.key()[0]].is_(None)
    columns = [incoming.c[name] for name in model.filled()]
    new = select(*columns).select_from(incoming.outerjoin(stored, matched)).where(is_new)
    return insert(stored).from_select(model.filled(), new)


def same_key(model: type[StarTable], stored: Table, incoming: Any) -> ColumnElement[bool]:
    return and_(*(stored.c[name] == incoming.c[name] for name in model.key()))


def differs(stored: ColumnElement[Any], incoming: ColumnElement[Any]) -> ColumnElement[bool]:
    """True of two values that are not the same, NULL being the same as NULL."""
    if not getattr(stored, "nullable", True):
        return stored != incoming
    return or_(
        stored != incoming,
        and_(stored.is_(None), incoming.is_not(None)),
        and_(stored.is_not(None), incoming.is_(None)),
    )


def in_range(stored: Table, range_: Range | None) -> list[ColumnElement[bool]]:
    """Bounds on the table's sort key, by which whole blocks are skipped."""
    if range_ is None:
        return []
    sort_key = stored.c[stored.dialect_options["redshift"]["sortkey"]]
    return [between(sort_key, *range_)]
