"""One load at a time: a load locks a table of its own, and waits for another load up to a limit."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields
from sparkify_dwh.errors import LoadError
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.commands import LockTable

CANCELLED = "57014"  # by statement_timeout
FIRST_TRY_SECONDS = 1

# statement_timeout counts planning and queueing too: less cancels LOCK although nobody holds the table. Redshift guide,
# r_statement_timeout
MIN_TIMEOUT_SECONDS = 0.5

OnWait = Callable[[str], None]


def lock(connection: Connection, wait_seconds: float, on_wait: OnWait) -> None:
    """Take the lock of the loads, as the first statement of a new transaction but for SET.

    A snapshot taken before the lock would not show what the previous load has written. With the parameter
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
        f"Another load had the lock for longer than {wait_seconds:g} s: look at it with `sparkify-dwh history`, or wait "
        "longer with wait_seconds (--wait)."
    )


def _locked_within(connection: Connection, seconds: float, limit_afterwards: str) -> bool:
    """Lock, with a limit on statements around it: Redshift's LOCK itself waits for ever. Roll back if it is not free."""
    _set_timeout(connection, int(max(MIN_TIMEOUT_SECONDS, seconds) * 1000))
    is_locked = True
    try:
        connection.execute(LockTable(LoadLock.table()))
    except DBAPIError as error:
        if error_fields(error).get("C") != CANCELLED:
            raise
        connection.rollback()
        is_locked = False
    _set_timeout(connection, int(limit_afterwards) if limit_afterwards.isdigit() else limit_afterwards)
    return is_locked


def _set_timeout(connection: Connection, limit: int | str) -> None:
    """``limit`` is in milliseconds; 0 is none."""
    connection.execute(text("SET statement_timeout TO :limit"), {"limit": limit})
