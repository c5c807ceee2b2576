"""Backoff between automatic retries of a load, and its outcome after a lost connection.

After a conflict with another transaction the whole transaction is run again. So it is after a lost connection, if the
ledger shows that the transaction did not commit.
"""

from __future__ import annotations

import logging
import random

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import server_message
from sparkify_dwh.errors import LoadError, SparkifyError
from sparkify_dwh.ledger import Load
from sparkify_dwh.loading.locking import lock

log = logging.getLogger("sparkify_dwh.load")


class OutcomeUnknown(LoadError):
    """The connection was lost, and it is not known whether the load was committed."""


def backoff_seconds(attempt: int, first: float) -> float:
    """Return how long to wait after an attempt, counted from 1: doubling, with jitter against another collision."""
    return float(first * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)


def was_committed(engine: Engine, load_id: str, wait_seconds: float) -> bool:
    """Return whether a load whose connection was lost is in the ledger, after its transaction has released the lock.

    Raises :class:`OutcomeUnknown` when the ledger cannot be read.
    """
    try:
        with engine.connect() as connection:
            lock(connection, wait_seconds, log.info)
            committed = connection.scalar(select(Load.load_id).where(Load.load_id == load_id))
            connection.rollback()
    except (DBAPIError, SparkifyError) as error:
        raise OutcomeUnknown(
            "The connection was lost, and whether the load was committed is not known, because the ledger could not be read "
            f"({server_message(error).rstrip('.')})",
            "see `sparkify-dwh history`, and load again: a load adds only what is missing.",
        ) from error
    return committed is not None
