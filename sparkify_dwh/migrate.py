"""Bringing the warehouse's tables up to date with its Alembic migrations."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from logging.config import fileConfig
from typing import TYPE_CHECKING, TextIO

from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema, DropTable

from sparkify_dwh.connection.schemas import (
    create_schemas,
    grants_hint,
    place_staging,
    require_schemas,
    require_tables,
    schemas_of,
)
from sparkify_dwh.database import connected, is_conflict, server_message
from sparkify_dwh.errors import NotMigratedError, SparkifyError, UnreachableError
from sparkify_dwh.locks.table_lock import NotFree, Wait
from sparkify_dwh.locks.warehouse_tables import existing_tables, in_use, lock_of_change
from sparkify_dwh.redshift.schemas import Schemas
from sparkify_dwh.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

    from sparkify_dwh.warehouse import Warehouse

VERSION_TABLE = "alembic_version"


def upgrade(settings: Settings, revision: str = "head", wait: Wait | None = None) -> None:
    """Create the tables, or migrate them to a revision. ``wait`` is for sessions that use the tables.

    Of two upgrades that create the tables concurrently one fails, because there is no table to lock yet. A failed upgrade is
    therefore run a second time, when the tables exist.

    Raises :class:`NotMigratedError` when the migrations cannot be run.
    """
    from alembic import command
    from alembic.util import CommandError

    config = alembic_config(settings, wait=wait)
    try:
        try:
            command.upgrade(config, revision)
        except DBAPIError:
            command.upgrade(config, revision)
    except CommandError as error:
        raise NotMigratedError(f"The migrations cannot be run: {error}", _hint(str(error))) from error
    except DBAPIError as error:
        with connected(settings) as connection:
            hint = grants_hint(connection, "USAGE", "CREATE")
        raise NotMigratedError(f"A migration failed and was rolled back: {server_message(error)}", hint) from error


def downgrade(settings: Settings, revision: str = "base", wait: Wait | None = None) -> None:
    """Revert migrations; ``base`` drops every table."""
    from alembic import command

    command.downgrade(alembic_config(settings, wait=wait), revision)


def reset(settings: Settings, wait: Wait | None = None) -> None:
    """Drop every table of the warehouse, whatever its revision, and create all of them empty. All data is lost.

    ``wait`` is for sessions that use the tables.
    """
    wait = wait or Wait()
    with connected(settings) as connection:
        try:
            if tables := _existing_tables(connection, settings):
                lock_of_change(connection, tables, wait).take()
            for table in tables:
                connection.execute(DropTable(table))
            connection.commit()
        except NotFree as error:
            raise in_use(error, wait) from error
        except DBAPIError as error:
            why = server_message(error).rstrip(".")
            if is_conflict(error):
                raise NotMigratedError(
                    f"The tables were not dropped, because another transaction uses them ({why})",
                    "run it again afterwards.",
                ) from error
            raise NotMigratedError(
                f"The tables were not dropped: {why}", "First drop the objects that depend on them, such as views."
            ) from error
    upgrade(settings, wait=wait)


def newest_revision(warehouse: Warehouse) -> str:
    """Return the revision of the warehouse's models."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(_config(warehouse)).get_current_head()
    assert newest is not None
    return newest


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the tables in the database; None when it was never migrated.

    Raises :class:`NotMigratedError` when it cannot be read, and :class:`UnreachableError` when the connection was lost.
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    from sparkify_dwh.redshift import alembic as _alembic  # noqa: F401 (the version table is in the schema of the dialect)

    try:
        return MigrationContext.configure(connection).get_current_revision()
    except CommandError as error:
        raise NotMigratedError(f"The warehouse's revision is ambiguous: {error}", _hint("")) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise UnreachableError(f"The connection was lost: {server_message(error)}", "Run it again.") from error
        raise NotMigratedError(
            f"The warehouse's revision cannot be read from {VERSION_TABLE}: {server_message(error)}",
            grants_hint(connection, "USAGE")
            or "Make sure that the user may select from it, and that it was created by Alembic.",
        ) from error
    finally:
        connection.rollback()


def require_migrated(connection: Connection, warehouse: Warehouse) -> None:
    """Raise :class:`NotMigratedError` unless the tables in the database are those of the warehouse's models."""
    current, newest, schemas = current_revision(connection), newest_revision(warehouse), schemas_of(connection)
    if current == newest:
        if schemas is not None:
            require_tables(connection, schemas, warehouse.all_tables)
        return
    if current is not None and current > newest:
        raise NotMigratedError(
            f"The warehouse's tables are at revision {current}, which is newer than this version's {newest}",
            "install the newer version (pip install --upgrade sparkify-dwh).",
        )
    if current is None and schemas is not None:
        require_schemas(connection, schemas)
    holder = "it" if schemas is None else f"the schema {schemas.main}"
    state = f"{holder} has none" if current is None else f"its tables are at revision {current}"
    raise NotMigratedError(
        f"The warehouse needs the tables of revision {newest}, but {state}", "Run: sparkify-dwh upgrade"
    )


def alembic_config(settings: Settings, output: TextIO | None = None, wait: Wait | None = None) -> Config:
    """Return Alembic's configuration for the warehouse's migrations; SQL printed with ``--sql`` goes to ``output``."""
    config = _config(settings.warehouse, output)
    config.attributes["settings"] = settings
    config.attributes["wait"] = wait
    return config


def _config(warehouse: Warehouse, output: TextIO | None = None) -> Config:
    from alembic.config import Config

    config = Config() if output is None else Config(output_buffer=output)
    config.set_main_option("script_location", str(warehouse.migrations).replace("%", "%%"))
    return config


def _hint(message: str) -> str:
    if "Can't locate revision" in message:
        return "The tables are those of a newer version: install it (pip install --upgrade sparkify-dwh)."
    return f"Look at the table {VERSION_TABLE}, which must hold one revision."


def run_migrations(warehouse: Warehouse) -> None:
    """Run the migrations that Alembic has selected. An ``env.py`` needs to call nothing else.

    Callers in this package pass settings in ``config.attributes["settings"]``. For Alembic's own command, settings come from
    dwh.cfg or the environment, logging from alembic.ini, and errors become :class:`alembic.util.CommandError`.
    """
    from alembic import context
    from alembic.util import CommandError

    from sparkify_dwh.redshift import autogenerate as _autogenerate  # noqa: F401 (registers the operations of migrations)

    given = context.config.attributes.get("settings")
    if given is None and context.config.config_file_name is not None:
        fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    try:
        settings = given or Settings.read(warehouse=warehouse)
        if context.is_offline_mode():
            _run_offline(settings)
        else:
            _run_online(settings)
    except SparkifyError as error:
        if given:
            raise
        raise CommandError(str(error)) from error


def _run_offline(settings: Settings) -> None:
    """Print the SQL for Redshift, until the reader closes the pipe (``| head``)."""
    from alembic import context

    schemas = settings.schemas
    context.configure(
        url=settings.url,
        target_metadata=settings.warehouse.metadata,
        literal_binds=True,
        dialect_opts={"schemas": schemas},
    )
    try:
        if schemas is not None:
            _print_schemas(schemas)
        with context.begin_transaction():
            context.run_migrations()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python fails to flush it at exit


def _run_online(settings: Settings) -> None:
    from alembic import context

    from sparkify_dwh.redshift import autogenerate

    warehouse, schemas = settings.warehouse, settings.schemas
    wait = context.config.attributes.get("wait") or Wait()
    if schemas is not None and _is_upgrade():
        with connected(settings) as connection:
            create_schemas(connection, schemas)
    with connected(settings) as connection:
        tables = _existing_tables(connection, settings) if _is_pending(connection) else [_version_table()]
        is_first = not inspect(connection).has_table(VERSION_TABLE)
        connection.rollback()  # in a transaction that it did not begin, Alembic has no autocommit blocks
        table_lock = None if is_first else lock_of_change(connection, tables, wait)
        try:
            if table_lock is not None:
                table_lock.take()  # waits and tells; Alembic does not let a transaction of its own be rolled back
                connection.rollback()
            context.configure(
                connection=connection,
                target_metadata=warehouse.metadata,
                include_name=autogenerate.named_in(warehouse.all_tables),
                render_item=autogenerate.render_item,
            )
            with context.begin_transaction():
                if table_lock is not None:
                    table_lock.take_in_transaction()
                context.run_migrations()
        except NotFree as error:
            raise in_use(error, wait) from error
        if schemas is not None and _is_upgrade() and current_revision(connection) == newest_revision(warehouse):
            place_staging(connection, schemas, warehouse.all_tables)


def _is_upgrade() -> bool:
    """Return whether Alembic was asked for a revision, and not only to compare or to show something."""
    from alembic import context

    try:
        return bool(context.get_revision_argument())
    except KeyError:
        return False


def _print_schemas(schemas: Schemas) -> None:
    """Print the statements that create the schemas, where the script creates the first tables, and select them."""
    from alembic import context

    if not context.get_starting_revision_argument():
        for name in schemas.path:
            context.execute(CreateSchema(name, if_not_exists=True))
    context.execute(schemas.set_search_path(context.get_context().dialect.identifier_preparer))


def _is_pending(connection: Connection) -> bool:
    """Return whether the migrations that Alembic has selected would change tables."""
    from alembic import context

    with suppress(KeyError):  # a command that runs no migrations has no revision
        target = context.get_revision_argument()
        return current_revision(connection) != target
    return False


def _existing_tables(connection: Connection, settings: Settings) -> list[Table]:
    """Return the tables that exist, the version table first, and those that others refer to last."""
    models = reversed(settings.warehouse.models)
    return existing_tables(connection, [_version_table(), *(model.table() for model in models)], settings.schemas)


def _version_table() -> Table:
    return Table(VERSION_TABLE, MetaData())
