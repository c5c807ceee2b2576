"""Only one load runs at a time: a load locks a table of the ledger, and waits for another load up to a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Table, Update, insert, update
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import is_conflict
from sparkify_dwh.errors import LoadError
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.locks.table_lock import NotFree, TableLock, Wait

OnWait = Callable[[str], None]

LOCK_ROW = "updated by every load"


def lock(connection: Connection, wait_seconds: float, on_wait: OnWait, also: Sequence[Table] = ()) -> None:
    """Take the lock of loads, and that of other tables, in a new transaction whose snapshot is not older than the lock.

    ``on_wait`` is called once when the lock is not free, with who has it.

    Raises :class:`LoadError` when the lock is not free within ``wait_seconds``.
    """
    others = "other sessions" if also else "another load"
    table_lock = TableLock(connection, [LoadLock.table(), *also], Wait(wait_seconds, on_wait), others)
    try:
        table_lock.take()
        while not _is_snapshot_fresh(connection):
            table_lock.take()
    except NotFree as error:
        raise LoadError(
            f"{others.capitalize()} had the lock for longer than {wait_seconds:g} s ({error.holders})",
            "look at it with `sparkify-dwh history`, or wait longer with --wait",
        ) from error


def mark_lock() -> Update:
    """Return the UPDATE of the row that every holder of the lock updates.

    It conflicts if another holder has committed since the snapshot was taken, which may be before LOCK (see `TableLock`).
    Redshift guide, c_serial_isolation
    """
    return update(LoadLock.table()).values(load_id=LoadLock.load_id)


def _is_snapshot_fresh(connection: Connection) -> bool:
    """Return whether the snapshot shows what the previous holder wrote; if not, end the transaction."""
    try:
        if connection.execute(mark_lock()).rowcount:
            return True
        connection.execute(insert(LoadLock.table()).values(load_id=LOCK_ROW))
        connection.commit()
    except DBAPIError as error:
        if not is_conflict(error):
            raise
        connection.rollback()
    return False
