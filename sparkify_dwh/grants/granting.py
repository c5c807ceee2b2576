"""Grant a profile's rights in one transaction, and report what was granted and what was there already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.connection.ownership import PG_TABLES
from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.connection.schemas import schemas_of
from sparkify_dwh.database import connected, error_fields, is_lost, server_message
from sparkify_dwh.errors import SparkifyError, UsageError
from sparkify_dwh.grants.held import held_by, privileges_of
from sparkify_dwh.grants.profiles import Profile, Scope, grants_of
from sparkify_dwh.loading.rejected_rows import notices
from sparkify_dwh.migrate import VERSION_TABLE, require_migrated
from sparkify_dwh.redshift.grants import Grant, GrantDefault, Grantee
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.text import listed
from sparkify_dwh.warehouse import Warehouse

log = safe_logger("sparkify_dwh.grants")

INSUFFICIENT_PRIVILEGE = "42501"
NOT_GRANTED = b"01007"  # the code of a warning about a GRANT that had no effect

CREATION = {"USER": "CREATE USER {} PASSWORD '...'", "ROLE": "CREATE ROLE {}", "GROUP": "CREATE GROUP {}"}

State = Literal["granted", "already", "missing"]


@dataclass(frozen=True, slots=True)
class GrantedStatement:
    """A statement: granted now, granted already, or after a dry run missing."""

    sql: str
    state: State


@dataclass(frozen=True, slots=True)
class GrantReport:
    """The statements of a profile in order, and sentences about what they do not give."""

    profile: Profile
    grantee: Grantee
    statements: tuple[GrantedStatement, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return asdict(self)


def grant(
    settings: Settings, profile: Profile, grantee: Grantee, *, dry_run: bool = False, retries: Retries | None = None
) -> GrantReport:
    """Grant a role, group or user of the database what ``profile`` needs, or with ``dry_run`` only say what is missing.

    After a lost connection it is run again: what was granted already is not granted twice.

    Raises:
        UsageError: there is no such role, group or user.
        SparkifyError: this user may not grant it; nothing was granted.
        NotMigratedError: there are no tables to grant rights on.
    """
    return (retries or Retries()).run(
        "grant", lambda _attempt: _grant(settings, profile, grantee, dry_run=dry_run), log
    )


def _grant(settings: Settings, profile: Profile, grantee: Grantee, *, dry_run: bool) -> GrantReport:
    with connected(settings) as connection:
        require_migrated(connection, settings.warehouse)
        user, owners, scope = _scope(connection, settings.warehouse)
        grants = grants_of(profile, settings.warehouse, scope, grantee)
        held = held_by(connection, grantee)
        missing = [statement for statement in grants if not privileges_of(statement, user) <= held]
        if not dry_run:
            _execute(connection, missing, user, owners)
        states: dict[bool, State] = {True: "missing" if dry_run else "granted", False: "already"}
        done = [GrantedStatement(_sql(connection, each), states[each in missing]) for each in grants]
    return GrantReport(profile, grantee, tuple(done), tuple(_notes(profile, owners)))


def _scope(connection: Connection, warehouse: Warehouse) -> tuple[str, list[str], Scope]:
    """Return the current user, the owners of the tables, and where they are."""
    current = select(func.current_user(), func.current_database(), func.current_schema())
    user, database, current_schema = map(str, connection.execute(current).one())
    schemas = schemas_of(connection)
    path = schemas.path if schemas else (current_schema,)
    owners = list(
        connection.scalars(
            select(PG_TABLES.c.tableowner)
            .distinct()
            .where(PG_TABLES.c.schemaname.in_(path), PG_TABLES.c.tablename.in_(warehouse.all_tables))
            .order_by(PG_TABLES.c.tableowner)
        )
    )
    connection.rollback()
    owner = owners[0] if len(owners) == 1 and owners[0] != user else None
    schema_of = schemas.of if schemas else lambda _table: current_schema
    return user, owners, Scope(database, schema_of, VERSION_TABLE, owner)


def _execute(connection: Connection, grants: Iterable[Grant | GrantDefault], user: str, owners: Sequence[str]) -> None:
    received = notices(connection)
    for statement in grants:
        received.clear()
        try:
            connection.execute(statement)
        except DBAPIError as error:
            if is_lost(error):
                raise
            connection.rollback()
            raise _refused(error, statement, user, owners) from error
        if any(notice.get(b"C") == NOT_GRANTED for notice in received):
            connection.rollback()
            raise _not_allowed(statement, user, owners, "it would have had no effect")
    connection.commit()


def _refused(error: DBAPIError, statement: Grant | GrantDefault, user: str, owners: Sequence[str]) -> SparkifyError:
    message, grantee = server_message(error), statement.to
    if error_fields(error).get("C") == INSUFFICIENT_PRIVILEGE:
        return _not_allowed(statement, user, owners, message)
    if f'{grantee.kind.lower()} "{grantee.name}" does not exist'.lower() in message.lower():
        creation = CREATION[grantee.kind].format(grantee.name)
        return UsageError(f"The database has no {grantee}", f"correct --to, or create it: {creation}")
    return SparkifyError(f"Nothing was granted, because the warehouse refused it: {message}")


def _not_allowed(statement: Grant | GrantDefault, user: str, owners: Sequence[str], reason: str) -> SparkifyError:
    return SparkifyError(
        f"The user {user} may not grant {', '.join(statement.privileges)} to {statement.to}, so nothing was granted "
        f"({reason})",
        f"Run it as {listed([*owners])}, who owns the tables, or as a superuser.",
    )


def _sql(connection: Connection, statement: Grant | GrantDefault) -> str:
    return str(statement.compile(dialect=connection.dialect))


def _notes(profile: Profile, owners: Sequence[str]) -> Iterable[str]:
    if profile == "loader":
        yield (
            "`sparkify-dwh upgrade`, `restore` and `reset` change or drop tables, which only their owner "
            f"({listed([*owners])}) or a superuser may: run them as such a user."
        )
    if len(owners) > 1:
        yield f"Tables belong to {listed([*owners])}: the defaults are for later tables of the current user only."
