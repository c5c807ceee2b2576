"""Staging tables

Revision ID: 0001
Revises:

The inputs as COPY brings them in. Why each key and encoding is as it is stands in sparkify_dwh/staging.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staging_events",
        sa.Column(
            "staged_id",
            sa.BigInteger(),
            sa.Identity(always=True, start=1, increment=1),
            nullable=False,
            redshift_encode="az64",
        ),
        sa.Column("artist", sa.String(512), redshift_encode="zstd"),
        sa.Column("auth", sa.String(32), redshift_encode="zstd"),
        sa.Column("first_name", sa.String(512), redshift_encode="zstd"),
        sa.Column("gender", sa.String(16), redshift_encode="zstd"),
        sa.Column("item_in_session", sa.Integer(), nullable=False, redshift_encode="az64"),
        sa.Column("last_name", sa.String(512), redshift_encode="zstd"),
        sa.Column("length", sa.Double(), redshift_encode="zstd"),
        sa.Column("level", sa.String(16), redshift_encode="zstd"),
        sa.Column("location", sa.String(512), redshift_encode="zstd"),
        sa.Column("method", sa.String(16), redshift_encode="zstd"),
        sa.Column("page", sa.String(64), nullable=False, redshift_encode="zstd"),
        sa.Column("registration", sa.Double(), redshift_encode="zstd"),
        sa.Column("session_id", sa.BigInteger(), nullable=False, redshift_encode="az64"),
        sa.Column("song", sa.String(512), redshift_encode="zstd"),
        sa.Column("status", sa.SmallInteger(), redshift_encode="az64"),
        sa.Column("ts", sa.DateTime(), nullable=False, redshift_encode="raw"),
        sa.Column("user_agent", sa.String(1024), redshift_encode="zstd"),
        sa.Column("user_id", sa.Integer(), redshift_encode="az64"),
        sa.PrimaryKeyConstraint("staged_id"),
        comment="The last batch of activity logs",
        redshift_diststyle="KEY",
        redshift_distkey="ts",
        redshift_sortkey="ts",
    )
    op.create_table(
        "staging_songs",
        sa.Column(
            "staged_id",
            sa.BigInteger(),
            sa.Identity(always=True, start=1, increment=1),
            nullable=False,
            redshift_encode="az64",
        ),
        sa.Column("num_songs", sa.Integer(), redshift_encode="az64"),
        sa.Column("artist_id", sa.String(32), nullable=False, redshift_encode="zstd"),
        sa.Column("artist_latitude", sa.Double(), redshift_encode="zstd"),
        sa.Column("artist_longitude", sa.Double(), redshift_encode="zstd"),
        sa.Column("artist_location", sa.String(512), redshift_encode="zstd"),
        sa.Column("artist_name", sa.String(512), redshift_encode="zstd"),
        sa.Column("song_id", sa.String(32), nullable=False, redshift_encode="raw"),
        sa.Column("title", sa.String(512), redshift_encode="zstd"),
        sa.Column("duration", sa.Double(), redshift_encode="zstd"),
        sa.Column("year", sa.SmallInteger(), redshift_encode="az64"),
        sa.PrimaryKeyConstraint("staged_id"),
        comment="The last batch of song metadata",
        redshift_diststyle="KEY",
        redshift_distkey="song_id",
        redshift_sortkey="song_id",
    )


def downgrade() -> None:
    op.drop_table("staging_songs")
    op.drop_table("staging_events")
