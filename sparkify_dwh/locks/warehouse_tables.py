"""The tables of a warehouse that exist, to be locked together before they are changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table, inspect

from sparkify_dwh.errors import NotMigratedError
from sparkify_dwh.locks.table_lock import NotFree, TableLock, Wait
from sparkify_dwh.redshift.catalogue import relations_named
from sparkify_dwh.redshift.schemas import Schemas


def existing_tables(connection: Connection, tables: Iterable[Table], schemas: Schemas | None) -> list[Table]:
    """Return the tables that exist, in the same order and with their schemas."""
    if schemas is None:
        names = set(inspect(connection).get_table_names())
        return [table for table in tables if table.name in names]
    placed = [schemas.qualified(table) for table in tables]
    rows = connection.execute(relations_named(schemas.path, sorted(table.name for table in placed))).all()
    found = {(row.nspname, row.relname) for row in rows}
    return [table for table in placed if (table.schema, table.name) in found]


def lock_of_change(connection: Connection, tables: list[Table], wait: Wait) -> TableLock:
    """Return the lock that keeps other migrations, loads and readers out of tables.

    Redshift does not enforce the key of alembic_version (Redshift guide, t_Defining_constraints), so that two migrations at
    once would both be recorded. A migration holds the lock until its first ``autocommit_block()``.
    """
    return TableLock(connection, tables, wait, "other sessions")


def in_use(error: NotFree, wait: Wait) -> NotMigratedError:
    """Return the error of a change that has waited too long."""
    return NotMigratedError(
        f"Nothing was changed, because other sessions used the tables for longer than {wait.seconds:g} s ({error.holders})",
        "end them, or wait longer with --wait",
    )
