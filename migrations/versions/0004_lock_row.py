"""The table that loads lock has a row

Revision ID: 0004
Revises: 0003

The first load that takes the lock inserts it: see sparkify_dwh/loading/locking.py.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

BEFORE = "Locked by a load while it runs; holds nothing"
AFTER = "Locked and updated by a load while it runs; one row"


def upgrade() -> None:
    op.create_table_comment("load_lock", AFTER, existing_comment=BEFORE)


def downgrade() -> None:
    op.create_table_comment("load_lock", BEFORE, existing_comment=AFTER)
