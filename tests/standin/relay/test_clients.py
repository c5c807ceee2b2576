"""Clients that misbehave, disconnect, cancel or are too many: each gets an error, and the next is served."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading

import pytest
from support.raw_client import RawClient, sqlstates, startup, tags
from support.relays import COUNTING, cancel, counting, join_sessions, listening, served_next

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.relay import listener as relay_listener
from sparkify_dwh.standin.relay.listener import Listener


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
def test_a_client_may_disconnect_during_its_startup(place: tuple[str, int], first: bytes) -> None:
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


def test_an_incomplete_message_is_ignored(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN; INSERT INTO numbers VALUES (1)"), wire.query("COMMIT")[:-3])
        client.until(b"Z")
    join_sessions()
    assert served_next(place)


def test_a_client_that_stops_reading_is_disconnected(postgres: PostgresAddress) -> None:
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


def test_a_cancellation_needs_the_session_key(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(counting(200_000))
        client.until(b"D")
        cancel(place, client.pid, client.key ^ 1)
        assert sqlstates(client.until(b"Z")) == []


def test_a_long_query_is_cancelled(place: tuple[str, int]) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query(COUNTING.format("", "n")))
        client.until(b"D")
        cancel(place, client.pid, client.key)
        assert sqlstates(client.until(b"Z")) == ["57014"]
        client.send(wire.query("SELECT 1"))
        assert tags(client.until(b"Z")) == ["SELECT 1"]


# ---------------------------------------------------------------------- a relay that cannot go on


def test_a_client_without_a_thread_gets_an_error_and_the_next_is_served(place: tuple[str, int]) -> None:
    size = threading.stack_size(2**47)  # more than any process has room for
    try:
        with RawClient(place) as client:
            assert sqlstates(client.until(b"E")) == ["53000"]
            assert client.next() is None
    finally:
        threading.stack_size(size)
    assert served_next(place)


def test_a_client_above_the_limit_gets_an_error(place: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_an_unexpected_error_in_a_session_is_reported(
    postgres: PostgresAddress, caplog: pytest.LogCaptureFixture
) -> None:
    sock = listening()
    listener = Listener(sock, lambda: postgres, send_timeout_seconds=None)  # type: ignore[arg-type]
    with RawClient(sock.getsockname()).greeted() as client:
        client.send(wire.query("SELECT 1"))
        assert unforeseen(client, caplog)
    listener.close()


def test_an_unexpected_error_at_the_start_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    sock = listening()
    listener = Listener(sock, lambda: None)  # type: ignore[arg-type, return-value]
    with RawClient(sock.getsockname()) as client:
        client.send(startup(user="a"))
        assert unforeseen(client, caplog)
    listener.close()


def test_an_error_of_the_operating_system_is_reported() -> None:
    def address() -> PostgresAddress:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    sock = listening()
    listener = Listener(sock, address)
    with RawClient(sock.getsockname()) as client:
        client.send(startup(user="a"))
        assert sqlstates(client.until(b"E")) == ["08006"]
    listener.close()
