"""The order of loads

Revision ID: 0005
Revises: 0004

Loads and their files are numbered by the warehouse, because the clocks of loaders may differ. Loads of before are numbered
by the times that their loaders gave; a file whose latest delivery was mistaken by such a time is known rightly once it has
been loaded again.

With this revision the natural key of events includes the user. Stored rows stay as they are: each is an event that was
delivered. But of events of several users with one session, item and time only one was kept, and only the files have the
others. So where an earlier load dropped or replaced events, the upgrade says that ``load --force`` adds what is missing. A
downgrade leaves rows that have the same key by the older version.
"""

from __future__ import annotations

import json
import logging

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

log = logging.getLogger("sparkify_dwh.migrate")

CLOCK = "UTC, by the clock of the"

# By their ends: a load that waited for another began before that ended. Failed loads hold no lock.
NUMBER_LOADS = """
UPDATE loads SET number = ranked.number
FROM (SELECT load_id, row_number() OVER (
          ORDER BY DATEADD(ms, CAST(seconds * 1000 AS INTEGER), started_at), load_id) AS number
      FROM loads) AS ranked
WHERE ranked.load_id = loads.load_id"""
NUMBER_FILES = "UPDATE load_files SET number = loads.number FROM loads WHERE loads.load_id = load_files.load_id"


def upgrade() -> None:
    number = "Order of loads, given under the lock; that of a failed load may be another's too"
    op.add_column("loads", sa.Column("number", sa.BigInteger(), comment=number, redshift_encode="az64"))
    op.add_column("load_files", sa.Column("number", sa.BigInteger(), comment="Of the load", redshift_encode="az64"))
    op.alter_column("loads", "started_at", comment=f"{CLOCK} warehouse", existing_comment=f"{CLOCK} loader")
    op.execute(NUMBER_LOADS)
    op.execute(NUMBER_FILES)
    if not context.is_offline_mode():
        _report_merged_events()


def downgrade() -> None:
    op.alter_column("loads", "started_at", comment=f"{CLOCK} loader", existing_comment=f"{CLOCK} warehouse")
    op.drop_column("load_files", "number")
    op.drop_column("loads", "number")


def _report_merged_events() -> None:
    """Warn when loads of before dropped or replaced events, which may have been those of other users."""
    reports = op.get_bind().execution_options(stream_results=True).execute(sa.text("SELECT report FROM loads"))
    suspicious = sum(_may_have_merged(json.loads(report)) for (report,) in reports)
    if suspicious:
        loads = "1 load" if suspicious == 1 else f"{suspicious:,} loads"
        log.warning(
            "%s dropped or replaced events that had the session, item and time of another, perhaps another user's. Run "
            "`sparkify-dwh load --force` to add events that are missing; it reads all files again, and where deliveries "
            "conflict, the record that sorts first replaces the stored one.",
            loads,
        )


def _may_have_merged(report: dict) -> bool:  # type: ignore[type-arg]
    staged, star = report.get("staged") or {}, report.get("star") or {}
    dropped = (staged.get("staging_events") or {}).get("duplicates")
    replaced = (star.get("songplays") or {}).get("updated")
    return report.get("outcome") == "loaded" and bool(dropped or replaced)
