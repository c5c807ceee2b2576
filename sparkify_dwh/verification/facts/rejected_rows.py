"""Facts about records that COPY rejects: when it fails, what it says, and when the system views show them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, Integer, Select, Table, func, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import server_message
from sparkify_dwh.loading.ledger_entries import SYS_LOAD_DETAIL, SYS_LOAD_HISTORY
from sparkify_dwh.loading.rejected_rows import VIEWS, notices, rejected_count
from sparkify_dwh.verification.fact import Facts
from sparkify_dwh.verification.trial import Trial

FACTS = Facts()

RECORDS = '{"n": 1}\n{"n": "two"}\n{"n": 3}\n{"n": "four"}\n'
REJECTED = 2

MAX_SECONDS_UNTIL_SHOWN = 15
POLL_SECONDS = 1.0

VIEW_NAMES = ("sys_load_error_detail", "stl_load_errors")
AT_ONCE, NOT_READABLE = "at once", "not readable"


def _copying(trial: Trial) -> tuple[Table, str]:
    probe = trial.probe(Column("n", Integer))
    return probe, trial.write(f"{trial.new_prefix()}data.json", RECORDS)


@FACTS.fact("copy-parameters-data-load", expected=["failed", 2, 2])
def maxerror_counts_to_its_number(trial: Trial) -> list[Any]:
    """COPY fails at the n-th rejected record of MAXERROR n, and skips fewer; its notice says how many."""
    probe, url = _copying(trial)
    found: list[Any] = []
    with trial.connect() as connection:
        try:
            connection.execute(trial.copy_command(probe, url, f"MAXERROR AS {REJECTED}"))
            found.append("loaded")
        except DBAPIError:
            found.append("failed")
        connection.rollback()
        received = notices(connection)
        received.clear()
        connection.execute(trial.copy_command(probe, url, f"MAXERROR AS {REJECTED + 1}"))
        found.append(rejected_count(received))
        return [*found, connection.scalar(select(func.count()).select_from(probe))]


@FACTS.fact("https://github.com/databricks/spark-redshift/issues/53", expected=True)
def failing_copies_name_the_view(trial: Trial) -> Any:
    """COPY that rejects a record fails with a message that names a view to look at: a load then reads it."""
    probe, url = _copying(trial)
    with trial.connect() as connection:
        try:
            connection.execute(trial.copy_command(probe, url))
        except DBAPIError as error:
            message = server_message(error)
            return ("Load into table" in message and "failed" in message) or message
    return "loaded"


@FACTS.fact("SYS_LOAD_ERROR_DETAIL")
def views_after_a_failed_copy(trial: Trial) -> dict[str, str]:
    """When the views show the rows of a COPY that failed and was rolled back, to the same session."""
    probe, url = _copying(trial)
    with trial.connect() as connection:
        session_id = _session_id(connection)
        try:
            connection.execute(trial.copy_command(probe, url))
        except DBAPIError:
            connection.rollback()
        return _when_shown(connection, session_id)


@FACTS.fact("SYS_LOAD_ERROR_DETAIL")
def views_before_the_commit(trial: Trial) -> dict[str, str]:
    """When the views show skipped rows to another session, before the transaction of the COPY has ended."""
    probe, url = _copying(trial)
    with trial.connect() as connection, trial.connect() as other:
        session_id = _session_id(connection)
        connection.execute(trial.copy_command(probe, url, f"MAXERROR AS {REJECTED + 1}"))
        return _when_shown(other, session_id)


@FACTS.fact("SYS_LOAD_ERROR_DETAIL", expected=True)
def rejected_rows_can_be_read(trial: Trial) -> bool:
    """One of the two views can be read by this user: without either, a load cannot say what was rejected."""
    with trial.connect() as connection:
        return any(_shown(connection, name, 0) is not None for name in VIEW_NAMES)


@FACTS.fact("SYS_LOAD_DETAIL")
def views_of_files(trial: Trial) -> str:
    """When sys_load_detail shows the files of a COPY; a load compares them with its manifest, and only warns."""
    probe = trial.probe(Column("n", Integer))
    url = trial.write(f"{trial.new_prefix()}data.json", '{"n": 1}')
    with trial.connect() as connection:
        session_id = _session_id(connection)
        connection.execute(trial.copy_command(probe, url))
        connection.commit()
        return _until(lambda: _files(connection, session_id))


def _session_id(connection: Connection) -> int:
    return connection.scalar(select(func.pg_backend_pid())) or 0


def _when_shown(connection: Connection, session_id: int) -> dict[str, str]:
    return {name: _until(lambda name=name: _shown(connection, name, session_id)) for name in VIEW_NAMES}  # type: ignore[misc]


def _until(shown: Callable[[], int | None]) -> str:
    """Return after how long a view shows anything."""
    start = time.monotonic()
    while True:
        count, seconds = shown(), time.monotonic() - start
        if count is None:
            return NOT_READABLE
        if count:
            return AT_ONCE if seconds < POLL_SECONDS else f"after {seconds:.0f} s"
        if seconds > MAX_SECONDS_UNTIL_SHOWN:
            return f"not within {MAX_SECONDS_UNTIL_SHOWN} s"
        time.sleep(POLL_SECONDS)


def _shown(connection: Connection, name: str, session_id: int) -> int | None:
    """Return how many rows a view shows for a session; None if it cannot be read."""
    view = VIEWS[VIEW_NAMES.index(name)].subquery("errors")
    return _counted(connection, select(func.count()).select_from(view).where(view.c.session == session_id))


def _files(connection: Connection, session_id: int) -> int | None:
    detail, history = SYS_LOAD_DETAIL.c, SYS_LOAD_HISTORY.c
    read = SYS_LOAD_DETAIL.join(SYS_LOAD_HISTORY, detail.query_id == history.query_id)
    return _counted(connection, select(func.count()).select_from(read).where(history.session_id == session_id))


def _counted(connection: Connection, query: Select[Any]) -> int | None:
    """Return the number; None if the views cannot be read."""
    try:
        count: int | None = connection.scalar(query)
    except DBAPIError:
        return None
    finally:
        connection.rollback()
    return count
