"""One load at a time, and another try where another try can help.

A load takes the lock first. Whoever cannot have it at once says so and waits, up to a limit. Conflicts with other
transactions are cured by running the whole transaction again; so is a lost connection, once it is known that the
transaction did not commit before it was lost.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields, server_message
from sparkify_dwh.errors import LoadError, SparkifyError
from sparkify_dwh.ledger import Load, LoadLock
from sparkify_dwh.redshift.commands import LockTable

log = logging.getLogger("sparkify_dwh.load")

CANCELLED = "57014"  # by statement_timeout
FIRST_TRY_SECONDS = 1
OnWait = Callable[[str], None]


class OutcomeUnknown(LoadError):
    """The connection was lost, and whether the load was committed before cannot be found out."""


def backoff_seconds(attempt: int, first: float) -> float:
    """How long to wait after the ``attempt``-th try, doubling, with a random part so that two do not meet again."""
    return float(first * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)


def lock(connection: Connection, wait_seconds: float, on_wait: OnWait) -> None:
    """Take the lock of the loads, as the first thing in the connection's transaction.

    A snapshot taken before it would not show what the load before has written. Only SET comes before.
    Raises :class:`LoadError` when it is not to be had in ``wait_seconds``.
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
    """Redshift's LOCK waits for ever, so a limit on statements is set around it."""
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


def was_committed(engine: Engine, load_id: str, wait_seconds: float) -> bool:
    """Whether a load whose connection was lost is in the ledger. Its lock shows when its transaction has ended.

    Raises :class:`OutcomeUnknown` when that cannot be asked.
    """
    try:
        with engine.connect() as connection:
            lock(connection, wait_seconds, log.info)
            found = connection.scalar(select(Load.load_id).where(Load.load_id == load_id))
            connection.rollback()
    except (DBAPIError, SparkifyError) as error:
        raise OutcomeUnknown(
            "The connection was lost, and whether the load was committed before is not known, for it could not be asked "
            f"({server_message(error).rstrip('.')}): look at `sparkify-dwh history`, and load again, which takes in what is "
            "missing."
        ) from error
    return found is not None


def explain_failure(error: DBAPIError) -> LoadError:
    """The error for what no further try can cure."""
    return LoadError(f"The load failed and was rolled back: {server_message(error)}")
