"""The revision of the tables in the database, and the newest, which the models need."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from sqlalchemy import Connection, MetaData, Table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.connection.schemas import grants_hint, require_schemas, require_tables, schemas_of
from sparkify_dwh.connection.server_errors import is_lost, loss_message, server_message
from sparkify_dwh.errors import ConnectionLostError, NotMigratedError
from sparkify_dwh.locks.table_lock import Wait
from sparkify_dwh.locks.warehouse_tables import existing_tables
from sparkify_dwh.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

    from sparkify_dwh.warehouse import Warehouse

VERSION_TABLE = "alembic_version"


def newest_revision(warehouse: Warehouse) -> str:
    """Return the revision of the warehouse's models."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(_config(warehouse)).get_current_head()
    assert newest is not None
    return newest


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the tables in the database; None when it was never migrated.

    Raises :class:`NotMigratedError` when it cannot be read, and :class:`ConnectionLostError`.
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    from sparkify_dwh.redshift import alembic as _alembic  # noqa: F401 (the version table is in the schema of the dialect)

    try:
        return MigrationContext.configure(connection).get_current_revision()
    except CommandError as error:
        raise NotMigratedError(f"The warehouse's revision is ambiguous: {error}", revision_hint("")) from error
    except DBAPIError as error:
        if is_lost(error):
            raise ConnectionLostError(
                f"The connection to the warehouse was lost: {loss_message(error)}", "Run it again."
            ) from error
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


def revision_hint(message: str) -> str:
    if "Can't locate revision" in message:
        return "The tables are those of a newer version: install it (pip install --upgrade sparkify-dwh)."
    return f"Look at the table {VERSION_TABLE}, which must hold one revision."


def existing_tables_of(connection: Connection, settings: Settings) -> list[Table]:
    """Return the tables that exist, the version table first, and those that others refer to last."""
    models = reversed(settings.warehouse.models)
    return existing_tables(connection, [version_table(), *(model.table() for model in models)], settings.schemas)


def version_table() -> Table:
    """Return the table in which Alembic keeps the revision."""
    return Table(VERSION_TABLE, MetaData())
