"""Upgrade, downgrade and reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable

from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.connection.schemas import grants_hint
from sparkify_dwh.database import connected, is_conflict, is_lost, server_message
from sparkify_dwh.errors import NotMigratedError
from sparkify_dwh.locks.table_lock import NotFree, Wait
from sparkify_dwh.locks.warehouse_tables import in_use, lock_of_change
from sparkify_dwh.migrate.revisions import alembic_config, existing_tables_of, revision_hint
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger

if TYPE_CHECKING:
    from alembic.config import Config

log = safe_logger("sparkify_dwh.migrate")


def upgrade(
    settings: Settings, revision: str = "head", wait: Wait | None = None, retries: Retries | None = None
) -> None:
    """Create the tables, or migrate them to a revision. ``wait`` is for sessions that use the tables.

    After a lost connection it is run again, from the revision that was committed last.

    Of two upgrades that create the tables concurrently one fails, because there is no table to lock yet. A failed upgrade is
    therefore run a second time, when the tables exist.

    Raises :class:`NotMigratedError` when the migrations cannot be run.
    """
    from alembic.util import CommandError

    config = alembic_config(settings, wait=wait)
    try:
        (retries or Retries()).run("upgrade", lambda _attempt: _upgrade(config, revision), log)
    except CommandError as error:
        raise NotMigratedError(f"The migrations cannot be run: {error}", revision_hint(str(error))) from error
    except DBAPIError as error:
        with connected(settings) as connection:
            hint = grants_hint(connection, "USAGE", "CREATE")
        raise NotMigratedError(f"A migration failed and was rolled back: {server_message(error)}", hint) from error


def _upgrade(config: Config, revision: str) -> None:
    from alembic import command

    try:
        command.upgrade(config, revision)
    except DBAPIError as error:
        if is_lost(error):
            raise
        command.upgrade(config, revision)


def downgrade(settings: Settings, revision: str = "base", wait: Wait | None = None) -> None:
    """Revert migrations; ``base`` drops every table."""
    from alembic import command

    command.downgrade(alembic_config(settings, wait=wait), revision)


def reset(settings: Settings, wait: Wait | None = None, retries: Retries | None = None) -> None:
    """Drop every table of the warehouse, whatever its revision, and create all of them empty. All data is lost.

    ``wait`` is for sessions that use the tables. After a lost connection it is run again, with the tables that are left.
    """
    wait, retries = wait or Wait(), retries or Retries()
    retries.run("reset", lambda _attempt: _drop_tables(settings, wait), log)
    upgrade(settings, wait=wait, retries=retries)


def _drop_tables(settings: Settings, wait: Wait) -> None:
    with connected(settings) as connection:
        try:
            if tables := existing_tables_of(connection, settings):
                lock_of_change(connection, tables, wait).take()
            for table in tables:
                connection.execute(DropTable(table))
            connection.commit()
        except NotFree as error:
            raise in_use(error, wait) from error
        except DBAPIError as error:
            if is_lost(error):
                raise
            why = server_message(error).rstrip(".")
            if is_conflict(error):
                raise NotMigratedError(
                    f"The tables were not dropped, because another transaction uses them ({why})",
                    "run it again afterwards.",
                ) from error
            raise NotMigratedError(
                f"The tables were not dropped: {why}", "First drop the objects that depend on them, such as views."
            ) from error
