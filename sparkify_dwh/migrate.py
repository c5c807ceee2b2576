"""Bringing the warehouse's tables up to date, with the migrations that travel in the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable

from sparkify_dwh.base import Base
from sparkify_dwh.database import connected, is_conflict, server_message
from sparkify_dwh.errors import NotMigratedError, UnreachableError

if TYPE_CHECKING:
    from alembic.config import Config

    from sparkify_dwh.settings import Settings

VERSION_TABLE = "alembic_version"


def migrations_directory() -> Path:
    """Return the directory of the migrations. In a checkout it is a link to the ``migrations`` at its top."""
    return Path(__file__).parent / "migrations"


def alembic_config(settings: Settings | None, output: TextIO | None = None) -> Config:
    """Alembic's configuration for this package's migrations; SQL printed with ``--sql`` goes to ``output``."""
    from alembic.config import Config

    config = Config() if output is None else Config(output_buffer=output)
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    config.attributes["settings"] = settings
    return config


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Create the tables, or change them to those of this version.

    Two that create them at once cannot lock each other out, for there is nothing to lock yet; the one that loses finds
    the tables when it is run again. Raises :class:`NotMigratedError` when the migrations cannot be run.
    """
    from alembic import command
    from alembic.util import CommandError

    config = alembic_config(settings)
    try:
        try:
            command.upgrade(config, revision)
        except DBAPIError:
            command.upgrade(config, revision)
    except CommandError as error:
        raise NotMigratedError(f"The migrations cannot be run: {error}. {_advice(str(error))}") from error
    except DBAPIError as error:
        raise NotMigratedError(f"A migration failed and was rolled back: {server_message(error)}.") from error


def _advice(complaint: str) -> str:
    if "Can't locate revision" in complaint:
        return "The tables are those of a newer version: install it (pip install --upgrade sparkify-dwh)."
    return f"Look at the table {VERSION_TABLE}, which must hold one revision."


def downgrade(settings: Settings, revision: str = "base") -> None:
    """Take migrations back; ``base`` removes every table, and what is in them."""
    from alembic import command

    command.downgrade(alembic_config(settings), revision)


def reset(settings: Settings) -> None:
    """Drop every table of the warehouse, whatever state they are in, and create them empty. All data is lost."""
    from sparkify_dwh import ledger, star  # noqa: F401 (models register themselves)

    with connected(settings) as connection:
        try:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(DropTable(table, if_exists=True))
            connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
            connection.commit()
        except DBAPIError as error:
            why = server_message(error).rstrip(".")
            if is_conflict(error):
                raise NotMigratedError(
                    f"The tables were not dropped, for somebody else is at work on them ({why}): run it again afterwards."
                ) from error
            raise NotMigratedError(
                f"The tables were not dropped: {why}. Drop what depends on them, such as views, first."
            ) from error
    upgrade(settings)


def newest_revision() -> str:
    """The revision that this version's models stand at."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(alembic_config(None)).get_current_head()
    assert newest is not None
    return newest


def current_revision(connection: Connection) -> str | None:
    """The revision that the warehouse stands at; None when it was never migrated.

    Raises :class:`NotMigratedError` when it cannot be told, and :class:`UnreachableError` when the connection was lost.
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    try:
        return MigrationContext.configure(connection).get_current_revision()
    except CommandError as error:
        raise NotMigratedError(f"The warehouse's revision is not clear: {error}. {_advice('')}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise UnreachableError(f"The connection was lost: {server_message(error)}. Run it again.") from error
        raise NotMigratedError(
            f"The warehouse's revision must be read from {VERSION_TABLE}, and cannot be: {server_message(error)}. See that "
            "the user may select from it, and that it is as Alembic made it."
        ) from error
    finally:
        connection.rollback()


def require_migrated(connection: Connection) -> None:
    """Raise :class:`NotMigratedError` unless the warehouse's tables are those of this version."""
    current, newest = current_revision(connection), newest_revision()
    if current == newest:
        return
    if current is not None and current > newest:
        raise NotMigratedError(
            f"The warehouse's tables are of revision {current}, which is newer than this version's {newest}: "
            "install the newer version (pip install --upgrade sparkify-dwh)."
        )
    found = "it has none" if current is None else f"its tables are at revision {current}"
    raise NotMigratedError(
        f"The warehouse needs the tables of revision {newest}, and {found}. Run: sparkify-dwh upgrade"
    )
