"""Findings about the loads: the outcome of the last, whether one is running, and how fresh the data is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.checks.freshness import Freshness
from sparkify_dwh.doctor.findings import Finding, ok, warning
from sparkify_dwh.errors import NotMigratedError
from sparkify_dwh.ledger import LOADED, LoadLock
from sparkify_dwh.loading.ledger_entries import recent_loads
from sparkify_dwh.loading.missing_data import MAX_SEARCHED_LOADS, load_with_missing_data
from sparkify_dwh.locks.table_lock import NotFree, TableLock, Wait
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.utils.durations import format_duration
from sparkify_dwh.warehouse import Warehouse

LOCK_TIMEOUT_SECONDS = 0.5


def freshness_findings(freshness: Freshness, max_age: timedelta | None) -> Iterator[Finding]:
    """Yield how old the newest event is. Raises UsageError for a maximum age without times of events."""
    if freshness.event is None and max_age is None:
        return
    if max_age is None or not freshness.is_older_than(max_age):
        yield ok("loads", str(freshness))
    else:
        yield warning(
            "loads",
            f"{freshness} [CHECKS] MAX_AGE is {format_duration(max_age)}: look for new files with `sparkify-dwh plan`.",
        )


def load_findings(connection: Connection, warehouse: Warehouse) -> Iterator[Finding]:
    """Yield the findings; none without a ledger of this version, which the migrations' findings report."""
    try:
        require_migrated(connection, warehouse)
    except NotMigratedError:
        return
    yield from _past_loads(connection)
    connection.rollback()
    yield _running_load(connection)


def _past_loads(connection: Connection) -> Iterator[Finding]:
    loads = recent_loads(connection, MAX_SEARCHED_LOADS)
    if not loads:
        yield ok("loads", "Nothing has been loaded yet. Run: sparkify-dwh load.")
        return
    if loads[0]["outcome"] == LOADED:
        yield ok("loads", f"The last load {_of(loads[0])} succeeded in {loads[0]['seconds']:g} s.")
    if missing := load_with_missing_data(connection, loads):
        which = "The last load" if missing is loads[0] else "A load"
        yield warning(
            "loads",
            f"{which} {_of(missing)} failed: {str(missing['error']).rstrip('.')}. No later load has brought its data. Fix "
            "this and load again.",
        )


def _of(load: dict[str, Any]) -> str:
    return f"({load['load_id'][:8]}, {load['started_at'][:19]} UTC)"


def _running_load(connection: Connection) -> Finding:
    """Return whether another session holds the load lock. The lock is released at once."""
    wait = Wait(LOCK_TIMEOUT_SECONDS, lambda _: None)
    try:
        TableLock(connection, [LoadLock.table()], wait, "another load").take()
    except NotFree as error:
        return warning(
            "loads",
            f"A load is running or waiting, so a new one would wait ({error.holders}). If none should be, look for "
            "load_lock in pg_locks or svv_transactions.",
        )
    finally:
        connection.rollback()
    return ok("loads", "No load is running.")
