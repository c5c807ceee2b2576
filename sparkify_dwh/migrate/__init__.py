"""Bringing the warehouse's tables up to date with its Alembic migrations.

    upgrade(settings)                       # create the tables, or migrate them
    require_migrated(connection, warehouse) # raise an error unless they are those of the models

commands  upgrade, downgrade, reset         revisions  that of the tables, and the newest
environment  what an ``env.py`` calls
"""

from __future__ import annotations

from sparkify_dwh.migrate.commands import downgrade, reset, upgrade
from sparkify_dwh.migrate.environment import run_migrations
from sparkify_dwh.migrate.revisions import (
    VERSION_TABLE,
    alembic_config,
    current_revision,
    newest_revision,
    require_migrated,
)

__all__ = [
    "VERSION_TABLE",
    "alembic_config",
    "current_revision",
    "downgrade",
    "newest_revision",
    "require_migrated",
    "reset",
    "run_migrations",
    "upgrade",
]
