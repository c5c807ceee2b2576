"""Findings about the tables: their revision, and their differences from the models."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.migrate import newest_revision, require_migrated
from sparkify_dwh.redshift.autogenerate import PhysicalOp, differences
from sparkify_dwh.warehouse import Warehouse


def migration_findings(connection: Connection, warehouse: Warehouse) -> Iterator[Finding]:
    """Yield the findings. Raises NotMigratedError when tables are missing or of another revision."""
    require_migrated(connection, warehouse)
    yield ok("migrations", f"The tables are at revision {newest_revision(warehouse)}, the newest.")
    changes = differences(connection, warehouse.metadata)
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
