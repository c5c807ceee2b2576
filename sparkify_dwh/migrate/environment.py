"""What an ``env.py`` runs: the migrations that Alembic has selected, in the database or as SQL."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from logging.config import fileConfig
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateSchema

from sparkify_dwh.connection.schemas import create_schemas, place_staging
from sparkify_dwh.database import connected
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.locks.table_lock import NotFree, Wait
from sparkify_dwh.locks.warehouse_tables import in_use, lock_of_change
from sparkify_dwh.migrate.revisions import (
    VERSION_TABLE,
    current_revision,
    existing_tables_of,
    newest_revision,
    version_table,
)
from sparkify_dwh.redshift.schemas import Schemas
from sparkify_dwh.settings import Settings

if TYPE_CHECKING:
    from sparkify_dwh.warehouse import Warehouse


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
        tables = existing_tables_of(connection, settings) if _is_pending(connection) else [version_table()]
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
