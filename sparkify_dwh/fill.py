"""Staging to star: one table of the star brought up to date with the staged batch."""

from __future__ import annotations

from sqlalchemy import Connection

from sparkify_dwh.base import StarTable
from sparkify_dwh.load_report import StarRows
from sparkify_dwh.merge import Range, insert_new, update_changed


def fill(connection: Connection, model: type[StarTable]) -> StarRows:
    """Update the rows of a table that the batch changes, and insert those it brings."""
    rows = StarRows()
    affected = model.from_warehouse()
    if affected is not None:  # first, while the table holds only what was there before
        rows.updated += connection.execute(update_changed(model, affected)).rowcount
    range_, is_empty = batch_range(connection, model)
    if not is_empty:
        staged = model.from_staging()
        rows.updated += connection.execute(update_changed(model, staged, range_)).rowcount
        rows.inserted += connection.execute(insert_new(model, staged, range_)).rowcount
    return rows


def batch_range(connection: Connection, model: type[StarTable]) -> tuple[Range | None, bool]:
    """The bounds of the batch in the model's sort key, and whether the batch holds nothing for the model."""
    query = model.batch_range()
    if query is None:
        return None, False
    first, last = connection.execute(query).one()
    return ((first, last), False) if first is not None else (None, True)
