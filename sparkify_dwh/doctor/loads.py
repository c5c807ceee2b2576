"""Findings about the loads: what came of the last, and whether one runs now."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sparkify_dwh.doctor.findings import Finding, ok, warning
from sparkify_dwh.errors import LoadError, NotMigratedError
from sparkify_dwh.loading.history import recent_loads
from sparkify_dwh.loading.locking import lock
from sparkify_dwh.migrate import require_migrated

WAIT_SECONDS = 0.5


def load_findings(connection: Connection) -> Iterator[Finding]:
    """None where there is no ledger, or another version's, which is said elsewhere."""
    try:
        require_migrated(connection)
    except NotMigratedError:
        return
    yield _last(connection)
    connection.rollback()
    yield _now(connection)


def _last(connection: Connection) -> Finding:
    loads = recent_loads(connection, 1)
    if not loads:
        return ok("loads", "Nothing has been loaded yet. Run: sparkify-dwh load.")
    load = loads[0]
    which = f"The last load, {load['load_id'][:8]} of {load['started_at'][:19]} UTC,"
    if load["outcome"] == "loaded":
        return ok("loads", f"{which} went well, in {load['seconds']:g} s.")
    return warning("loads", f"{which} failed: {str(load['error']).rstrip('.')}. Load again when that is mended.")


def _now(connection: Connection) -> Finding:
    """Whether the lock of the loads is to be had; it is let go at once."""
    try:
        lock(connection, WAIT_SECONDS, lambda _: None)
    except LoadError:
        return warning(
            "loads",
            "A load is running, or waits for another, so a new one would wait: look at pg_locks or svv_transactions for "
            "load_lock if it should not.",
        )
    finally:
        connection.rollback()
    return ok("loads", "No load is running.")
