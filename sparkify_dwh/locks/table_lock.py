"""LOCK of tables, which Redshift has without a limit on the wait: with a limit, and with word of who holds them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields
from sparkify_dwh.locks.holders import describe_holders
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.utils.logs import safe_logger

QUERY_CANCELED = "57014"  # the error code of statement_timeout
FIRST_TRY_SECONDS = 1

# statement_timeout includes planning and queueing: a shorter one cancels LOCK even when the table is free. Redshift guide,
# r_statement_timeout
MIN_TIMEOUT_SECONDS = 0.5

DEFAULT_WAIT_SECONDS = 3600.0

log = safe_logger("sparkify_dwh.locks")


@dataclass(frozen=True)
class Wait:
    """How long to wait for tables, and the function that is told when they are not free at once."""

    seconds: float = DEFAULT_WAIT_SECONDS
    tell: Callable[[str], None] = log.warning


class NotFree(Exception):
    """The tables were not free within the limit; ``holders`` describes who has them."""

    def __init__(self, holders: str) -> None:
        super().__init__(holders)
        self.holders = holders


class TableLock:
    """LOCK of tables for one connection; ``others`` names who may have them, for the message of a wait.

    Created outside of a transaction. The time to wait is that of all attempts together.
    """

    def __init__(self, connection: Connection, tables: Sequence[Table], wait: Wait, others: str) -> None:
        self._connection = connection
        self._tables = tables
        self._wait = wait
        self._others = others
        self._deadline = time.monotonic() + wait.seconds
        self._limit_afterwards: str = connection.scalar(text("SHOW statement_timeout")) or "0"
        connection.rollback()  # SHOW may have taken a snapshot

    def take(self) -> None:
        """Take the lock in a new transaction, before any other statement but SET.

        A snapshot taken before the lock would not show what the previous holder wrote. With the parameter
        ``transaction_snapshot_begin`` it may be taken at BEGIN, so after a wait the transaction is rolled back and the
        tables are locked again. Redshift guide, r_BEGIN

        Raises :class:`NotFree` when the tables are not free in time.
        """
        if self._locks_within(min(FIRST_TRY_SECONDS, self._remaining())):
            return
        holders = describe_holders(self._connection, self._tables)
        self._wait.tell(f"waiting for {self._others}, up to {self._wait.seconds:g} s: {holders}")
        while self._locks_within(self._remaining()):
            self._connection.rollback()
            if self._locks_within(MIN_TIMEOUT_SECONDS):
                return
        raise NotFree(describe_holders(self._connection, self._tables))

    def take_in_transaction(self) -> None:
        """Take the lock in a transaction that somebody else has begun and will end. Raises :class:`NotFree`."""
        if not self._locks_within(self._remaining()):
            raise NotFree(describe_holders(self._connection, self._tables))

    def _remaining(self) -> float:
        return self._deadline - time.monotonic()

    def _locks_within(self, seconds: float) -> bool:
        """Lock with a statement timeout, because Redshift's LOCK has none; roll back if the tables are not free."""
        self._set_timeout(int(max(MIN_TIMEOUT_SECONDS, seconds) * 1000))
        is_locked = True
        try:
            self._connection.execute(LockTable(*self._tables))
        except DBAPIError as error:
            if error_fields(error).get("C") != QUERY_CANCELED:
                raise
            self._connection.rollback()
            is_locked = False
        limit = self._limit_afterwards
        self._set_timeout(int(limit) if limit.isdigit() else limit)
        return is_locked

    def _set_timeout(self, limit: int | str) -> None:
        """Set the limit in milliseconds; 0 means no limit."""
        self._connection.execute(text("SET statement_timeout TO :limit"), {"limit": limit})
