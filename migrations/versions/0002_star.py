"""The star

Revision ID: 0002
Revises: 0001

Why each key and encoding is as it is stands in sparkify_dwh/star.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artists",
        sa.Column("artist_id", sa.String(32), nullable=False, redshift_encode="raw"),
        sa.Column("name", sa.String(512), redshift_encode="zstd"),
        sa.Column("location", sa.String(512), redshift_encode="zstd"),
        sa.Column("latitude", sa.Double(), comment="Degrees", redshift_encode="zstd"),
        sa.Column("longitude", sa.Double(), comment="Degrees", redshift_encode="zstd"),
        sa.PrimaryKeyConstraint("artist_id"),
        comment="One row per artist",
        redshift_diststyle="ALL",
        redshift_sortkey="artist_id",
    )
    op.create_table(
        "songs",
        sa.Column("song_id", sa.String(32), nullable=False, redshift_encode="raw"),
        sa.Column("title", sa.String(512), redshift_encode="zstd"),
        sa.Column("artist_id", sa.String(32), nullable=False, redshift_encode="zstd"),
        sa.Column("year", sa.SmallInteger(), comment="0 when unknown", redshift_encode="az64"),
        sa.Column("duration", sa.Double(), comment="Seconds", redshift_encode="zstd"),
        sa.Column("artist_name", sa.String(512), comment="As this song gives it", redshift_encode="zstd"),
        sa.Column("artist_location", sa.String(512), comment="As this song gives it", redshift_encode="zstd"),
        sa.Column("artist_latitude", sa.Double(), comment="Degrees, as this song gives it", redshift_encode="zstd"),
        sa.Column("artist_longitude", sa.Double(), comment="Degrees, as this song gives it", redshift_encode="zstd"),
        sa.PrimaryKeyConstraint("song_id"),
        comment="One row per song of the catalogue",
        redshift_diststyle="ALL",
        redshift_sortkey="song_id",
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.Integer(), nullable=False, redshift_encode="raw"),
        sa.Column("first_name", sa.String(512), redshift_encode="zstd"),
        sa.Column("last_name", sa.String(512), redshift_encode="zstd"),
        sa.Column("gender", sa.String(16), redshift_encode="zstd"),
        sa.Column("level", sa.String(16), comment="free or paid, at the latest event", redshift_encode="zstd"),
        sa.Column(
            "ts", sa.DateTime(), nullable=False, comment="When the latest event was, UTC", redshift_encode="az64"
        ),
        sa.Column(
            "session_id", sa.BigInteger(), nullable=False, comment="Session of the latest event", redshift_encode="az64"
        ),
        sa.Column(
            "item_in_session",
            sa.Integer(),
            nullable=False,
            comment="Place of the latest event in its session",
            redshift_encode="az64",
        ),
        sa.PrimaryKeyConstraint("user_id"),
        comment="One row per user, as of their latest event",
        redshift_diststyle="ALL",
        redshift_sortkey="user_id",
    )
    op.create_table(
        "songplays",
        sa.Column(
            "songplay_id",
            sa.BigInteger(),
            sa.Identity(always=True, start=1, increment=1),
            nullable=False,
            comment="Stays while the row stays; its value means nothing",
            redshift_encode="az64",
        ),
        sa.Column("start_time", sa.DateTime(), nullable=False, comment="UTC, with milliseconds", redshift_encode="raw"),
        sa.Column("user_id", sa.Integer(), redshift_encode="az64"),
        sa.Column("level", sa.String(16), comment="free or paid, at the time of the play", redshift_encode="zstd"),
        sa.Column(
            "song_id", sa.String(32), comment="NULL when the catalogue does not hold the song", redshift_encode="zstd"
        ),
        sa.Column(
            "artist_id", sa.String(32), comment="NULL when the catalogue does not hold the song", redshift_encode="zstd"
        ),
        sa.Column("session_id", sa.BigInteger(), nullable=False, redshift_encode="az64"),
        sa.Column(
            "location", sa.String(512), comment="Where the listener was, e.g. Lubbock, TX", redshift_encode="zstd"
        ),
        sa.Column("user_agent", sa.String(1024), redshift_encode="zstd"),
        sa.Column(
            "item_in_session",
            sa.Integer(),
            nullable=False,
            comment="Place of the event in its session, from 0",
            redshift_encode="az64",
        ),
        sa.Column("song_title", sa.String(512), comment="As logged", redshift_encode="zstd"),
        sa.Column("artist_name", sa.String(512), comment="As logged", redshift_encode="zstd"),
        sa.Column("song_length", sa.Double(), comment="Seconds, as logged", redshift_encode="zstd"),
        sa.PrimaryKeyConstraint("songplay_id"),
        comment="One row per song that was started",
        redshift_diststyle="KEY",
        redshift_distkey="start_time",
        redshift_sortkey="start_time",
    )
    op.create_table(
        "time",
        sa.Column("start_time", sa.DateTime(), nullable=False, comment="UTC, with milliseconds", redshift_encode="raw"),
        sa.Column("hour", sa.SmallInteger(), nullable=False, comment="0 to 23", redshift_encode="az64"),
        sa.Column("day", sa.SmallInteger(), nullable=False, comment="Of the month, from 1", redshift_encode="az64"),
        sa.Column("week", sa.SmallInteger(), nullable=False, comment="ISO week, 1 to 53", redshift_encode="az64"),
        sa.Column("month", sa.SmallInteger(), nullable=False, comment="1 to 12", redshift_encode="az64"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="Calendar year", redshift_encode="az64"),
        sa.Column(
            "weekday", sa.SmallInteger(), nullable=False, comment="0 Sunday to 6 Saturday", redshift_encode="az64"
        ),
        sa.PrimaryKeyConstraint("start_time"),
        comment="One row per distinct start_time of songplays",
        redshift_diststyle="KEY",
        redshift_distkey="start_time",
        redshift_sortkey="start_time",
    )


def downgrade() -> None:
    op.drop_table("time")
    op.drop_table("songplays")
    op.drop_table("users")
    op.drop_table("songs")
    op.drop_table("artists")
