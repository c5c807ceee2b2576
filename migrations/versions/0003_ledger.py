"""The ledger of loads

Revision ID: 0003
Revises: 0002

The loader's own tables: see sparkify_dwh/ledger.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "load_lock",
        sa.Column("load_id", sa.String(64), nullable=False, redshift_encode="zstd"),
        sa.PrimaryKeyConstraint("load_id"),
        comment="Locked by a load while it runs; holds nothing",
        redshift_diststyle="ALL",
    )
    op.create_table(
        "loads",
        sa.Column(
            "load_id",
            sa.String(64),
            nullable=False,
            comment="Made by the loader, so that it knows its own load",
            redshift_encode="zstd",
        ),
        sa.Column(
            "started_at",
            sa.DateTime(),
            nullable=False,
            comment="UTC, by the clock of the loader",
            redshift_encode="raw",
        ),
        sa.Column("seconds", sa.Double(), nullable=False, redshift_encode="zstd"),
        sa.Column("version", sa.String(32), nullable=False, comment="Of sparkify_dwh", redshift_encode="zstd"),
        sa.Column("outcome", sa.String(32), nullable=False, comment="loaded or failed", redshift_encode="zstd"),
        sa.Column(
            "report", sa.String(65535), nullable=False, comment="The load's report as JSON", redshift_encode="zstd"
        ),
        sa.PrimaryKeyConstraint("load_id"),
        comment="One row per load",
        redshift_diststyle="ALL",
        redshift_sortkey="started_at",
    )
    op.create_table(
        "load_files",
        sa.Column("load_id", sa.String(64), nullable=False, redshift_encode="zstd"),
        sa.Column("url", sa.String(4096), nullable=False, redshift_encode="zstd"),
        sa.Column(
            "etag", sa.String(64), nullable=False, comment="As listed before the file was read", redshift_encode="zstd"
        ),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="Bytes", redshift_encode="az64"),
        sa.Column("loaded_at", sa.DateTime(), nullable=False, comment="UTC", redshift_encode="raw"),
        sa.Column("staged_into", sa.String(64), nullable=False, comment="Staging table", redshift_encode="zstd"),
        sa.PrimaryKeyConstraint("load_id", "url"),
        comment="One row per file that a load has taken in",
        redshift_diststyle="ALL",
        redshift_sortkey="loaded_at",
    )


def downgrade() -> None:
    op.drop_table("load_files")
    op.drop_table("loads")
    op.drop_table("load_lock")
