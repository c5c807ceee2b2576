"""Findings about the rights of the user: to read and write the tables, to change them, and to read why COPY rejected rows.

Redshift guide, r_HAS_TABLE_PRIVILEGE, r_HAS_SCHEMA_PRIVILEGE
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Row, column, func, literal_column, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.connection.schemas import SchemaRights, rights_in, schemas_of
from sparkify_dwh.database import server_message
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.grants.profiles import WRITE
from sparkify_dwh.utils.text import listed
from sparkify_dwh.warehouse import Warehouse

PG_TABLES = table("pg_tables", column("schemaname"), column("tablename"), column("tableowner"))
REJECTION_VIEWS = ("sys_load_error_detail", "stl_load_errors")
TABLE_SIZES = "svv_table_info"


def rights_findings(connection: Connection, warehouse: Warehouse) -> Iterator[Finding]:
    """Yield the findings."""
    grant = _grant(connection)
    schemas = _schemas(connection)
    tables = _tables(connection, warehouse, [schema.name for schema in schemas if schema.may_use])
    yield from _on_load(tables, grant)
    for schema in schemas:
        yield _on_schema(connection, schema, bool(tables), grant)
    yield from _on_ownership(tables)
    yield _on_rejections(connection)
    yield _on_sizes(connection)


def _grant(connection: Connection) -> str:
    """Return the command that gives this user the rights of a load."""
    user = connection.scalar(select(func.current_user()))
    return f"`sparkify-dwh grant loader --to USER {shlex.quote(str(user))}`"


def _schemas(connection: Connection) -> list[SchemaRights]:
    """Return the schemas of the warehouse: those that are configured, or the first of the search path."""
    configured = schemas_of(connection)
    if configured is not None:
        return rights_in(connection, configured)
    current = func.current_schema()
    name, may_create = connection.execute(select(current, func.has_schema_privilege(current, "create"))).one()
    return [SchemaRights(str(name), exists=True, may_use=True, may_create=may_create)]


def _tables(connection: Connection, warehouse: Warehouse, schemas: Sequence[str]) -> Sequence[Row[tuple[str, ...]]]:
    """Return a row for each existing table of the models: its name, whether the user owns it, and the user's rights."""
    name, configured = PG_TABLES.c.tablename, schemas_of(connection)
    rows = connection.execute(
        select(
            PG_TABLES.c.schemaname.label("schema"),
            name.label("name"),
            (PG_TABLES.c.tableowner == func.current_user()).label("is_own"),
            *(func.has_table_privilege(name, right).label(right) for right in WRITE),
        )
        .where(PG_TABLES.c.schemaname.in_(schemas), name.in_(warehouse.all_tables))
        .order_by(name)
    ).all()
    return [row for row in rows if configured is None or configured.of(row.name) == row.schema]


def _on_load(tables: Sequence[Row[tuple[str, ...]]], grant: str) -> Iterator[Finding]:
    lacking = {right: [row.name for row in tables if not row._mapping[right]] for right in WRITE}
    for right, names in lacking.items():
        if names:
            yield problem(
                "rights",
                f"This user may not {right} on {', '.join(names)}, which a load needs: have their owner run {grant}.",
            )
    if tables and not any(lacking.values()):
        yield ok("rights", "This user may read and write the tables.")


def _on_schema(connection: Connection, schema: SchemaRights, has_tables: bool, grant: str) -> Finding:
    name = connection.dialect.identifier_preparer.quote(schema.name)
    if not schema.exists:
        return _on_missing_schema(connection, name)
    if not schema.may_use:
        return problem(
            "rights",
            f"This user may not use the schema {name}: have its owner run {grant} or, before there are tables, GRANT USAGE, "
            f"CREATE ON SCHEMA {name}.",
        )
    if schema.may_create:
        return ok("rights", f"This user may create tables in the schema {name}.")
    return (warning if has_tables else problem)(
        "rights",
        f"This user may not create tables in the schema {name}, so `sparkify-dwh upgrade` would fail: run it as a user "
        f"with that right, or have the schema's owner run {grant if has_tables else f'GRANT CREATE ON SCHEMA {name}'}.",
    )


def _on_missing_schema(connection: Connection, name: str) -> Finding:
    """Return the finding on whether `sparkify-dwh upgrade` could create it. Redshift guide, r_HAS_DATABASE_PRIVILEGE"""
    database = func.current_database()
    database_name, may_create = connection.execute(
        select(database, func.has_database_privilege(database, "create"))
    ).one()
    if may_create:
        return ok("rights", f"This user may create the schema {name}, which does not exist yet.")
    return problem(
        "rights",
        f"The schema {name} does not exist, and this user may not create it. An administrator can: CREATE SCHEMA {name} "
        f"AUTHORIZATION the user, or GRANT CREATE ON DATABASE {database_name} TO the user.",
    )


def _on_ownership(tables: Sequence[Row[tuple[str, ...]]]) -> Iterator[Finding]:
    """Warn about tables of other owners. Only owners and superusers alter tables. Redshift guide, r_ALTER_TABLE"""
    others = [row.name for row in tables if not row.is_own]
    if others:
        yield warning(
            "rights",
            f"This user does not own {', '.join(others)}, so a later `sparkify-dwh upgrade`, `restore` or `reset` may be "
            "refused, which no GRANT changes: have their owner run it.",
        )


def _on_rejections(connection: Connection) -> Finding:
    refusals = {view: _refusal(connection, view) for view in REJECTION_VIEWS}
    readable = [view for view, refusal in refusals.items() if refusal is None]
    if readable:
        return ok("rights", f"The reasons for rejected rows can be read from {listed(readable)}.")
    return warning(
        "rights",
        f"The reasons for rejected rows cannot be read ({next(iter(refusals.values()))}), so a failed load cannot name "
        f"them: a superuser can GRANT SELECT ON {REJECTION_VIEWS[0]} TO this user.",
    )


def _on_sizes(connection: Connection) -> Finding:
    refusal = _refusal(connection, TABLE_SIZES)
    if refusal is None:
        return ok("rights", f"Sizes and skew can be read from {TABLE_SIZES}.")
    return warning(
        "rights",
        f"{TABLE_SIZES} cannot be read ({refusal}), so `sparkify-dwh physical` shows no sizes: a superuser can GRANT "
        f"SELECT ON {TABLE_SIZES} TO this user.",
    )


def _refusal(connection: Connection, view: str) -> str | None:
    """Return the server's error for reading a view; None when the user may read it."""
    try:
        connection.execute(select(literal_column("1")).select_from(table(view)).limit(1)).all()
    except DBAPIError as error:
        return server_message(error)
    finally:
        connection.rollback()
    return None
