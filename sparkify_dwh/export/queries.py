"""What an export reads of a table: the query of its UNLOAD, and how many rows that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, Select, cast, func, literal_column, null, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.export.manifest import ExportedColumn
from sparkify_dwh.redshift.commands import UnloadCommand
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.sql.expressions import part

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings


def unload_command(model: type[StarTable], url: str, settings: Settings) -> UnloadCommand:
    """The UNLOAD of a table into the folder ``url``, partitioned as the model says."""
    return UnloadCommand(
        exported_rows(model),
        url,
        partition_by=list(model.partition_by),
        role_arn=settings.role_arn,
        region=settings.region,
    )


def exported_rows(model: type[StarTable]) -> Select[Any]:
    """All rows and columns of a table in the order of its sort key, and after them its partitions that are no columns.

    In order, they need not be sorted when they are loaded again. Redshift guide, r_UNLOAD
    """
    table = model.table()
    computed = [
        part(name, table.c[column]).label(name) for name, column in model.partition_by.items() if name != column
    ]
    return select(*table.columns, *computed).order_by(table.c[table.dialect_options["redshift"]["sortkey"]])


def extent(model: type[StarTable]) -> Select[Any]:
    """How many rows a table has, and the greatest number that it has given one: NULL when it numbers none."""
    numbered = numbered_column(model)
    greatest = cast(null(), BigInteger) if numbered is None else func.max(numbered)
    return select(func.count(), greatest).select_from(model.table())


def last_unload() -> Select[Any]:
    """How many rows the UNLOAD before wrote. Redshift guide, PG_LAST_UNLOAD_COUNT"""
    return select(func.pg_last_unload_count())


def is_filled(model: type[StarTable]) -> Select[Any]:
    """A row when the table has any."""
    return select(literal_column("1")).select_from(model.table()).limit(1)


def numbered_column(model: type[StarTable]) -> Column[Any] | None:
    """The column whose values the warehouse gives."""
    return next((column for column in model.table().columns if column.identity is not None), None)


def exported_columns(model: type[StarTable]) -> tuple[ExportedColumn, ...]:
    """The columns of the files, in their order."""
    dialect = SparkifyDialect()
    return tuple(
        ExportedColumn(column.name, column.type.compile(dialect=dialect))
        for column in exported_rows(model).selected_columns
    )
