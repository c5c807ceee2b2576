"""The statements of a load as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlparse
from sqlalchemy import ClauseElement, literal_column
from sqlalchemy.schema import ExecutableDDLElement

from sparkify_dwh.dialect import SparkifyDialect
from sparkify_dwh.merge import insert_new, update_changed

if TYPE_CHECKING:
    from sparkify_dwh.base import StarTable
    from sparkify_dwh.merge import Range

# What a load has read from the batch when it sends these statements, and nobody knows before.
FIRST, LAST = ":first", ":last"


def readable(statement: ClauseElement) -> str:
    """A statement as Redshift gets it, with its values in place, and queries with line breaks."""
    if isinstance(statement, ExecutableDDLElement):
        return str(statement.compile(dialect=SparkifyDialect()))
    text = str(statement.compile(dialect=SparkifyDialect(), compile_kwargs={"literal_binds": True}))
    return str(sqlparse.format(text, reindent=True))


def fill_statements(model: type[StarTable], *, bounded: bool = False) -> list[ClauseElement]:
    """What brings a table of the star up to date, in the order of ``sparkify_dwh.fill``.

    ``bounded`` is as a load sends it: where the model has a range, the query of it comes before the statements that have
    its two values, in the places of ``:first`` and ``:last``. Otherwise they go without, and can be run as they are.
    """
    affected, staged = model.from_warehouse(), model.from_staging()
    query = model.batch_range() if bounded else None
    range_ = None if query is None else cast("Range", (literal_column(FIRST), literal_column(LAST)))
    return [
        *([] if affected is None else [update_changed(model, affected)]),
        *([] if query is None else [query]),
        update_changed(model, staged, range_),
        insert_new(model, staged, range_),
    ]
