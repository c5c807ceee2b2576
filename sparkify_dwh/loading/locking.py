"""One load at a time: a load locks a table of its own, and waits for another load up to a limit."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields
from sparkify_dwh.errors import LoadError
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.commands import LockTable

CANCELLED = "57014"  # by statement_timeout
FIRST_TRY_SECONDS = 1
OnWait = Callable[[str], None]


def lock(connection: Connection, wait_seconds: float, on_wait: OnWait) -> None:
    """Take the lock of the loads, as the first statement of the connection's transaction but for SET.

    A snapshot taken before the lock would not show what the previous load has written. ``on_wait`` is called once when the
    lock is not free.

    Raises :class:`LoadError` when the lock is not free within ``wait_seconds``.
    """
    if _locked_within(connection, min(FIRST_TRY_SECONDS, wait_seconds)):
        return
    on_wait(f"waiting for another load, up to {wait_seconds:g} s")
    if not _locked_within(connection, wait_seconds):
        raise LoadError(
            f"Another load had the lock for longer than {wait_seconds:g} s: look at it with `sparkify-dwh history`, or wait "
            "longer with wait_seconds (--wait)."
        )


def _locked_within(connection: Connection, seconds: float) -> bool:
    """Lock, with a limit on statements around it: Redshift's LOCK itself waits for ever."""
    connection.execute(text(f"SET statement_timeout TO {max(1, int(seconds * 1000))}"))
    try:
        connection.execute(LockTable(LoadLock.table()))
    except DBAPIError as error:
        if error_fields(error).get("C") != CANCELLED:
            raise
        connection.rollback()
        return False
    connection.execute(text("SET statement_timeout TO 0"))
    return True
