"""How Alembic reaches the warehouse: through the settings, the corrected dialect, and one lock.

``alembic upgrade head`` reads dwh.cfg (or SPARKIFY_DWH_CONFIG and the environment); a caller that has settings already
passes them in ``config.attributes["settings"]``.
"""

from __future__ import annotations

import os
import sys

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, Table, inspect

from sparkify_dwh import ledger, star
from sparkify_dwh.base import Base
from sparkify_dwh.database import connected
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.migrate import VERSION_TABLE
from sparkify_dwh.redshift import alembic as alembic_redshift
from sparkify_dwh.redshift import autogenerate
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.settings import Settings

REGISTERED = (alembic_redshift, autogenerate, ledger, star)  # imported for what they register


def lock_versions(connection: Connection) -> None:
    """Let one migration in at a time: Redshift does not enforce the key of alembic_version.

    Redshift guide, t_Defining_constraints. The lock comes first in its transaction: a snapshot taken before it is stale.
    """
    exists = inspect(connection).has_table(VERSION_TABLE)
    connection.rollback()
    if exists:
        connection.execute(LockTable(Table(VERSION_TABLE, MetaData())))


def run_offline(settings: Settings) -> None:
    """Print the SQL that Redshift would get, as far as whoever reads it wants it: ``| head`` goes away early."""
    context.configure(url=settings.url, target_metadata=Base.metadata, literal_binds=True)
    try:
        with context.begin_transaction():
            context.run_migrations()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it closes it


def run_online(settings: Settings) -> None:
    with connected(settings) as connection:
        lock_versions(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=autogenerate.named_in(Base.metadata),
            render_item=autogenerate.render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def run() -> None:
    settings = context.config.attributes.get("settings") or Settings.read()
    if context.is_offline_mode():
        run_offline(settings)
    else:
        run_online(settings)


if "settings" in context.config.attributes:
    run()
else:  # by Alembic's own command, which shows its own kind of error as a sentence
    try:
        run()
    except SparkifyError as error:
        raise CommandError(str(error)) from error
