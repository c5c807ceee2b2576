"""Retries of transactions whose connection was lost, with backoff.

A transaction that was not committed has changed nothing, so it is run again from its beginning. The only connection whose
loss leaves a doubt is that of a COMMIT (see :func:`commit`).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.connection.server_errors import is_conflict, is_lost, loss_message, server_message
from sparkify_dwh.errors import AwsError, ConnectionLostError, SparkifyError, UnreachableError
from sparkify_dwh.utils.text import numbered

Result = TypeVar("Result")


@dataclass(frozen=True)
class Retries:
    """How often a transaction is run, and how long to wait before it is run again.

    The wait doubles from ``first_seconds`` on, with jitter against another collision. ``conflicts`` says whether conflicts
    with other transactions are retried too.
    """

    attempts: int = 5
    first_seconds: float = 1
    sleep: Callable[[float], object] = time.sleep
    conflicts: bool = False

    def seconds_after(self, attempt: int) -> float:
        """Return how long to wait after an attempt, counted from 1."""
        return float(self.first_seconds * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)

    def run(
        self, what: str, transaction: Callable[[int], Result], log: logging.Logger, *, was_connected: bool = False
    ) -> Result:
        """Return the result of the transaction, which is given the number of the attempt.

        A first connection that fails is not retried, unless the program ``was_connected`` before: an address or a password
        may be wrong.

        Raises:
            ConnectionLostError: the connection was lost in every attempt.
            UnreachableError, AwsError: the last attempt could not connect.
            DBAPIError: an error that is not retried, or a conflict in the last attempt.
        """
        for attempt in count(1):
            try:
                return transaction(attempt)
            except (DBAPIError, UnreachableError, AwsError) as error:
                reason = self._reason_to_retry(error, was_connected=was_connected or attempt > 1)
                if reason is None:
                    raise
                if attempt >= self.attempts:
                    raise _given_up(error, attempt, reason) from error
                self._wait(what, attempt, reason, log)
        raise AssertionError

    def _reason_to_retry(self, error: DBAPIError | SparkifyError, *, was_connected: bool) -> str | None:
        if isinstance(error, DBAPIError):
            if is_lost(error):
                return f"the connection was lost ({loss_message(error)})"
            return server_message(error).rstrip(".") if self.conflicts and is_conflict(error) else None
        return error.message.rstrip(".") if was_connected or isinstance(error, ConnectionLostError) else None

    def _wait(self, what: str, attempt: int, reason: str, log: logging.Logger) -> None:
        seconds = self.seconds_after(attempt)
        log.warning("%s: %s; retrying in %.1f s", what, reason, seconds)
        self.sleep(seconds)


def _given_up(error: Exception, attempts: int, reason: str) -> Exception:
    """Return the error to raise after the last attempt: that of connecting, and that of a conflict, say it themselves."""
    if not is_lost(error):
        return error
    return ConnectionLostError(
        f"Nothing was committed in {numbered(attempts, 'attempt')}: {reason}",
        "See that the network and the warehouse are up, and run it again.",
    )


def commit(connection: Connection, was_committed: Callable[[], bool]) -> None:
    """Commit the transaction. If the connection is lost meanwhile, ask ``was_committed``; if it was not, raise the loss."""
    try:
        connection.commit()
    except DBAPIError as error:
        if not (is_lost(error) and was_committed()):
            raise
