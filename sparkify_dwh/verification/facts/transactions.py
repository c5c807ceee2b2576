"""Facts about transactions: locks and their time limit, snapshots, conflicts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import is_conflict
from sparkify_dwh.locks.holders import NOT_SHOWN, describe_holders
from sparkify_dwh.locks.table_lock import MIN_TIMEOUT_SECONDS
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.verification.fact import Facts, NotTried
from sparkify_dwh.verification.trial import Trial, answer, sqlstate

FACTS = Facts()

SECONDS_TO_BE_WAITING = 0.5  # until a lock that another thread asks for is surely waited for
MAX_SECONDS = 20  # of any statement here, so that none waits for another for ever
FREE_LOCKS = 5


@FACTS.fact("r_statement_timeout", expected=0)
def free_locks_are_taken_at_once(trial: Trial) -> int:
    """LOCK of a free table is not cancelled by the shortest time limit that the product sets; how many were."""
    probe, cancelled = _counter(trial), 0
    for _ in range(FREE_LOCKS):
        with trial.session() as connection:
            _limit(connection, MIN_TIMEOUT_SECONDS)
            try:
                connection.execute(LockTable(probe))
            except DBAPIError:
                cancelled += 1
    return cancelled


@FACTS.fact("r_statement_timeout", expected="57014")
def waiting_locks_are_cancelled(trial: Trial) -> str:
    """statement_timeout cancels a LOCK that waits for another session, with SQLSTATE 57014."""
    probe = _counter(trial)
    with trial.session() as holder, trial.session() as waiter:
        holder.execute(LockTable(probe))
        _limit(waiter, 1)
        try:
            waiter.execute(LockTable(probe))
        except DBAPIError as error:
            return sqlstate(error)
    return "not cancelled"


@FACTS.fact("r_statement_timeout", expected="12345")
def statement_timeout_is_shown(trial: Trial) -> Any:
    """SHOW gives the time limit that SET has set, so that a load can set it back."""
    with trial.session() as connection:
        connection.exec_driver_sql("SET statement_timeout TO 12345")
        return connection.exec_driver_sql("SHOW statement_timeout").scalar()


@FACTS.fact("r_SVV_TRANSACTIONS", expected="shown", is_required=False)
def holders_of_locks_are_shown(trial: Trial) -> str:
    """svv_transactions shows the session that holds a lock, so that messages name the one for which a command waits."""
    probe = _counter(trial)
    with trial.session() as holder, trial.connect() as other:
        holder.execute(LockTable(probe))
        shown = describe_holders(other, [probe])
    return "not shown" if shown == NOT_SHOWN else "shown"


@FACTS.fact("r_SET")
def set_and_rollback(trial: Trial) -> str:
    """Whether a rollback undoes SET; the product sets a limit back itself."""
    with trial.session() as connection:
        before = connection.exec_driver_sql("SHOW statement_timeout").scalar()
        connection.rollback()
        connection.exec_driver_sql("SET statement_timeout TO 12345")
        connection.rollback()
        return "undone" if connection.exec_driver_sql("SHOW statement_timeout").scalar() == before else "kept"


@FACTS.fact("https://github.com/SQLMesh/sqlmesh/issues/5572", expected=["25P02", "accepted"])
def errors_abort_transactions(trial: Trial) -> list[str]:
    """After an error the transaction takes no statement, and after a rollback it does."""
    with trial.connect() as connection:
        try:
            connection.exec_driver_sql("SELECT no_such_column")
        except DBAPIError:
            aborted = _sqlstate_of(connection, "SELECT 1")
            connection.rollback()
            return [aborted, answer(connection, "SELECT 1")]
    return ["no error"]


@FACTS.fact("c_serial_isolation")
def snapshot_after_waiting(trial: Trial) -> str:
    """Whether a transaction that waited for a lock sees what the holder wrote; the product locks once more to be sure."""
    with _after_waiting(trial) as (connection, probe):
        return "fresh" if _count(connection, probe) else "stale"


@FACTS.fact("c_serial_isolation", expected="fresh")
def snapshot_after_locking_again(trial: Trial) -> str:
    """A transaction that waited for a lock, rolled back and locked again sees what the holder wrote."""
    with _after_waiting(trial) as (connection, probe):
        connection.rollback()
        _limit(connection, MAX_SECONDS)
        connection.execute(LockTable(probe))
        return "fresh" if _count(connection, probe) else "stale"


@contextmanager
def _after_waiting(trial: Trial) -> Iterator[tuple[Connection, Table]]:
    """Give a connection whose LOCK has waited for a transaction that wrote a row, and the locked table."""
    probe = _counter(trial)
    with ThreadPoolExecutor(1) as thread, trial.session() as waiter, trial.session() as holder:
        holder.execute(LockTable(probe))
        _limit(waiter, MAX_SECONDS)
        waiting = thread.submit(waiter.execute, LockTable(probe))
        try:
            time.sleep(SECONDS_TO_BE_WAITING)
            had_to_wait = not waiting.done()
            holder.execute(insert(probe).values(n=1))
            holder.commit()
        finally:
            holder.rollback()  # after an interruption too: the thread ends with its LOCK
            waiting.result()
        if not had_to_wait:
            raise NotTried("the lock did not wait")
        yield waiter, probe


@FACTS.fact("c_serial_isolation", expected=[0, 1])
def transactions_read_one_snapshot(trial: Trial) -> list[int]:
    """What others commit meanwhile is not seen before the transaction ends: the tables of an export are of one moment."""
    probe, other = _counter(trial), _counter(trial)
    with trial.connect() as reader, trial.connect() as writer:
        _count(reader, other)
        writer.execute(insert(probe).values(n=1))
        writer.commit()
        during = _count(reader, probe)
        reader.rollback()
        return [during, _count(reader, probe)]


@FACTS.fact("c_serial_isolation", expected=True)
def conflicts_are_recognised(trial: Trial) -> Any:
    """Of two transactions that change one row the second fails, with an error after which a load tries again."""
    probe = _counter(trial)
    with trial.session() as first, trial.session() as second:
        first.execute(insert(probe).values(n=1))
        first.commit()
        for connection in (first, second):
            _limit(connection, MAX_SECONDS)
            _count(connection, probe)
        first.execute(update(probe).values(n=2))
        first.commit()
        try:
            second.execute(update(probe).values(n=3))
            second.commit()
        except DBAPIError as error:
            return is_conflict(error) or f"{sqlstate(error)} {error.orig}"
    return "no conflict"


@FACTS.fact("c_serial_isolation")
def crossing_reads_and_writes(trial: Trial) -> Any:
    """What comes of two transactions that each read what the other writes: a conflict where isolation is serializable."""
    one, two = _counter(trial), _counter(trial)
    with trial.session() as first, trial.session() as second:
        for connection, read in ((first, one), (second, two)):
            _limit(connection, MAX_SECONDS)
            _count(connection, read)
        try:
            for connection, written in ((first, two), (second, one)):
                connection.execute(insert(written).values(n=1))
            first.commit()
            second.commit()
        except DBAPIError as error:
            return f"{sqlstate(error)}, recognised: {is_conflict(error)}"
    return "no conflict"


def _counter(trial: Trial) -> Table:
    return trial.probe(Column("n", Integer))


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar() or 0


def _limit(connection: Connection, seconds: float) -> None:
    connection.execute(text("SET statement_timeout TO :limit"), {"limit": int(seconds * 1000)})


def _sqlstate_of(connection: Connection, sql: str) -> str:
    """Return the SQLSTATE of a statement's error, without a rollback."""
    try:
        connection.exec_driver_sql(sql)
    except DBAPIError as error:
        return sqlstate(error)
    return "accepted"
