"""Who owns the tables in the database: some statements are for owners and superusers only, whatever is granted."""

from __future__ import annotations

from sqlalchemy import Connection, column, func, select, table

from sparkify_dwh.connection.schemas import schemas_of

PG_TABLES = table("pg_tables", column("schemaname"), column("tablename"), column("tableowner"))
PG_USER = table("pg_user", column("usename"), column("usesuper"))


def is_owner(connection: Connection, name: str) -> bool:
    """Return whether the user owns a table of the warehouse, or is a superuser. Redshift guide, r_ANALYZE, r_PG_USER"""
    schemas = schemas_of(connection)
    schema = schemas.of(name) if schemas else func.current_schema()
    owner = select(PG_TABLES.c.tableowner).where(PG_TABLES.c.schemaname == schema, PG_TABLES.c.tablename == name)
    user = select(PG_USER.c.usename, PG_USER.c.usesuper).where(PG_USER.c.usename == func.current_user())
    current, is_super = connection.execute(user).one()
    return bool(is_super) or connection.scalar(owner) == current
