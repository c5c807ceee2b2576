"""Staging to star: one table of the star brought up to date with the staged batch."""

from __future__ import annotations

from sqlalchemy import Connection, Update

from sparkify_dwh.base import StarTable
from sparkify_dwh.loading.report import StarRows
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.merge import fill_statements


def fill(connection: Connection, model: type[StarTable], batch: Batch) -> StarRows:
    """Update the rows of a table that the batch changes, and insert those that it adds."""
    rows = StarRows()
    for statement in fill_statements(model, batch):
        count = connection.execute(statement).rowcount
        if isinstance(statement, Update):
            rows.updated += count
        else:
            rows.inserted += count
    return rows
