"""Findings about the tables: whether they are those of this version, and those of the models."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sparkify_dwh import ledger, star
from sparkify_dwh.base import Base
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.migrate import newest_revision, require_migrated
from sparkify_dwh.redshift import alembic as alembic_redshift
from sparkify_dwh.redshift.autogenerate import PhysicalOp, differences

REGISTERED = (alembic_redshift, ledger, star)  # imported for what they register


def migration_findings(connection: Connection) -> Iterator[Finding]:
    """Raises NotMigratedError where the tables are missing, or of another version."""
    require_migrated(connection)
    yield ok("migrations", f"The tables are of revision {newest_revision()}, the newest.")
    found = differences(connection, Base.metadata)
    other = sorted({name for name, each in found if not isinstance(each, PhysicalOp)})
    if other:
        yield problem(
            "migrations",
            f"The models declare otherwise than the warehouse has: {', '.join(other)}. Somebody changed them by hand, or a "
            "migration is missing: see `alembic check`.",
        )
    designed = sorted({name for name, each in found if isinstance(each, PhysicalOp)})
    if designed:
        yield warning(
            "migrations",
            f"Keys or encodings are not those of the models: {', '.join(designed)}. Loads and questions give the same, and "
            "may be slower: see `sparkify-dwh physical`.",
        )
