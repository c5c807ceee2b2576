"""Messages are parsed however the bytes arrive, and whatever they are."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.raw_client import RawClient, execution, kinds, sqlstates, tags
from support.warehouse import a_standin

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.text import split_statements
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.relay.listener import Listener
from sparkify_dwh.standin.relay.requests import Request, RequestQueue

A_FEW = settings(max_examples=30, derandomize=True, suppress_health_check=list(HealthCheck))

MESSAGES = st.tuples(st.binary(min_size=1, max_size=1), st.binary(max_size=50))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """``data`` in the pieces that a network might bring it in."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@settings(derandomize=True)
@given(st.lists(MESSAGES, max_size=10), st.lists(st.integers(0, 1000), max_size=10))
def test_messages_are_the_same_however_they_are_cut(messages: list[tuple[bytes, bytes]], places: list[int]) -> None:
    buffer, found = wire.MessageBuffer(), list[tuple[bytes, bytes]]()
    for piece in cut(b"".join(wire.message(*message) for message in messages), places):
        buffer.feed(piece)
        found += buffer.messages()
    assert found == messages
    assert len(buffer) == 0


@settings(derandomize=True)
@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=5))
def test_any_bytes_are_messages_or_an_error(data: bytes, places: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> object:
        buffer, found = wire.MessageBuffer(max_bytes=100), list[tuple[bytes, bytes]]()
        try:
            for piece in pieces:
                buffer.feed(piece)
                found += buffer.messages()
        except wire.ProtocolError as error:
            return str(error)
        return found, len(buffer)

    assert outcome([data]) == outcome(cut(data, places))


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 3, 101, 2**31 - 1])
def test_a_length_that_no_message_has_is_an_error(length: int) -> None:
    buffer = wire.MessageBuffer(max_bytes=100)
    buffer.feed(b"Q" + struct.pack("!i", length))
    with pytest.raises(wire.ProtocolError, match="invalid message length"):
        buffer.take()


def test_an_error_that_quotes_anything_is_a_whole_message() -> None:
    buffer = wire.MessageBuffer()
    buffer.feed(wire.error_response(RedshiftError("XX000", "a\x00b\ud800"), "FATAL"))
    ((kind, body),) = buffer.messages()
    assert (kind, wire.error_fields(body)["M"]) == (b"E", "a\\0b\\ud800")


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("SELECT 1", ["SELECT 1"]), ("SELECT 1; ", ["SELECT 1; "]), ("", [""]),
        ("a; b;c;;", ["a", " b", "c"]), ("a ';' b; c", ["a ';' b", " c"]), (r"a '\';' b; c", [r"a '\';' b", " c"]),
        ('a ";"; b', ['a ";"', " b"]), ("a -- ;\n; b", ["a -- ;\n", " b"]), ("a /* ; */; b", ["a /* ; */", " b"]),
        ("a $x$;$$;$x$; b", ["a $x$;$$;$x$", " b"]), ("a (b; c); d", ["a (b; c)", " d"]), ("a; /* b */", ["a"]),
        ("a; 'b", ["a; 'b"]),
    ],
)  # fmt: skip
def test_statements_are_cut_at_semicolons_outside_of_everything(sql: str, statements: list[str]) -> None:
    assert split_statements(sql) == statements


def test_a_response_belongs_to_the_first_open_request() -> None:
    queue = RequestQueue()
    for kind in (b"P", b"B", b"H", b"E", b"S"):
        queue.add(Request(kind, tag=kind.decode()))
    requests = [queue.match(kind) for kind in (b"1", b"N", b"2", b"D", b"C", b"Z")]
    assert [request and request.tag for request in requests] == ["P", "B", "B", "E", "E", "S"]
    assert not queue


def test_an_error_answers_for_everything_up_to_the_sync() -> None:
    queue = RequestQueue()
    for kind in (b"P", b"B", b"E", b"S", b"P"):
        queue.add(Request(kind))
    queue.match(b"E")
    assert not queue.skipping
    assert [bool(queue.match(kind)) for kind in (b"Z", b"1")] == [True, True]
    queue.match(b"E")
    assert queue.skipping


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresAddress]:
    with a_standin() as settings_:
        assert settings_.standin_directory is not None
        yield embedded_server(settings_.standin_directory)


@pytest.fixture(scope="module")
def place(postgres: PostgresAddress) -> Iterator[tuple[str, int]]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    before = set(threading.enumerate())
    listener = Listener(sock, lambda: postgres)
    yield sock.getsockname()
    listener.close()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "stand-in session":
            thread.join(30)
            assert not thread.is_alive()


NAMES = st.sampled_from([b"", b"a", b"b"])
PLAIN = st.sampled_from(
    [
        "SELECT 1",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SELECT 1/0",
        "",
        "SELEC",
        "DEALLOCATE ALL",
        "SELECT 1; SELECT 2",
        "SET a.b = 'c'",
    ]
)
OURS = st.sampled_from(
    [
        "COPY t FROM 'file:///dev/null' IAM_ROLE default JSON 'auto'", "CREATE TEMP TABLE t (a INT)",
        "CREATE INDEX i ON t (a)",
        "BEGIN; CREATE TEMP TABLE t (a INT); COMMIT", "COPY t FROM STDIN", "TRUNCATE t", "COPY", "SELECT 1; COPY; SELECT 2",
    ]
)  # fmt: skip


def messages_with(sql: st.SearchStrategy[str]) -> st.SearchStrategy[list[bytes]]:
    """Sequences of a client's messages, in any order."""
    return st.lists(
        st.one_of(
            st.builds(wire.parse, NAMES, sql, st.just(wire.NO_PARAMETERS)),
            st.builds(
                lambda portal, name: wire.message(b"B", portal + b"\x00" + name + b"\x00" + bytes(6)), NAMES, NAMES
            ),
            st.builds(
                lambda what, name: wire.message(b"D", what + name + b"\x00"), st.sampled_from([b"S", b"P"]), NAMES
            ),
            st.builds(wire.close, st.sampled_from([b"S", b"P"]), NAMES),
            st.builds(wire.execute, NAMES),
            st.builds(execution, sql),
            st.builds(wire.query, sql),
            st.sampled_from([wire.SYNC, wire.SYNC, wire.FLUSH, wire.COPY_DONE, wire.message(b"d", b"x")]),
        ),
        max_size=12,
    )


# Both do nothing that is seen. PostgreSQL runs the first; the relay carries out the second.
RUN_BY_POSTGRESQL, CARRIED_OUT = "SET a.b = 'c'", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"


def events(setting: str) -> list[bytes]:
    """What a client may do with names: in whole segments of a pipeline, or with Syncs anywhere."""
    found = [wire.query(sql) for sql in ("BEGIN", "COMMIT", "ROLLBACK", setting)]
    for name in (b"", b"a", b"b"):
        run = wire.message(b"B", b"\x00" + name + b"\x00" + bytes(6)) + wire.execute(b"")
        found += [wire.close(b"S", name), wire.describe(b"S", name), run, run + wire.SYNC]
        found += [wire.parse(name, sql, wire.NO_PARAMETERS) for sql in (setting, "SELECT 1")]
    return [*found, execution("SELECT 1/0"), wire.SYNC]


def answers(address: tuple[str, int] | str, user: str, messages: list[bytes]) -> tuple[str, list[str], list[str], int]:
    """What a server answers to ``messages``, a Sync and a last query: kinds, tags, SQLSTATEs, and how often it was ready."""
    with RawClient(address).greeted(user) as client:
        client.send(*messages, wire.SYNC, wire.query("ROLLBACK"), wire.query("SELECT 'the end'"))
        found = list[tuple[bytes, bytes]]()
        while (message := client.next()) is not None:
            found.append(message)
            if message[0] == b"D" and b"the end" in message[1]:
                client.send(wire.message(b"X"))
    return kinds(found), tags(found), sqlstates(found), kinds(found).count("Z")


@A_FEW
@given(messages=messages_with(PLAIN))
def test_plain_statements_are_answered_as_postgresql_answers_them(
    postgres: PostgresAddress, place: tuple[str, int], messages: list[bytes]
) -> None:
    directly = answers(f"{postgres.host}/.s.PGSQL.{postgres.port}", postgres.user, messages)
    assert answers(place, "anybody", messages) == directly


@A_FEW
@given(st.lists(st.integers(0, len(events("")) - 1), max_size=40))
def test_names_mean_the_same_as_in_postgresql(
    postgres: PostgresAddress, place: tuple[str, int], chosen: list[int]
) -> None:
    """Whether the relay or PostgreSQL runs a statement is not seen, whatever fails or is skipped before."""
    direct, ours = events(RUN_BY_POSTGRESQL), events(CARRIED_OUT)
    expected = answers(f"{postgres.host}/.s.PGSQL.{postgres.port}", postgres.user, [direct[event] for event in chosen])
    assert answers(place, "anybody", [ours[event] for event in chosen]) == expected


@A_FEW
@given(messages=messages_with(st.one_of(PLAIN, OURS)))
def test_any_sequence_of_messages_is_answered(place: tuple[str, int], messages: list[bytes]) -> None:
    """Every Sync and every Query that is not skipped is answered with ReadyForQuery, and the last query is answered."""
    kinds_, tags_, _, ready = answers(place, "anybody", messages)
    queries = sum(message[:1] == b"Q" for message in messages)
    syncs = messages.count(wire.SYNC) + 3
    assert syncs <= ready <= syncs + queries
    assert "D" in kinds_
    assert tags_ == [] or kinds_.endswith(("CZ", "EZ"))


@A_FEW
@given(st.binary(max_size=200))
def test_any_bytes_at_the_start_leave_the_listener_running(place: tuple[str, int], data: bytes) -> None:
    with RawClient(place) as client, suppress(OSError):  # it may be shown the door before it has said all
        client.send(data)
        client.socket.shutdown(socket.SHUT_WR)
        client.until(b"\x00")
    with RawClient(place).greeted() as client:
        client.send(wire.query("SELECT 1"))
        assert tags(client.until(b"Z")) == ["SELECT 1"]
