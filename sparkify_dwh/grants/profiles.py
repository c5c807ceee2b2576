"""What analysts and loaders need, as GRANTs for the tables of a warehouse.

A loader may load tables of another owner: no statement of a load needs more than these privileges. LOCK needs UPDATE or
DELETE in PostgreSQL 8.0, from which Redshift comes; the guide does not say. ALTER TABLE, which `upgrade` and `restore` use,
and TRUNCATE, which nothing uses, are for owners and superusers, and so is ANALYZE, which a large load then leaves out.
Redshift guide, r_ALTER_TABLE, r_TRUNCATE, r_ANALYZE
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.grants import Grant, GrantDefault, Grantee
from sparkify_dwh.warehouse import Warehouse

Profile = Literal["analyst", "loader"]

READ = ("SELECT",)
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the tables of a warehouse are: ``schema_of`` says it for a table. ``owner`` is None for the current user."""

    database: str
    schema_of: Callable[[str], str]
    version_table: str
    owner: str | None


def grants_of(profile: Profile, warehouse: Warehouse, scope: Scope, to: Grantee) -> list[Grant | GrantDefault]:
    """Return the statements that give a profile its rights."""
    if profile == "loader":
        return [*_on_tables(scope, to, [*warehouse.all_tables, scope.version_table], WRITE, ("USAGE", "CREATE"))]
    return [*_on_tables(scope, to, [*_read_by_analysts(warehouse), scope.version_table], READ, ("USAGE",))]


def _read_by_analysts(warehouse: Warehouse) -> Iterable[str]:
    """Return the star, and the ledger for `history` and reports. Staging holds what the star was made of."""
    staging = {model.__tablename__ for model in warehouse.staging}
    return [name for name in warehouse.all_tables if name not in staging and name != LoadLock.__tablename__]


def _on_tables(
    scope: Scope, to: Grantee, tables: Iterable[str], on_tables: tuple[str, ...], on_schemas: tuple[str, ...]
) -> Iterator[Grant | GrantDefault]:
    by_schema: dict[str, list[str]] = {}
    for name in tables:
        by_schema.setdefault(scope.schema_of(name), []).append(name)
    yield Grant(on_schemas, "SCHEMA", list(by_schema), to=to)
    for schema, names in by_schema.items():
        yield Grant(on_tables, "TABLE", names, to=to, schema=schema)
    yield Grant(("TEMP",), "DATABASE", [scope.database], to=to)  # reports work in temporary tables
    for schema in by_schema:
        yield GrantDefault(on_tables, schema, to=to, owner=scope.owner)
