"""The privileges that a grantee holds already, by the system views.

Whoever is not a superuser sees only some identities there, so a privilege that is missing may be held all the same.
Redshift guide, SVV_RELATION_PRIVILEGES, SVV_SCHEMA_PRIVILEGES, SVV_DATABASE_PRIVILEGES, SVV_DEFAULT_PRIVILEGES
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, column, func, literal, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.redshift.grants import Grant, GrantDefault, Grantee

Privilege = tuple[str, str, str, str]
"""A kind of object, its schema or owner, its name, and what may be done with it."""

_IDENTITY = ("identity_name", "identity_type")
_GRANTEE = ("grantee_name", "grantee_type")


def privileges_of(grant: Grant | GrantDefault, current_user: str) -> set[Privilege]:
    """Return what a statement grants, as ``held_by`` returns it."""
    if isinstance(grant, GrantDefault):
        return {("DEFAULT", grant.owner or current_user, grant.schema, name) for name in grant.privileges}
    return {(grant.kind, grant.schema or "", name, right) for name in grant.objects for right in grant.privileges}


def held_by(connection: Connection, grantee: Grantee) -> set[Privilege]:
    """Return what the user may see of the privileges that were granted to the grantee itself; each view by its own query."""
    held: set[Privilege] = set()
    for query in _queries(grantee):
        try:
            held |= {
                (str(kind), str(place), str(name), str(right)) for kind, place, name, right in connection.execute(query)
            }
        except DBAPIError:  # the view may not be read, and then nothing is known
            connection.rollback()
    connection.rollback()
    return held


def _queries(grantee: Grantee) -> Iterator[Select[Any]]:
    yield _query("TABLE", "svv_relation_privileges", "namespace_name", "relation_name", grantee, _IDENTITY)
    yield _query("SCHEMA", "svv_schema_privileges", None, "namespace_name", grantee, _IDENTITY)
    yield _query("DATABASE", "svv_database_privileges", None, "database_name", grantee, _IDENTITY)
    yield _query("DEFAULT", "svv_default_privileges", "owner_name", "schema_name", grantee, _GRANTEE)


def _query(  # noqa: PLR0913 (the view and its columns)
    kind: str, view: str, place: str | None, name: str, grantee: Grantee, identity: tuple[str, str]
) -> Select[Any]:
    name_of, type_of = identity
    return (
        select(literal(kind), column(place) if place else literal(""), column(name), column("privilege_type"))
        .select_from(table(view))
        .where(func.lower(column(name_of)) == grantee.name.lower(), func.lower(column(type_of)) == grantee.kind.lower())
    )
