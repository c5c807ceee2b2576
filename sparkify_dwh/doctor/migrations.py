"""Findings about the tables: their revision, and their differences from the models."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sparkify_dwh import ledger, star
from sparkify_dwh.base import Base
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.migrate import newest_revision, require_migrated
from sparkify_dwh.redshift import alembic as alembic_redshift
from sparkify_dwh.redshift.autogenerate import PhysicalOp, differences

REGISTERED = (alembic_redshift, ledger, star)  # imported because they register tables and operations


def migration_findings(connection: Connection) -> Iterator[Finding]:
    """Yield the findings. Raises NotMigratedError when tables are missing or of another revision."""
    require_migrated(connection)
    yield ok("migrations", f"The tables are at revision {newest_revision()}, the newest.")
    changes = differences(connection, Base.metadata)
    logical = sorted({table for table, change in changes if not isinstance(change, PhysicalOp)})
    if logical:
        yield problem(
            "migrations",
            f"Tables differ from the models: {', '.join(logical)}. They were changed by hand, or a migration is missing: "
            "see `alembic check`.",
        )
    physical = sorted({table for table, change in changes if isinstance(change, PhysicalOp)})
    if physical:
        yield warning(
            "migrations",
            f"Keys or encodings differ from the models: {', '.join(physical)}. Results are the same, but statements may be "
            "slower: see `sparkify-dwh physical`.",
        )
