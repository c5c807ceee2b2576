"""One load at a time; all or nothing, whatever dies: real loads, real servers, and errors injected at every statement."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from redshift_connector import InterfaceError, ProgrammingError
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError
from support.records import a_song, an_event
from support.warehouse import Sparkify, environment_of

from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.database import is_conflict, warehouse
from sparkify_dwh.errors import LoadError
from sparkify_dwh.ledger import Load, LoadFile, LoadLock
from sparkify_dwh.loading.loader import Loading, LoadOptions
from sparkify_dwh.loading.locking import lock
from sparkify_dwh.loading.report import LoadReport
from sparkify_dwh.loading.retries import OutcomeUnknown
from sparkify_dwh.locks import table_lock
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.star import STAR


@pytest.fixture
def ready(sparkify: Sparkify) -> Sparkify:
    """Files for a load, of a warehouse whose lock has its row."""
    sparkify.logs("a.json", *(an_event(itemInSession=item) for item in range(20)))
    sparkify.songs("a.json", a_song())
    with sparkify.engine.connect() as connection:
        lock(connection, 10, print)
    return sparkify


# As redshift_connector has it: https://github.com/aws/aws-sdk-pandas/issues/665
CONFLICT = ProgrammingError(
    {"S": "ERROR", "C": "XX000", "M": "1023", "D": "Serializable isolation violation on table - 1234, transactions ..."}
)
DENIED = ProgrammingError({"S": "ERROR", "C": "42501", "M": "permission denied for relation songs"})
LOST = InterfaceError("BrokenPipe: server socket closed.")


class Failing:
    """Has the tries of a load fail with an error: each at the statement whose number ``places`` has next, if any.

    ``sent`` are the statements since the last try began.
    """

    def __init__(self, error: Exception, places: Iterable[int] = ()) -> None:
        self.sent: list[str] = []
        self.tries = 0
        self._error = error
        self._places = iter(places)
        self._place = 0

    def on_step(self, step: str) -> None:
        if step == "lock":
            self.sent.clear()
            self.tries += 1
            self._place = next(self._places, 0)

    def before(self, _cursor: Any, statement: str, *_: Any) -> None:
        self.sent.append(statement)
        if len(self.sent) == self._place:
            self._place = 0
            raise self._error


def load_with(sparkify: Sparkify, failing: Failing, attempts: int = 5, **options: Any) -> LoadReport:
    """A load through the engine of the tests, into which errors are injected."""
    report = LoadReport()
    chosen = LoadOptions(retries=Retries(attempts, first_seconds=0, conflicts=True), **options)
    event.listen(sparkify.engine, "do_execute", failing.before)
    try:
        Loading(sparkify.engine, sparkify.settings, chosen, report, failing.on_step).run()
    finally:
        event.remove(sparkify.engine, "do_execute", failing.before)
    return report


@contextmanager
def statements_of(connection: Connection) -> Iterator[list[str]]:
    """The statements that a connection sends meanwhile, and its rollbacks."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    event.listen(connection, "rollback", lambda _: sent.append("ROLLBACK"))
    yield sent


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
        pid, start = other.execute(text("SELECT pg_backend_pid(), date_trunc('second', SYSDATE)")).one()
        holder = f"session {pid} of user postgres, in a transaction since {start} UTC"
        with pytest.raises(LoadError, match=re.escape(f"Another load had the lock for longer than 0.2 s ({holder})")):
            ready.load(wait_seconds=0.2, on_step=steps.append)
    assert f"waiting for another load, up to 0.2 s: {holder}" in steps


@pytest.mark.parametrize("is_held", [False, True], ids=["at once", "at the second try"])
def test_what_comes_after_the_lock_may_take_its_time(
    ready: Sparkify, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    """The limit on the wait is one on statements, and would cut long COPYs off."""
    with ready.engine.connect() as other, ready.engine.connect() as loading:
        waits: list[str] = []
        if is_held:
            lock(other, 10, print)
            monkeypatch.setattr(table_lock, "MIN_TIMEOUT_SECONDS", 0.05)
            monkeypatch.setattr(table_lock, "FIRST_TRY_SECONDS", 0.05)
        loading.execute(text("SET statement_timeout TO 70000"))
        loading.commit()

        def on_wait(message: str) -> None:
            waits.append(message)
            other.rollback()

        lock(loading, 10, on_wait)
        assert len(waits) == is_held
        assert loading.scalar(text("SHOW statement_timeout")) == "70000"
        loading.rollback()
        loading.execute(text("RESET statement_timeout"))
        loading.commit()


def test_a_limit_that_would_cancel_a_lock_that_is_free_is_not_set(ready: Sparkify) -> None:
    """It counts planning and queueing too. Redshift guide, r_statement_timeout"""
    with ready.engine.connect() as loading, statements_of(loading) as sent:
        lock(loading, 0, print)
    assert sent[:3] == ["SHOW statement_timeout", "ROLLBACK", "SET statement_timeout TO 500"]
    assert sent[3:5] == ["LOCK TABLE load_lock", "SET statement_timeout TO 0"]
    assert sent[5:] == ["UPDATE load_lock SET load_id=load_lock.load_id", "ROLLBACK"]


def test_after_a_wait_the_table_is_locked_again(ready: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot taken at BEGIN would not show what the load before has written. Redshift guide, r_BEGIN"""
    monkeypatch.setattr(table_lock, "MIN_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(table_lock, "FIRST_TRY_SECONDS", 0.05)
    with ready.engine.connect() as other, ready.engine.connect() as loading, statements_of(loading) as sent:
        lock(other, 10, print)
        lock(loading, 10, lambda _: other.rollback())
    steps = [statement for statement in sent if not statement.startswith("S")]  # SHOW, SET, SELECT of who holds it
    assert steps[1:] == [
        "LOCK TABLE load_lock",
        "ROLLBACK",
        "ROLLBACK",
        "LOCK TABLE load_lock",
        "ROLLBACK",
        "LOCK TABLE load_lock",
        "UPDATE load_lock SET load_id=load_lock.load_id",
        "ROLLBACK",
    ]


@contextmanager
def snapshot_at_begin(connection: Connection, then: Callable[[], None]) -> Iterator[list[str]]:
    """Has the first transaction that locks take its snapshot before LOCK, with something happening in between.

    So it is on Redshift where ``transaction_snapshot_begin`` says so. Redshift guide, r_BEGIN
    """
    pending = [then]

    def before(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("LOCK") and pending:
            cursor.execute("SELECT count(*) FROM loads")
            pending.pop()()

    event.listen(connection, "before_cursor_execute", before)
    with statements_of(connection) as sent:
        yield sent


@pytest.mark.parametrize("is_first", [False, True], ids=["a later load", "the first load"])
def test_a_load_that_ends_between_snapshot_and_lock_is_seen(ready: Sparkify, is_first: bool) -> None:
    """LOCK does not wait then, so that nothing but a conflict shows that the snapshot is old."""
    with ready.engine.connect() as loading:
        if is_first:
            loading.execute(LoadLock.table().delete())
            loading.commit()
        with snapshot_at_begin(loading, lambda: ready.load() and None) as sent:
            lock(loading, 10, pytest.fail)
        assert loading.scalar(text("SELECT count(*) FROM loads")) == 1
        locks = [statement for statement in sent if statement.startswith(("LOCK", "UPDATE", "INSERT"))]
        update = "UPDATE load_lock SET load_id=load_lock.load_id"
        insert = ["INSERT INTO load_lock (load_id) VALUES (:1)"] if is_first else []
        assert locks == ["LOCK TABLE load_lock", update, *insert, "LOCK TABLE load_lock", update]


def test_readers_are_not_blocked_by_a_load(ready: Sparkify) -> None:
    with ready.engine.connect() as loading, ready.engine.connect() as reader:
        lock(loading, 10, print)
        loading.execute(text("DELETE FROM staging_events"))
        assert reader.scalar(text("SELECT count(*) FROM songplays")) == 0


def test_an_interruption_before_a_connection_is_given_back_frees_its_locks(ready: Sparkify) -> None:
    """Its traceback keeps the connection alive."""
    taken: list[Connection] = []

    def interrupted() -> None:
        with warehouse(ready.settings) as engine:
            taken.append(engine.connect())
            lock(taken[0], 10, print)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with ready.engine.connect() as other:
        lock(other, 10, print)


def test_a_lock_taken_after_the_snapshot_is_too_late(ready: Sparkify) -> None:
    """Why the lock comes first: two that read before they lock both think that they are alone, and one loses."""
    with ready.engine.connect() as first, ready.engine.connect() as second:
        for connection in (first, second):
            assert connection.scalar(text("SELECT count(*) FROM load_files")) == 0
        for connection in (first, second):
            connection.execute(LockTable(LoadLock.table()))
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


def transaction_of_a_load(sparkify: Sparkify) -> list[str]:
    """The statements of its transaction: the files are written into the ledger last. The warehouse is empty again."""
    load_with(sparkify, whole := Failing(CONFLICT))
    last = [statement.startswith("INSERT INTO load_files") for statement in whole.sent].index(True)
    forget(sparkify)
    return whole.sent[: last + 1]


def forget(sparkify: Sparkify) -> None:
    """Empty the star and the ledger: what is there already is not loaded again, by fewer statements."""
    with sparkify.engine.begin() as connection:
        for model in (*STAR, LoadFile, Load):
            connection.execute(model.table().delete())


def test_a_conflict_at_any_statement_is_cured_by_another_try(ready: Sparkify) -> None:
    """Every try gets a statement further than the one before, until one gets through.

    At the UPDATE of load_lock a conflict shows an old snapshot, and only the lock is taken again.
    """
    ready.load()
    star = ready.star()
    forget(ready)
    statements = enumerate(transaction_of_a_load(ready), 1)
    places = [place for place, statement in statements if not statement.startswith("UPDATE load_lock")]
    report = load_with(ready, Failing(CONFLICT, places), attempts=len(places) + 1)
    assert (report.attempts, report.outcome) == (len(places) + 1, "loaded")
    assert report.star["songplays"].inserted == 20
    assert ready.star() == star
    assert ready.rows("SELECT load_id, outcome FROM loads") == [(report.load_id, "loaded")]


def test_another_error_is_not_tried_again(ready: Sparkify) -> None:
    """At the last statement of each sort, when there is most to be rolled back."""
    places = {statement.split()[0]: place for place, statement in enumerate(transaction_of_a_load(ready), 1)}
    assert set(places) == {"SHOW", "SET", "LOCK", "DELETE", "COPY", "SELECT", "UPDATE", "INSERT"}
    for sort, place in places.items():
        with pytest.raises(LoadError, match="permission denied"):
            load_with(ready, denied := Failing(DENIED, [place]))
        assert denied.tries == 1, sort
        assert ready.one("SELECT count(*) FROM songplays") == 0, sort


def test_tries_come_to_an_end(ready: Sparkify) -> None:
    with pytest.raises(LoadError, match="1023"):
        load_with(ready, failing := Failing(CONFLICT, [6] * 99), attempts=3)
    assert failing.tries == 3
    assert ready.one("SELECT count(*) FROM songplays") == 0


def test_a_lost_connection_at_any_statement_is_tried_again(ready: Sparkify) -> None:
    """At every fourth statement, each try at the next of them, until one gets through."""
    places = range(3, len(transaction_of_a_load(ready)), 4)
    report = load_with(ready, Failing(LOST, places), attempts=len(places) + 1)
    assert (report.attempts, report.outcome) == (len(places) + 1, "loaded")
    assert ready.one("SELECT count(*) FROM songplays") == 20


@contextmanager
def cut_at_the_next_commit(engine: Engine, *, committed: bool) -> Iterator[None]:
    """Shuts the socket under the driver: before COMMIT is sent, or when it was carried out and its answer is awaited."""
    pending = [True]

    def cut(connection: Connection) -> None:
        if pending and pending.pop():
            raw: Any = connection.connection.dbapi_connection
            if committed:
                raw.commit()
            raw._usock.shutdown(socket.SHUT_RDWR)

    event.listen(engine, "commit", cut)
    try:
        yield
    finally:
        event.remove(engine, "commit", cut)


@pytest.mark.parametrize(("committed", "tries"), [(False, 2), (True, 1)], ids=["before", "after"])
def test_a_connection_that_is_cut_at_the_commit_costs_another_try_unless_it_was_carried_out(
    ready: Sparkify, committed: bool, tries: int
) -> None:
    with cut_at_the_next_commit(ready.engine, committed=committed):
        report = load_with(ready, Failing(LOST))
    assert (report.outcome, report.attempts) == ("loaded", tries)
    assert ready.rows("SELECT load_id, outcome FROM loads") == [(report.load_id, "loaded")]
    assert ready.one("SELECT count(*) FROM songplays") == 20


def test_an_unknown_outcome_of_a_commit_is_not_reported_as_a_failure(
    ready: Sparkify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer was lost, and another load has the lock by which this one would know. The ledger has it once."""
    commit = type(ready.engine.dialect).do_commit
    with ready.engine.connect() as other:

        def committed_but_lost(dialect: Any, connection: Any) -> None:
            commit(dialect, connection)
            lock(other, 5, print)
            raise LOST

        with monkeypatch.context() as patch:
            patch.setattr(type(ready.engine.dialect), "do_commit", committed_but_lost)
            with pytest.raises(OutcomeUnknown, match=r"not known, .*Another load had the lock.*, and load again"):
                load_with(ready, Failing(LOST), wait_seconds=0)
    assert ready.rows("SELECT outcome FROM loads") == [("loaded",)]
    assert ready.load().changed is False


LOADS_THAT_ARE_KILLED = """
import os, signal, sys, sparkify_dwh
load = sparkify_dwh.load  # imported once for all of them
for line in sys.stdin:
    if os.fork() == 0:
        load(on_step=lambda step: step == line.strip() and os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def test_a_load_that_is_killed_leaves_nothing_and_the_next_one_repairs_it(ready: Sparkify) -> None:
    program = [sys.executable, "-c", LOADS_THAT_ARE_KILLED]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, env=environment_of(ready.settings), cwd=ready.directory, **pipes) as loads:
        for step in ("lock", "copy staging_events", "fill artists", "fill songplays", "fill time"):
            print(step, file=loads.stdin, flush=True)
            assert loads.stdout.readline() == f"{-signal.SIGKILL}\n", step
            assert ready.one("SELECT count(*) FROM songs") == 0, step
            assert ready.load().star["songplays"].inserted == 20, step
            forget(ready)
        loads.communicate()


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
        ({"C": "40P01", "M": "Verklemmung entdeckt"}, True),
        ({"C": "XX000", "M": "deadlock detected"}, True),
        ({"C": "XX000", "M": "1023", "D": "Serializable isolation violation on table - 1234, transactions ..."}, True),
        ({"C": "XX000", "M": "1018", "D": "Relation does not exist."}, True),
        ({"C": "XX000", "M": "could not complete because of conflict with concurrent transaction"}, True),
        ({"C": "XX000", "M": "could not open relation with OID 1234"}, True),
        ({"C": "42P01", "M": 'relation "songs" does not exist'}, False),
        ({"C": "53100", "M": "disk full"}, False),
    ],
)
def test_conflicts_are_distinguished_from_other_errors(fields: dict[str, str], conflict: bool) -> None:
    """Redshift guide, c_serial_isolation; https://github.com/aws/amazon-redshift-jdbc-driver/issues/147"""
    assert is_conflict(DBAPIError("SELECT 1", None, ProgrammingError(fields))) is conflict


def test_the_wait_between_tries_doubles() -> None:
    waits = [Retries().seconds_after(attempt) for attempt in (1, 2, 3)]
    assert all(0.5 * 2**number <= wait <= 1.5 * 2**number for number, wait in enumerate(waits))
