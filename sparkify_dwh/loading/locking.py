"""Only one load runs at a time: a load locks a table of the ledger, and waits for another load up to a limit."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields
from sparkify_dwh.errors import LoadError
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.commands import LockTable

QUERY_CANCELED = "57014"  # the error code of statement_timeout
FIRST_TRY_SECONDS = 1

# statement_timeout includes planning and queueing: a shorter one cancels LOCK even when the table is free. Redshift guide,
# r_statement_timeout
MIN_TIMEOUT_SECONDS = 0.5

OnWait = Callable[[str], None]


def lock(connection: Connection, wait_seconds: float, on_wait: OnWait) -> None:
    """Take the lock of loads in a new transaction, before any other statement but SET.

    A snapshot taken before the lock would not show the rows of the previous load. With the parameter
    ``transaction_snapshot_begin`` it may be taken at BEGIN, so after a wait the transaction is rolled back and the table
    locked again. ``on_wait`` is called once when the lock is not free.

    Raises :class:`LoadError` when the lock is not free within ``wait_seconds``.
    """
    limit: str = connection.scalar(text("SHOW statement_timeout")) or "0"
    connection.rollback()  # SHOW may have taken a snapshot
    if _locked_within(connection, min(FIRST_TRY_SECONDS, wait_seconds), limit):
        return
    on_wait(f"waiting for another load, up to {wait_seconds:g} s")
    deadline = time.monotonic() + wait_seconds
    while _locked_within(connection, deadline - time.monotonic(), limit):
        connection.rollback()
        if _locked_within(connection, MIN_TIMEOUT_SECONDS, limit):
            return
    raise LoadError(
        f"Another load had the lock for longer than {wait_seconds:g} s",
        "look at it with `sparkify-dwh history`, or wait longer with --wait",
    )


def _locked_within(connection: Connection, seconds: float, limit_afterwards: str) -> bool:
    """Lock with a statement timeout, because Redshift's LOCK has none; roll back if the lock is not free."""
    _set_timeout(connection, int(max(MIN_TIMEOUT_SECONDS, seconds) * 1000))
    is_locked = True
    try:
        connection.execute(LockTable(LoadLock.table()))
    except DBAPIError as error:
        if error_fields(error).get("C") != QUERY_CANCELED:
            raise
        connection.rollback()
        is_locked = False
    _set_timeout(connection, int(limit_afterwards) if limit_afterwards.isdigit() else limit_afterwards)
    return is_locked


def _set_timeout(connection: Connection, limit: int | str) -> None:
    """Set the limit in milliseconds; 0 means no limit."""
    connection.execute(text("SET statement_timeout TO :limit"), {"limit": limit})
