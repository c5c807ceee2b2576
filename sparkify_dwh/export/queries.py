"""The statements of an export: the UNLOAD of a table, and the counts that it is compared with."""

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
    """Return the UNLOAD of a table into the folder ``url``, with the partitions of the model."""
    return UnloadCommand(
        exported_rows(model),
        url,
        partition_by=list(model.partition_by),
        role_arn=settings.role_arn,
        region=settings.region,
    )


def exported_rows(model: type[StarTable]) -> Select[Any]:
    """Return all rows of a table in the order of its sort key: its columns, then the partitions that are not columns.

    Ordered rows need no sorting when they are restored. Redshift guide, r_UNLOAD
    """
    table = model.table()
    computed = [
        part(name, table.c[column]).label(name) for name, column in model.partition_by.items() if name != column
    ]
    return select(*table.columns, *computed).order_by(table.c[table.dialect_options["redshift"]["sortkey"]])


def extent(model: type[StarTable]) -> Select[Any]:
    """Return the number of rows of a table, and its greatest IDENTITY value; NULL without such a column."""
    numbered = numbered_column(model)
    greatest = cast(null(), BigInteger) if numbered is None else func.max(numbered)
    return select(func.count(), greatest).select_from(model.table())


def last_unload() -> Select[Any]:
    """Return the number of rows that the previous UNLOAD wrote. Redshift guide, PG_LAST_UNLOAD_COUNT"""
    return select(func.pg_last_unload_count())


def is_filled(model: type[StarTable]) -> Select[Any]:
    """Return a row if the table has any."""
    return select(literal_column("1")).select_from(model.table()).limit(1)


def numbered_column(model: type[StarTable]) -> Column[Any] | None:
    """Return the IDENTITY column of a table; None without one."""
    return next((column for column in model.table().columns if column.identity is not None), None)


def exported_columns(model: type[StarTable]) -> tuple[ExportedColumn, ...]:
    """Return the columns of the files, in order."""
    dialect = SparkifyDialect()
    return tuple(
        ExportedColumn(column.name, column.type.compile(dialect=dialect))
        for column in exported_rows(model).selected_columns
    )
