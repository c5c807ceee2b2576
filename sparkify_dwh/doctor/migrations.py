"""Findings about the tables: whether they are those of this version, and those of the models."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.autogenerate import produce_migrations
from alembic.operations.ops import MigrateOperation, ModifyTableOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from sparkify_dwh import alembic_redshift, ledger, star
from sparkify_dwh.base import Base
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.migrate import newest_revision, require_migrated
from sparkify_dwh.physical_design import PhysicalOp

REGISTERED = (alembic_redshift, ledger, star)  # imported for what they register


def migration_findings(connection: Connection) -> Iterator[Finding]:
    """Raises NotMigratedError where the tables are missing, or of another version."""
    require_migrated(connection)
    yield ok("migrations", f"The tables are of revision {newest_revision()}, the newest.")
    operations = list(_operations(connection))
    other = _names(each for each in operations if not isinstance(each, PhysicalOp))
    if other:
        yield problem(
            "migrations",
            f"The models declare otherwise than the warehouse has: {', '.join(other)}. Somebody changed them by hand, or a "
            "migration is missing: see `alembic check`.",
        )
    designed = _names(each for each in operations if isinstance(each, PhysicalOp))
    if designed:
        yield warning(
            "migrations",
            f"Keys or encodings are not those of the models: {', '.join(designed)}. Loads and questions give the same, and "
            "may be slower: see `sparkify-dwh physical`.",
        )


def _operations(connection: Connection) -> Iterator[MigrateOperation]:
    """What would make the warehouse what the models declare; tables that are not ours are left alone."""
    ours = {"include_name": lambda name, kind, _parents: kind != "table" or name in Base.metadata.tables}
    script = produce_migrations(MigrationContext.configure(connection, opts=ours), Base.metadata)
    for operation in script.upgrade_ops.ops if script.upgrade_ops else ():
        yield from operation.ops if isinstance(operation, ModifyTableOps) else (operation,)


def _names(operations: Iterator[MigrateOperation]) -> list[str]:
    return sorted({str(getattr(operation, "table_name", "a table")) for operation in operations})
