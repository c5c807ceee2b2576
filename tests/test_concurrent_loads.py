"""One load at a time; all or nothing, whatever dies: real loads, real servers, and errors injected at every statement."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from fix_warehouse import Sparkify
from records import a_song, an_event
from redshift_connector import InterfaceError, ProgrammingError
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from sparkify_dwh import attempts
from sparkify_dwh.attempts import is_conflict, lock
from sparkify_dwh.errors import LoadError
from sparkify_dwh.load_report import LoadReport
from sparkify_dwh.loader import Loading, LoadOptions


@pytest.fixture
def ready(sparkify: Sparkify) -> Sparkify:
    """Files for a load."""
    sparkify.logs("a.json", *(an_event(itemInSession=item) for item in range(20)))
    sparkify.songs("a.json", a_song())
    return sparkify


def load_with(sparkify: Sparkify, **options: Any) -> LoadReport:
    """A load through the engine of the tests, on which errors can be injected."""
    report = LoadReport()
    chosen = LoadOptions(**({"first_backoff_seconds": 0} | options))
    Loading(sparkify.engine, sparkify.settings, chosen, report, None).run()
    return report


@contextmanager
def failing(sparkify: Sparkify, place: int, error: Exception, times: int = 1) -> Iterator[list[str]]:
    """Let the ``place``-th statement of a load fail, ``times`` times. Gives the statements sent."""
    sent: list[str] = []
    began: list[bool] = []
    left = [times]

    def before(_cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SET statement_timeout TO") and not statement.endswith(" 0"):
            sent.clear()  # the transaction begins, or begins again
            began.append(True)
        if not began:
            return
        sent.append(statement)
        if len(sent) == place and left[0]:
            left[0] -= 1
            raise error

    event.listen(sparkify.engine, "do_execute", before)
    try:
        yield sent
    finally:
        event.remove(sparkify.engine, "do_execute", before)


CONFLICT = ProgrammingError({"S": "ERROR", "C": "XX000", "M": "1023 Serializable isolation violation on table - 1234"})


def test_two_loads_at_once_load_once(ready: Sparkify) -> None:
    reports: list[LoadReport] = []
    threads = [threading.Thread(target=lambda: reports.append(ready.load())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.star["songplays"].inserted for report in reports) == [0, 0, 20]
    assert ready.one("SELECT count(*) FROM songplays") == 20


def test_a_load_says_that_it_waits_and_gives_up_at_its_limit(ready: Sparkify) -> None:
    with ready.engine.connect() as other:
        lock(other, 10, print)
        steps: list[str] = []
        with pytest.raises(LoadError, match=r"waited 1\.5 s for another load"):
            ready.load(wait_seconds=1.5, on_step=steps.append)
    assert "waiting for another load, up to 1.5 s" in steps


def test_readers_are_not_blocked_by_a_load(ready: Sparkify) -> None:
    with ready.engine.connect() as loading, ready.engine.connect() as reader:
        lock(loading, 10, print)
        loading.execute(text("DELETE FROM staging_events"))
        assert reader.scalar(text("SELECT count(*) FROM songplays")) == 0


def test_a_lock_taken_after_the_snapshot_is_too_late(ready: Sparkify) -> None:
    """Why the lock comes first: two that read before they lock both think that they are alone, and one loses."""
    with ready.engine.connect() as first, ready.engine.connect() as second:
        for connection in (first, second):
            assert connection.scalar(text("SELECT count(*) FROM load_files")) == 0
        for connection in (first, second):
            lock(connection, 10, print)
            assert connection.scalar(text("SELECT count(*) FROM loads")) == 0  # the second should see the first's
            connection.execute(text("INSERT INTO loads VALUES ('x', SYSDATE, 0, '', '', '')"))
            connection.commit()
    assert ready.one("SELECT count(*) FROM loads") == 2


def test_a_lock_taken_first_sees_what_the_one_before_wrote(ready: Sparkify) -> None:
    with ready.engine.connect() as first, ready.engine.connect() as second:
        for number, connection in enumerate((first, second)):
            lock(connection, 10, print)
            assert connection.scalar(text("SELECT count(*) FROM loads")) == number
            connection.execute(text(f"INSERT INTO loads VALUES ('{number}', SYSDATE, 0, '', '', '')"))
            connection.commit()


def statements_of_a_load(sparkify: Sparkify) -> int:
    """How many statements its transaction has: the files are written into the ledger last."""
    with failing(sparkify, 0, CONFLICT) as sent:
        load_with(sparkify)
    number = [statement.startswith("INSERT INTO load_files") for statement in sent].index(True) + 1
    forget(sparkify)
    return number


def forget(sparkify: Sparkify) -> None:
    """Empty the star and the ledger: what is there already is not loaded again, by fewer statements."""
    with sparkify.engine.begin() as connection:
        for table in ("songplays", "users", "songs", "artists", "time", "load_files", "loads"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_a_conflict_at_any_statement_is_cured_by_another_try(ready: Sparkify) -> None:
    number = statements_of_a_load(ready)
    for place in range(1, number + 1):
        with failing(ready, place, CONFLICT):
            report = load_with(ready)
        assert (report.attempts, report.outcome) == (2, "loaded"), place
        assert ready.one("SELECT count(*) FROM songplays") == 20
        forget(ready)


def test_another_error_at_any_statement_is_not_tried_again(ready: Sparkify) -> None:
    error = ProgrammingError({"S": "ERROR", "C": "42501", "M": "permission denied for relation songs"})
    number = statements_of_a_load(ready)
    for place in range(2, number + 1):
        with failing(ready, place, error) as sent, pytest.raises(LoadError, match="permission denied"):
            load_with(ready)
        assert sent
        assert ready.one("SELECT count(*) FROM songplays") == 0, place


def test_tries_come_to_an_end(ready: Sparkify) -> None:
    with failing(ready, 5, CONFLICT, times=99), pytest.raises(LoadError, match="1023"):
        load_with(ready, attempts=3)
    assert ready.one("SELECT count(*) FROM songplays") == 0


def test_a_lost_connection_at_any_statement_is_tried_again(ready: Sparkify) -> None:
    number = statements_of_a_load(ready)
    for place in range(3, number, 4):
        with failing(ready, place, InterfaceError("BrokenPipe: server socket closed.")):
            report = load_with(ready)
        assert (report.attempts, report.outcome) == (2, "loaded"), place
        assert ready.one("SELECT count(*) FROM songplays") == 20
        forget(ready)


def test_a_commit_whose_answer_was_lost_is_not_repeated(ready: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = type(ready.engine.dialect).do_commit
    lost = [True]

    def committed_but_lost(dialect: Any, connection: Any) -> None:
        commit(dialect, connection)
        if lost and lost.pop():
            raise InterfaceError("BrokenPipe: server socket closed.")

    monkeypatch.setattr(type(ready.engine.dialect), "do_commit", committed_but_lost)
    report = load_with(ready)
    assert (report.outcome, report.attempts) == ("loaded", 1)
    assert ready.rows("SELECT load_id, outcome FROM loads") == [(report.load_id, "loaded")]


@pytest.mark.parametrize("step", ["lock", "copy staging_events", "fill artists", "fill songplays", "fill time"])
def test_a_load_that_is_killed_leaves_nothing_and_the_next_one_repairs_it(ready: Sparkify, step: str) -> None:
    program = (
        "import os, signal, sys, sparkify_dwh\n"
        "def on_step(step):\n"
        "    if step == sys.argv[1]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "sparkify_dwh.load(on_step=on_step)\n"
    )
    settings = ready.settings
    environment = os.environ | {
        "SPARKIFY_DWH_CLUSTER_HOST": "standin",
        "SPARKIFY_DWH_STANDIN_DIR": str(settings.standin_directory),
        "SPARKIFY_DWH_S3_LOG_DATA": str(settings.log_data),
        "SPARKIFY_DWH_S3_SONG_DATA": str(settings.song_data),
        "SPARKIFY_DWH_S3_LOG_JSONPATH": str(settings.log_jsonpath),
    }
    killed = subprocess.run([sys.executable, "-c", program, step], env=environment, cwd=ready.directory, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert ready.one("SELECT count(*) FROM songs") == 0
    assert ready.load().star["songplays"].inserted == 20


def test_a_server_that_dies_during_a_load_costs_nothing(ready: Sparkify) -> None:
    """PostgreSQL restarts its sessions when one is killed; the load is run again."""
    killed: list[int] = []

    def on_step(step: str) -> None:
        if step == "fill songplays" and not killed:
            with ready.engine.connect() as connection:
                pids = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sparkify_dwh' AND state <> 'active'"
                killed.extend(pid for (pid,) in connection.execute(text(pids)))
            for pid in killed:
                psutil.Process(pid).kill()

    report = ready.load(on_step=on_step)
    assert killed
    assert report.attempts == 2
    assert ready.one("SELECT count(*) FROM songplays") == 20


@pytest.mark.parametrize(
    ("fields", "conflict"),
    [
        ({"C": "40001", "M": "could not serialize access due to concurrent update"}, True),
        ({"C": "40P01", "M": "deadlock detected"}, True),
        ({"C": "XX000", "M": "1018 Relation does not exist"}, True),
        ({"C": "XX000", "M": "could not complete because of conflict with concurrent transaction"}, True),
        ({"C": "XX000", "M": "could not open relation with OID 1234"}, True),
        ({"C": "42P01", "M": 'relation "songs" does not exist'}, False),
        ({"C": "53100", "M": "disk full"}, False),
    ],
)
def test_conflicts_are_told_from_other_errors(fields: dict[str, str], conflict: bool) -> None:
    """Redshift guide, c_serial_isolation; https://github.com/aws/amazon-redshift-jdbc-driver/issues/147"""
    assert is_conflict(DBAPIError("SELECT 1", None, ProgrammingError(fields))) is conflict


def test_the_wait_between_tries_doubles() -> None:
    waits = [attempts.backoff_seconds(attempt, 1) for attempt in (1, 2, 3)]
    assert all(0.5 * 2**number <= wait <= 1.5 * 2**number for number, wait in enumerate(waits))
