"""A relay answers any sequence of messages, and answers plain SQL as PostgreSQL does."""

from __future__ import annotations

import socket
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.raw_client import RawClient, execution, kinds, sqlstates, tags

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.protocol import wire

A_FEW = settings(max_examples=30, derandomize=True, suppress_health_check=list(HealthCheck))


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
