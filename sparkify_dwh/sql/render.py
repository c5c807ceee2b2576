"""The statements of a load as readable text."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import ClauseElement, literal_column
from sqlalchemy.schema import ExecutableDDLElement

from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.redshift.schemas import Schemas
from sparkify_dwh.sql import merge
from sparkify_dwh.sql.batch import Batch

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable, StarTable
    from sparkify_dwh.sql.batch import Range

# Placeholders for the bounds of the batch, which a load reads first.
FIRST, LAST = ":first", ":last"


def readable(statement: ClauseElement) -> str:
    """Return a statement byte for byte as it is sent to Redshift."""
    options = {} if isinstance(statement, ExecutableDDLElement) else {"render_postcompile": True}
    return str(statement.compile(dialect=SparkifyDialect(), compile_kwargs=options))


def search_path(schemas: Schemas | None) -> list[str]:
    """Return the statement that every connection begins with, if the tables are in schemas of their own."""
    return [] if schemas is None else [schemas.set_search_path(SparkifyDialect().identifier_preparer)]


def fill_statements(
    model: type[StarTable], *, bounded: bool = False, empty: frozenset[type[StagingTable]] = frozenset()
) -> list[ClauseElement]:
    """Return the statements that bring a table of the star up to date, in the order of a load.

    If ``bounded``, as in a load, the placeholders ``:first`` and ``:last`` limit the sort key of a model that has a range;
    otherwise the statements have no placeholders. ``empty`` are the staging tables without records.
    """
    has_range = bounded and model.batch_range() is not None
    range_ = cast("Range", (literal_column(FIRST), literal_column(LAST)))
    return [*merge.fill_statements(model, Batch({model: range_} if has_range else {}, empty))]
