"""The schemas of a warehouse in the database: whether they are there, and what the user may do in them.

All of it is about [CLUSTER] SCHEMA and STAGING_SCHEMA: without them nothing is asked and nothing is created.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, Table, column, func, inspect, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema, DropTable

from sparkify_dwh.errors import LoadError, NotMigratedError
from sparkify_dwh.redshift.catalogue import relations_named
from sparkify_dwh.redshift.schemas import Schemas
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.text import listed

log = safe_logger("sparkify_dwh.migrate")

NAMESPACE = table("pg_namespace", column("nspname"), schema="pg_catalog")


@dataclass(frozen=True)
class SchemaRights:
    """A schema of the search path: whether it exists, and what the user may do in it."""

    name: str
    exists: bool
    may_use: bool
    may_create: bool


def schemas_of(connection: Connection) -> Schemas | None:
    """Return the schemas to which the connection is pinned; None when it has the search path of its user."""
    schemas: Schemas | None = getattr(connection.dialect, "schemas", None)
    return schemas


def rights_in(connection: Connection, schemas: Schemas) -> list[SchemaRights]:
    """Return the rights of the user in each schema of the path. Redshift guide, r_HAS_SCHEMA_PRIVILEGE"""
    name = NAMESPACE.c.nspname
    rights = (func.has_schema_privilege(name, right) for right in ("usage", "create"))
    rows = connection.execute(select(name, *rights).where(name.in_(schemas.path))).all()
    existing = {row[0]: SchemaRights(row[0], True, row[1], row[2]) for row in rows}
    return [existing.get(schema, SchemaRights(schema, False, False, False)) for schema in schemas.path]


def grants_hint(connection: Connection, *needed: str) -> str:
    """Return a sentence with the GRANTs of USAGE and CREATE, if ``needed``, that the user lacks; empty if there are none.

    The transaction, which may have failed, is rolled back.
    """
    connection.rollback()
    quote, grants, schemas = connection.dialect.identifier_preparer.quote, [], schemas_of(connection)
    for schema in rights_in(connection, schemas) if schemas else ():
        granted = {"USAGE": schema.may_use, "CREATE": schema.may_create}
        lacking = ", ".join(right for right in needed if not granted[right])
        if schema.exists and lacking:
            grants.append(f"GRANT {lacking} ON SCHEMA {quote(schema.name)} TO this user")
    return f"The owner of the schema can run: {'; '.join(grants)}." if grants else ""


def require_usage(connection: Connection) -> None:
    """Raise :class:`LoadError` unless the user may use the schemas: else their tables seem not to exist."""
    if hint := grants_hint(connection, "USAGE"):
        raise LoadError("This user may not use every schema of the warehouse", hint)


def create_schemas(connection: Connection, schemas: Schemas) -> list[str]:
    """Create the schemas that do not exist, and return their names. Raises :class:`NotMigratedError` if the user may not.

    Redshift guide, r_CREATE_SCHEMA
    """
    missing = [schema.name for schema in rights_in(connection, schemas) if not schema.exists]
    try:
        for name in missing:
            connection.execute(CreateSchema(name, if_not_exists=True))
        connection.commit()
    except DBAPIError as error:
        connection.rollback()
        quote = connection.dialect.identifier_preparer.quote
        database = quote(str(connection.scalar(select(func.current_database()))))
        create = "; ".join(f"CREATE SCHEMA {quote(name)} AUTHORIZATION this user" for name in missing)
        raise NotMigratedError(
            f"{_there_is_no(missing)}, and this user could not create it",
            f"An administrator can run: {create}; or: GRANT CREATE ON DATABASE {database} TO this user.",
        ) from error
    return missing


def require_schemas(connection: Connection, schemas: Schemas) -> None:
    """Raise :class:`NotMigratedError` for a schema that does not exist."""
    missing = [schema.name for schema in rights_in(connection, schemas) if not schema.exists]
    if missing:
        raise NotMigratedError(_there_is_no(missing), "Run: sparkify-dwh upgrade")


def require_tables(connection: Connection, schemas: Schemas, tables: Iterable[str]) -> None:
    """Raise :class:`NotMigratedError` unless each table is in its schema, and unqualified names mean these tables.

    After a change of STAGING_SCHEMA the staging tables are where they were. Those in SCHEMA would be found first.
    """
    placement = Placement.of(connection, schemas, tables)
    if placement.hiding:
        raise NotMigratedError(
            f"The schema {schemas.main} has {listed(placement.hiding)}, which belong in {schemas.staging}",
            "Run: sparkify-dwh upgrade",
        )
    if placement.missing:
        names = [f"{schemas.of(name)}.{name}" for name in placement.missing]
        is_staging = schemas.staged.issuperset(placement.missing)
        raise NotMigratedError(
            f"The warehouse lacks {listed(names)}",
            "Run: sparkify-dwh upgrade"
            if is_staging
            else "Correct SCHEMA in [CLUSTER], or create all tables anew, without data: sparkify-dwh reset",
        )


@dataclass(frozen=True)
class Placement:
    """Tables that are not where they belong: those missing in their schemas, and staging tables in the schema of the star.

    The latter are left from a time without STAGING_SCHEMA. They come first in the search path, and hide those in it.
    """

    missing: list[str]
    hiding: list[str]

    @classmethod
    def of(cls, connection: Connection, schemas: Schemas, tables: Iterable[str]) -> Placement:
        rows = connection.execute(relations_named(schemas.path, sorted(tables))).all()
        found = {(row.nspname, row.relname) for row in rows}
        misplaced = schemas.staged if schemas.staging != schemas.main else ()
        return cls(
            [name for name in tables if (schemas.of(name), name) not in found],
            sorted(name for name in misplaced if (schemas.main, name) in found),
        )


def place_staging(connection: Connection, schemas: Schemas, tables: Mapping[str, Table]) -> None:
    """Create the staging tables that are missing in their schema, and drop those that hide them.

    They hold the last batch only, so nothing is copied. A table with other columns is not ours, and is not dropped. Raises
    :class:`NotMigratedError` for such a table.
    """
    placement, reflected = Placement.of(connection, schemas, tables), inspect(connection)
    for name in placement.hiding:
        columns = [found["name"] for found in reflected.get_columns(name, schema=schemas.main)]
        if columns != list(tables[name].columns.keys()):
            raise NotMigratedError(
                f"The schema {schemas.main} has a table {name} with other columns, which hides that of {schemas.staging}",
                "Rename it or move it away.",
            )
        connection.execute(DropTable(tables[name].to_metadata(MetaData(), schema=schemas.main)))
    created = sorted(schemas.staged.intersection(placement.missing))
    for name in created:
        schemas.qualified(tables[name]).create(connection, checkfirst=False)
    connection.commit()
    if placement.hiding:
        log.warning("dropped in the schema %s: %s", schemas.main, listed(placement.hiding))
    if created:
        log.warning("created in the schema %s, and empty until the next load: %s", schemas.staging, listed(created))


def _there_is_no(schemas: Sequence[str]) -> str:
    return f"The database has no schema {listed(schemas, 'or')}"
