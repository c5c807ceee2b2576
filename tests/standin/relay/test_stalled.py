"""COPY and UNLOAD with a store that stalls or a server that dies: no hangs, no leaks."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from support.raw_client import RawClient, sqlstates, tags
from support.relays import cancel, join_sessions, listening, served_next
from support.warehouse import a_standin

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.workers import Producer
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, ChannelPair, ClientDisconnected
from sparkify_dwh.standin.relay.listener import Listener
from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.standin.serve import serving
from sparkify_dwh.utils.secret import Secret

STALLING = "COPY numbers FROM 's3://stalled/numbers' IAM_ROLE default JSON 'auto'"
UNLOAD = "UNLOAD ('SELECT n FROM numbers') TO 's3://stalled/numbers' IAM_ROLE default CSV"
# They wait for a listing, for another, and for a file to be taken.
ALL_STALLING = [STALLING, UNLOAD, f"{UNLOAD} ALLOWOVERWRITE"]


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


def stalled(place: tuple[str, int], store: StallingStore, statement: str = STALLING) -> RawClient:
    """A client whose statement waits for a store that never answers, inside of a transaction with a row in it."""
    client = RawClient(place).greeted()
    client.send(wire.query("BEGIN; INSERT INTO numbers VALUES (1)"))
    client.until(b"Z")
    client.send(wire.query(statement))
    store.await_request()
    return client


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_a_stalled_statement_ends_when_its_client_disconnects(
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
def test_a_terminated_session_gets_the_reason(place: tuple[str, int], store: StallingStore, statement: str) -> None:
    with stalled(place, store, statement) as client, RawClient(place).greeted() as other:
        other.send(wire.query(f"SELECT pg_terminate_backend({client.pid})"))
        assert tags(other.until(b"Z")) == ["SELECT 1"]
        answer = client.until(b"Z")
        assert (sqlstates(answer), client.next()) == (["57P01"], None)
        assert "terminating connection due to administrator command" in wire.error_fields(answer[-1][1])["M"]
    store.close()
    assert served_next(place)


@pytest.mark.parametrize("statement", ALL_STALLING)
def test_a_lost_connection_to_the_store_fails_the_statement(
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
