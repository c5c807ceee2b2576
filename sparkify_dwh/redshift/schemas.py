"""The schemas of a warehouse, to which the search path of each of its connections is pinned.

Statements and migrations name tables without a schema. The search path has the schemas of the warehouse and no other, so
that a table of the same name in another schema is never read or changed. Redshift guide, r_search_path
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redshift_connector.error import ProgrammingError
from sqlalchemy import MetaData, Table
from sqlalchemy.sql.compiler import IdentifierPreparer

UNDEFINED_SCHEMA = "3F000"


@dataclass(frozen=True)
class Schemas:
    """The schema of the tables named in ``staged``, and ``main``, the schema of all others."""

    main: str
    staging: str
    staged: frozenset[str]

    def __str__(self) -> str:
        return f"schema {self.main}" + (f" (staging in {self.staging})" if self.staging != self.main else "")

    @property
    def path(self) -> tuple[str, ...]:
        """The search path: each schema once."""
        return tuple(dict.fromkeys((self.main, self.staging)))

    def of(self, table: str) -> str:
        """Return the schema of a table."""
        return self.staging if table in self.staged else self.main

    def qualified(self, table: Table) -> Table:
        """Return the table with its schema, for statements that must not depend on the search path."""
        return table if table.schema else table.to_metadata(MetaData(), schema=self.of(table.name))

    def set_search_path(self, preparer: IdentifierPreparer) -> str:
        """Return the statement that makes them the search path."""
        return f"SET search_path TO {', '.join(map(preparer.quote, self.path))}"

    def pin(self, connection: Any, preparer: IdentifierPreparer) -> None:
        """Set the search path of a connection of the driver, and commit it: a rollback would undo it.

        Redshift refuses a path with a schema that does not exist (https://github.com/airbytehq/airbyte/pull/12005). Until
        the schemas have been created, no table may be found: the path is then that of the catalogue, which is always read.
        """
        cursor = connection.cursor()
        try:
            try:
                cursor.execute(self.set_search_path(preparer))
            except ProgrammingError as error:
                connection.rollback()
                if not _is_undefined_schema(error):
                    raise
                cursor.execute("SET search_path TO pg_catalog")
            connection.commit()
        finally:
            cursor.close()


def _is_undefined_schema(error: ProgrammingError) -> bool:
    fields = error.args[0] if error.args else None
    return isinstance(fields, dict) and fields.get("C") == UNDEFINED_SCHEMA
