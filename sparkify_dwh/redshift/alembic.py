"""Alembic for Redshift: corrections of sqlalchemy-redshift's ``RedshiftImpl``. Redshift guide, r_ALTER_TABLE

Imported by the migrations' ``env.py``, which is enough to put it in force.

- ``ALTER COLUMN ... TYPE`` compiles (upstream raises; sqlalchemy-redshift issue 280), for the length of a VARCHAR, which is
  all that Redshift changes; it must run outside a transaction, so autogenerate writes it in an ``autocommit_block()``.
- ``RENAME COLUMN a TO b`` has the word COLUMN, which Redshift's grammar wants.
- Tables are created in the schemas of the dialect, and dropped there only.
- What Redshift cannot alter (NOT NULL, defaults) is an error when the migration is written, not when it runs.
"""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _alter_column
from alembic.ddl.base import ColumnName, alter_table, format_column_name, format_type
from alembic.ddl.postgresql import PostgresqlColumnType
from alembic.operations.ops import AlterColumnOp
from alembic.util import CommandError
from sqlalchemy import String, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy_redshift.dialect import RedshiftImpl


class SparkifyImpl(RedshiftImpl):  # type: ignore[misc]
    """Alembic's Redshift, which refuses what Redshift would refuse."""

    __dialect__ = "redshift"

    def create_table(self, table: Table, **options: Any) -> None:
        super().create_table(self._placed(table), **options)

    def drop_table(self, table: Table, **options: Any) -> None:
        super().drop_table(self._placed(table), **options)

    def version_table_impl(self, **options: Any) -> Table:
        table: Table = super().version_table_impl(**options)
        return self._placed(table)

    def _placed(self, table: Table) -> Table:
        """Return the table in its schema: a migration does not name it, and the search path has two with STAGING_SCHEMA."""
        schemas = getattr(self.dialect, "schemas", None)
        return table if schemas is None else schemas.qualified(table)

    def alter_column(self, table_name: str, column_name: str, **changes: Any) -> None:
        """Change a column's name, the length of its VARCHAR, or its comment; Redshift changes nothing else."""
        if changes.get("nullable") is not None or changes.get("server_default", False) is not False:
            raise CommandError(
                f"Redshift cannot change NOT NULL or the default of {table_name}.{column_name}: "
                "add a new column, copy the values, drop the old one, and rename the new."
            )
        new_type = changes.get("type_")
        if new_type is not None and not (isinstance(new_type, String) and new_type.length):
            raise CommandError(
                f"Redshift can change the type of {table_name}.{column_name} only to a VARCHAR of another length, "
                f"not to {new_type!r}: add a new column, copy the values, drop the old one, and rename the new."
            )
        super().alter_column(table_name, column_name, **changes)


@renderers.dispatch_for(AlterColumnOp, replace=True)
def _render_alter_column(context: AutogenContext, operation: AlterColumnOp) -> str | list[str]:
    """A changed column as a line of a migration; a changed type where Redshift changes it: outside a transaction.

    ``ALTER TABLE ALTER COLUMN cannot run inside a transaction block`` (25001). https://github.com/flyway/flyway/issues/2438
    """
    call = _alter_column(context, operation)
    if operation.modify_type is None:
        return call
    return ["with op.get_context().autocommit_block():", call.replace("\n", "\n    "), ""]  # the last ends the block


@compiles(PostgresqlColumnType, "redshift")
def _compile_column_type(element: PostgresqlColumnType, compiler: DDLCompiler, **_: Any) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    return f"{table} ALTER COLUMN {column} TYPE {format_type(compiler, element.type_)}"


@compiles(ColumnName, "redshift")
def _compile_column_name(element: ColumnName, compiler: DDLCompiler, **_: Any) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = format_column_name(compiler, element.column_name), format_column_name(compiler, element.newname)
    return f"{table} RENAME COLUMN {old} TO {new}"
