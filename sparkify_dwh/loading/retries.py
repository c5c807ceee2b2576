"""Automatic retries of a load with backoff, and what is known after a lost connection.

A conflict with another transaction is cured by running the whole transaction again. So is a lost connection, once it is
known that the transaction did not commit before the connection was lost.
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
    """The connection was lost, and whether the load was committed before cannot be found out."""


def backoff_seconds(attempt: int, first: float) -> float:
    """Return how long to wait after the ``attempt``-th try: doubling, with jitter so that two loads do not meet again."""
    return float(first * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)


def was_committed(engine: Engine, load_id: str, wait_seconds: float) -> bool:
    """Return whether a load whose connection was lost is in the ledger. Its lock is free once its transaction has ended.

    Raises :class:`OutcomeUnknown` when the ledger cannot be read.
    """
    try:
        with engine.connect() as connection:
            lock(connection, wait_seconds, log.info)
            committed = connection.scalar(select(Load.load_id).where(Load.load_id == load_id))
            connection.rollback()
    except (DBAPIError, SparkifyError) as error:
        raise OutcomeUnknown(
            "The connection was lost, and whether the load was committed before is not known, for it could not be asked "
            f"({server_message(error).rstrip('.')}): look at `sparkify-dwh history`, and load again, which takes in what is "
            "missing."
        ) from error
    return committed is not None


def explain_failure(error: DBAPIError) -> LoadError:
    """Return the error for what no further try can cure."""
    return LoadError(f"The load failed and was rolled back: {server_message(error)}")
