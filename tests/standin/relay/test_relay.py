"""The relay with clients that pipeline, misbehave or disconnect, and with a server that dies: no hangs, no leaks."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from support.raw_client import RawClient, execution, kinds, sqlstates, startup, tags
from support.warehouse import a_standin

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.postgres.workers import Producer
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, ChannelPair, ClientDisconnected
from sparkify_dwh.standin.relay import listener as relay_listener
from sparkify_dwh.standin.relay.listener import Listener
from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.standin.serve import serving
from sparkify_dwh.utils.secret import Secret

# Redshift has no generate_series() that can be relied on.
COUNTING = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n{}) SELECT {} FROM n"
STALLING = "COPY numbers FROM 's3://stalled/numbers' IAM_ROLE default JSON 'auto'"
UNLOAD = "UNLOAD ('SELECT n FROM numbers') TO 's3://stalled/numbers' IAM_ROLE default CSV"
# They wait for a listing, for another, and for a file to be taken.
ALL_STALLING = [STALLING, UNLOAD, f"{UNLOAD} ALLOWOVERWRITE"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresAddress]:
    with a_standin() as settings:
        assert settings.standin_directory is not None
        address = embedded_server(settings.standin_directory)
        with address.connect("dev") as connection:
            connection.execute("CREATE TABLE numbers (n INT)")
        yield address


def listening() -> socket.socket:
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


@pytest.fixture
def place(postgres: PostgresAddress) -> Iterator[tuple[str, int]]:
    """Where a relay listens; in the end no thread and no file of its clients is left."""
    before = open_files()
    sock = listening()
    listener = Listener(sock, lambda: postgres)
    yield sock.getsockname()
    join_sessions()
    listener.close()
    if open_files() != before:
        gc.collect()  # an error of S3 that no session waited for
    assert open_files() == before


def open_files() -> set[str]:
    """Return the open descriptors by number and target, so that a leaked one can be named."""
    found = set()
    for number in os.listdir("/dev/fd"):  # noqa: PTH208 (names)
        with suppress(FileNotFoundError):  # the listing's own
            found.add(f"{number}: {Path('/dev/fd', number).readlink()}")
    return found


@pytest.fixture(autouse=True)
def others() -> Iterator[None]:
    """Remember the sessions of other tests, which keep connections open."""
    OTHERS.update(threading.enumerate())
    yield
    OTHERS.clear()


OTHERS: set[threading.Thread] = set()


def join_sessions() -> None:
    """Wait for the threads of clients, of COPY and of UNLOAD to end."""
    for thread in set(threading.enumerate()) - OTHERS:
        if thread.name in {"stand-in session", "stand-in COPY", "stand-in UNLOAD"}:
            thread.join(60)
            assert not thread.is_alive()


class StallingStore:
    """A server in S3's place that takes connections and never says a word."""

    def __init__(self) -> None:
        self._socket = listening()
        self._socket.listen()
        self._socket.settimeout(60)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._connections: list[socket.socket] = []

    def await_request(self) -> None:
        connection, _ = self._socket.accept()
        assert connection.recv(1)
        self._connections.append(connection)

    def close(self) -> None:
        for opened in (*self._connections, self._socket):
            opened.close()


@pytest.fixture
def store(place: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[StallingStore]:
    store = StallingStore()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": store.url, "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield store
    store.close()


def copy_of(path: Path, *numbers: int) -> str:
    path.write_text("".join(f'{{"n": {number}}}\n' for number in numbers))
    return f"COPY numbers FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto'"


def counting(rows: int, value: str = "n") -> bytes:
    return wire.query(COUNTING.format(f" WHERE n < {rows}", value))


def served_next(place: tuple[str, int]) -> bool:
    """Whether the next client is serving, and finds no lock and no row of the one before."""
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN"), wire.query("LOCK numbers"), wire.query("SELECT count(*) FROM numbers"))
        rows = [wire.data_row(body) for kind, body in client.until(b"Z", 3) if kind == b"D"]
        return rows == [["0"]]


# ---------------------------------------------------------------------- several statements in one string


def test_a_string_may_hold_a_whole_transaction(place: tuple[str, int], tmp_path: Path) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query(f"BEGIN; {copy_of(tmp_path / 'a', 1, 2)}; SELECT ';', sum(n) FROM numbers; ROLLBACK;"))
        answer = client.until(b"Z")
    assert tags(answer) == ["BEGIN", "COPY", "SELECT 1", "ROLLBACK"]
    assert kinds(answer) == "CNCTDCCZ"
    assert answer[-1] == (b"Z", b"I")
    assert served_next(place)


def test_an_error_ends_the_rest_of_a_string_and_undoes_what_was_before(place: tuple[str, int], tmp_path: Path) -> None:
    """PostgreSQL documentation, 54.2.2.1: without BEGIN the statements of a string are one transaction."""
    copy = copy_of(tmp_path / "a", 1, 2)
    with RawClient(place).greeted() as client:
        client.send(wire.query(f"{copy}; CREATE INDEX i ON numbers (n); {copy}"))
        answer = client.until(b"Z")
    assert (tags(answer), sqlstates(answer), answer[-1]) == (["COPY"], ["0A000"], (b"Z", b"I"))
    assert served_next(place)


def test_an_error_in_a_block_of_a_string_leaves_the_block_failed(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN; SELECT 1 / 0; CREATE TEMP TABLE t (a INT)"), wire.query("SELECT 1"))
        answer = client.until(b"Z", 2)
    assert (tags(answer), sqlstates(answer), answer[-1]) == (["BEGIN"], ["22012", "25P02"], (b"Z", b"E"))


def test_a_string_of_plain_statements_is_answered_as_by_postgresql(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query("SELECT 1; SELECT 2; SELECT ';'"), wire.query(""), wire.query(" ; "))
        assert kinds(client.until(b"Z", 3)) == "TDCTDCTDCZIZIZ"


def test_each_statement_of_a_string_has_its_own_tag(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query("CREATE TEMP TABLE t (a INT); INSERT INTO t VALUES (1), (2); SELECT a FROM t"))
        assert tags(client.until(b"Z")) == ["CREATE TABLE", "INSERT 0 2", "SELECT 2"]


# ---------------------------------------------------------------------- pipelines


def test_tags_are_those_of_their_own_statements(place: tuple[str, int], tmp_path: Path) -> None:
    procedure = "CREATE PROCEDURE pg_temp.nothing() AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql"
    statements = [
        "CREATE TEMP TABLE one (a INT)", "CALL pg_temp.nothing()", copy_of(tmp_path / "a", 1),
        "CREATE TEMP TABLE two (a INT)", "CALL pg_temp.nothing()", "SELECT 1",
    ]  # fmt: skip
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN"), wire.query(procedure), *map(execution, statements), wire.SYNC)
        client.until(b"Z", 2)
        assert tags(client.until(b"Z")) == ["CREATE TABLE", "CALL", "COPY", "CREATE TABLE", "CALL", "SELECT 1"]


def test_an_error_in_a_pipeline_skips_up_to_the_sync_and_no_further(place: tuple[str, int], tmp_path: Path) -> None:
    copy = copy_of(tmp_path / "a", 1)
    failing = [execution("CREATE TEMP TABLE t (a INT)"), execution("SELECT 1 / 0"), execution(copy), wire.SYNC]
    after = [execution("CREATE TEMP TABLE t (a INT)"), execution("SELECT 1"), wire.SYNC]
    with RawClient(place).greeted() as client:
        client.send(*failing, *after)
        first, second = client.until(b"Z"), client.until(b"Z")
    assert (tags(first), sqlstates(first)) == (["CREATE TABLE"], ["22012"])
    assert (tags(second), sqlstates(second)) == (["CREATE TABLE", "SELECT 1"], [])
    assert served_next(place)


@pytest.mark.parametrize("failing", ["CREATE INDEX i ON numbers (n)", "COPY nowhere FROM 's3://a/b' IAM_ROLE default"])
def test_what_is_refused_in_a_pipeline_undoes_its_transaction(
    place: tuple[str, int], tmp_path: Path, failing: str
) -> None:
    with RawClient(place).greeted() as client:
        client.send(execution(copy_of(tmp_path / "a", 1)), execution(failing), execution("SELECT 1"), wire.SYNC)
        answer = client.until(b"Z")
    assert (tags(answer), len(sqlstates(answer)), answer[-1]) == (["COPY"], 1, (b"Z", b"I"))
    assert served_next(place)


def test_a_copy_leaves_prepared_statements_as_they_are(place: tuple[str, int], tmp_path: Path) -> None:
    again = wire.message(b"B", bytes(8)) + wire.execute(b"")
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN"), wire.parse(b"", "SELECT 5", wire.NO_PARAMETERS))
        client.send(execution(copy_of(tmp_path / "a", 1), b"copy"), again, wire.SYNC)
        answer = client.until(b"Z", 2)
    assert tags(answer) == ["BEGIN", "COPY", "SELECT 1"]


# ---------------------------------------------------------------------- clients that misbehave


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", struct.pack("!ii", 8, 131072),
        struct.pack("!ii", 12, wire.PROTOCOL_3) + b"\xff\xfe\xfd\x00",
    ],
)  # fmt: skip
def test_garbage_at_the_start_is_answered_with_an_error(place: tuple[str, int], first: bytes) -> None:
    with RawClient(place) as client:
        client.send(first)
        assert sqlstates(client.until(b"E")) == ["08P01"]
    assert served_next(place)


@pytest.mark.parametrize(
    "first", [b"", b"\x00\x00", startup(user="a")[:-1], struct.pack("!ii", 8, wire.CANCEL_REQUEST)]
)
def test_a_client_may_go_before_it_has_come(place: tuple[str, int], first: bytes) -> None:
    with RawClient(place) as client:
        client.send(first)
        client.socket.shutdown(socket.SHUT_WR)
        assert client.next() is None
    assert served_next(place)


@pytest.mark.parametrize("length", [-1, 0, 3, wire.MAX_CLIENT_MESSAGE_BYTES + 1, 2**31 - 1])
def test_a_length_that_no_message_has_ends_the_session(place: tuple[str, int], length: int) -> None:
    with RawClient(place).greeted() as client:
        client.send(b"Q" + struct.pack("!i", length) + b"SELECT 1\x00")
        assert sqlstates(client.until(b"E")) == ["08P01"]
    assert served_next(place)


@pytest.mark.parametrize(
    "broken", [wire.message(b"P", b"a"), wire.message(b"B", b"a\x00b"), wire.message(b"E", b"a"), wire.message(b"?")]
)
def test_a_message_without_its_end_ends_the_session(place: tuple[str, int], broken: bytes) -> None:
    with RawClient(place).greeted() as client:
        client.send(broken)
        assert sqlstates(client.until(b"E")) == ["08P01"]
        assert client.next() is None


def test_text_that_is_not_utf8_is_refused_and_the_session_goes_on(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.message(b"Q", b"SELECT '\xff'\x00"), wire.query("SELECT 1"))
        answer = client.until(b"Z", 2)
    assert (sqlstates(answer), tags(answer)) == (["22021"], ["SELECT 1"])


def test_half_a_message_is_nothing(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN; INSERT INTO numbers VALUES (1)"), wire.query("COMMIT")[:-3])
        client.until(b"Z")
    join_sessions()
    assert served_next(place)


def test_a_client_that_stops_reading_is_given_up(postgres: PostgresAddress) -> None:
    """Its transaction holds locks that others wait for."""
    sock = listening()
    listener = Listener(sock, lambda: postgres, send_timeout_seconds=0.2)
    with RawClient(sock.getsockname()).greeted() as client:
        client.send(wire.query("BEGIN; LOCK numbers"), counting(900, "repeat('x', 1000000)"))
        join_sessions()
        assert served_next(sock.getsockname())
    listener.close()


def test_a_slow_reader_gets_everything(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(counting(50, "repeat('x', 1000000)"))
        assert sum(len(body) for kind, body in client.until(b"Z") if kind == b"D") > 50_000_000


def test_only_who_knows_the_key_can_cancel(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(counting(200_000))
        client.until(b"D")
        cancel(place, client.pid, client.key ^ 1)
        assert sqlstates(client.until(b"Z")) == []


def cancel(place: tuple[str, int], pid: int, key: int) -> None:
    """Ask for a cancellation, and wait until it has been dealt with."""
    with RawClient(place) as asking:
        asking.send(struct.pack("!iiii", 16, wire.CANCEL_REQUEST, pid, key))
        assert asking.next() is None


def test_a_long_query_is_cancelled(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query(COUNTING.format("", "n")))
        client.until(b"D")
        cancel(place, client.pid, client.key)
        assert sqlstates(client.until(b"Z")) == ["57014"]
        client.send(wire.query("SELECT 1"))
        assert tags(client.until(b"Z")) == ["SELECT 1"]


# ---------------------------------------------------------------------- a relay that cannot go on


def test_a_client_for_whom_there_is_no_thread_is_told_and_the_next_is_served(place: tuple[str, int]) -> None:
    size = threading.stack_size(2**47)  # more than any process has room for
    try:
        with RawClient(place) as client:
            assert sqlstates(client.until(b"E")) == ["53000"]
            assert client.next() is None
    finally:
        threading.stack_size(size)
    assert served_next(place)


def test_one_client_too_many_is_told(place: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_listener, "MAX_CLIENTS", 1)
    with RawClient(place).greeted(), RawClient(place) as client:
        assert sqlstates(client.until(b"E")) == ["53300"]
        assert client.next() is None


def unforeseen(client: RawClient, log: pytest.LogCaptureFixture) -> bool:
    """Return whether an unexpected error is the client's last message, and the log has its traceback."""
    (answer,) = [fields for kind, body in client.until(b"E") if kind == b"E" and (fields := wire.error_fields(body))]
    ends = (answer["S"], answer["C"], client.next()) == ("FATAL", "XX000", None)
    (record,) = [record for record in log.records if record.exc_info]
    return ends and record.getMessage() == "A session of the stand-in failed and has ended."


def test_no_session_ends_without_a_word(postgres: PostgresAddress, caplog: pytest.LogCaptureFixture) -> None:
    sock = listening()
    listener = Listener(sock, lambda: postgres, send_timeout_seconds=None)  # type: ignore[arg-type]
    with RawClient(sock.getsockname()).greeted() as client:
        client.send(wire.query("SELECT 1"))
        assert unforeseen(client, caplog)
    listener.close()


def test_nobody_is_sent_away_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    sock = listening()
    listener = Listener(sock, lambda: None)  # type: ignore[arg-type, return-value]
    with RawClient(sock.getsockname()) as client:
        client.send(startup(user="a"))
        assert unforeseen(client, caplog)
    listener.close()


def test_a_client_is_told_of_what_the_system_does_not_give() -> None:
    def address() -> PostgresAddress:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    sock = listening()
    listener = Listener(sock, address)
    with RawClient(sock.getsockname()) as client:
        client.send(startup(user="a"))
        assert sqlstates(client.until(b"E")) == ["08006"]
    listener.close()


# ---------------------------------------------------------------------- stores that stall, servers that die


def stalled(place: tuple[str, int], store: StallingStore, statement: str = STALLING) -> RawClient:
    """A client whose statement waits for a store that never answers, inside of a transaction with a row in it."""
    client = RawClient(place).greeted()
    client.send(wire.query("BEGIN; INSERT INTO numbers VALUES (1)"))
    client.until(b"Z")
    client.send(wire.query(statement))
    store.await_request()
    return client


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_a_client_that_vanishes_takes_its_stalled_statement_with_it(
    place: tuple[str, int], store: StallingStore, statement: str
) -> None:
    stalled(place, store, statement).socket.close()
    assert served_next(place)
    store.close()
    join_sessions()


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_a_stalled_statement_is_cancelled_and_the_session_goes_on(
    place: tuple[str, int], store: StallingStore, statement: str
) -> None:
    with stalled(place, store, statement) as client:
        cancel(place, client.pid, client.key)
        answer = client.until(b"Z")
        assert (sqlstates(answer), answer[-1]) == (["57014"], (b"Z", b"E"))
        client.send(wire.query("ROLLBACK"), wire.query("SELECT 1"))
        assert tags(client.until(b"Z", 2)) == ["ROLLBACK", "SELECT 1"]
    store.close()
    assert served_next(place)


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_a_stalled_statement_ends_with_its_timeout(
    place: tuple[str, int], store: StallingStore, statement: str
) -> None:
    """Redshift guide, r_statement_timeout. PostgreSQL does not look at it while it waits for the rows of a COPY."""
    with RawClient(place).greeted() as client:
        client.send(wire.query("INSERT INTO numbers VALUES (1)"), wire.query("SET statement_timeout TO 300"))
        client.until(b"Z", 2)
        client.send(wire.query(statement), wire.query("DELETE FROM numbers"))
        assert sqlstates(client.until(b"Z")) == ["57014"]
        assert tags(client.until(b"Z")) == ["DELETE 1"]
    store.close()
    assert served_next(place)


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_who_is_terminated_in_a_stalled_statement_is_told(
    place: tuple[str, int], store: StallingStore, statement: str
) -> None:
    with stalled(place, store, statement) as client, RawClient(place).greeted() as other:
        other.send(wire.query(f"SELECT pg_terminate_backend({client.pid})"))
        assert tags(other.until(b"Z")) == ["SELECT 1"]
        answer = client.until(b"Z")
        assert (sqlstates(answer), client.next()) == (["57P01"], None)
        assert "terminating connection due to administrator command" in wire.error_fields(answer[-1][1])["M"]
    store.close()
    assert served_next(place)


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_a_store_that_breaks_off_fails_the_statement(
    place: tuple[str, int], store: StallingStore, statement: str
) -> None:
    with stalled(place, store, statement) as client:
        store.close()
        assert sqlstates(client.until(b"Z")) == ["XX000"]
    assert served_next(place)


def test_closing_the_relay_ends_its_sessions(
    postgres: PostgresAddress, place: tuple[str, int], store: StallingStore
) -> None:
    sock = listening()
    listener = Listener(sock, lambda: postgres)
    with stalled(sock.getsockname(), store) as client:
        listener.close()
        client.until(b"E")
        assert client.next() is None
    store.close()
    assert served_next(place)


@pytest.mark.parametrize("which", ["backend", "postmaster"])
def test_a_server_that_dies_in_a_copy_ends_it(store: StallingStore, postgres: PostgresAddress, which: str) -> None:
    password = Secret("p")
    with a_standin() as settings, serving(settings.standin_directory or Path(), Credentials("u", password), 0) as there:
        with psycopg.connect(there.url, password="p", autocommit=True) as client:
            client.execute("CREATE TABLE numbers (n INT)")
            pid = client.info.backend_pid
            killed = psutil.Process(pid if which == "backend" else psutil.Process(pid).ppid())
            copying = threading.Thread(target=fail, args=(client,))
            copying.start()
            store.await_request()
            killed.send_signal(signal.SIGKILL)
            copying.join(60)
            assert not copying.is_alive()
        store.close()
        join_sessions()
        if which == "postmaster":  # it is started again once the last of its children has gone
            return
        with psycopg.connect(there.url, password="p") as client:
            assert client.execute("SELECT count(*) FROM numbers").fetchone() == (0,)


def fail(client: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        client.execute(STALLING)


class CancelledByWakeup(Producer):
    """Has produced nothing yet when the client cancels, just before the session clears the wake-up."""

    def clear_wakeup(self) -> None:
        self.cancel()
        super().clear_wakeup()


class NeverWaits(ChannelPair):
    """Fails when the session waits, because nothing more would arrive."""

    def pump(self, *_: Any, **__: Any) -> None:
        pytest.fail("the session waits although it was cancelled")


@pytest.fixture
def backend(postgres: PostgresAddress) -> Iterator[Backend]:
    backend = Backend(postgres, "dev")
    client, other = socket.socketpair()
    with client, other:
        backend.attach(NeverWaits(Channel(client, ClientDisconnected), backend.channel))
        yield backend
    backend.close()


def test_a_cancellation_is_not_lost_with_its_wakeup(backend: Backend) -> None:
    may_end = threading.Event()
    try:
        with CancelledByWakeup(lambda _: may_end.wait() and None) as producer:
            with pytest.raises(RedshiftError, match="cancelled"):
                backend._send_chunks(producer)
            may_end.set()
    finally:
        may_end.set()
