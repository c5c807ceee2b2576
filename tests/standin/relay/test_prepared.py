"""Names of prepared statements and portals stay in step with PostgreSQL when clients pipeline and fail."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.raw_client import Message, RawClient, execution, kinds, sqlstates, tags

from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.relay.local_relay import local_relay

BEGIN, COMMIT, FAILING = wire.query("BEGIN"), wire.query("COMMIT"), execution("SELECT 1 / 0")
INTERVAL = "SELECT INTERVAL '1 day'"


@pytest.fixture
def client(migrated: Settings) -> Iterator[RawClient]:
    """A client of the relay whose session has an empty table, numbers."""
    assert migrated.standin_directory is not None
    with RawClient(str(local_relay(embedded_server(migrated.standin_directory)).socket_path)).greeted() as client:
        client.send(wire.query("CREATE TEMP TABLE numbers (n INT)"))
        client.until(b"Z")
        yield client


@pytest.fixture
def copy(tmp_path: Path) -> str:
    """A COPY of one row into numbers."""
    (tmp_path / "one").write_text('{"n": 1}')
    return f"COPY numbers FROM '{(tmp_path / 'one').as_uri()}' IAM_ROLE default JSON 'auto'"


def parse(name: bytes, sql: str) -> bytes:
    return wire.parse(name, sql, wire.NO_PARAMETERS)


def bind(portal: bytes, name: bytes, *formats: int) -> bytes:
    wanted = struct.pack(f"!{len(formats) + 1}h", len(formats), *formats)
    return wire.message(b"B", portal + b"\x00" + name + b"\x00" + bytes(4) + wanted)


def run(name: bytes) -> bytes:
    return bind(b"", name) + wire.execute(b"")


def close(name: bytes) -> bytes:
    return wire.close(b"S", name)


def answer(client: RawClient, *messages: bytes) -> list[Message]:
    """Send messages and return the responses, up to one ReadyForQuery per Sync and Query."""
    data = b"".join(messages)
    buffer = wire.MessageBuffer()
    buffer.feed(data)
    ends = sum(kind in b"SQ" for kind, _ in buffer.messages())
    client.send(data)
    return client.until(b"Z", ends)


def outcome(client: RawClient, *messages: bytes) -> tuple[list[str], list[str], str]:
    """Send messages; return the tags and errors of the responses, and the number of rows in numbers."""
    found = answer(client, *messages)
    ((_, row),) = [
        message for message in answer(client, wire.query("SELECT count(*) FROM numbers")) if message[0] == b"D"
    ]
    return tags(found), sqlstates(found), str(wire.data_row(row)[0])


WAITING = pytest.mark.parametrize("is_waiting", [True, False], ids=["waiting", "at once"])


def in_turn(client: RawClient, is_waiting: bool, *parts: bytes) -> tuple[list[str], list[str], str]:
    """Send parts, each with a Sync, after the previous response or all at once; return the outcome."""
    *before, last = [part + wire.SYNC for part in parts]
    if not is_waiting:
        return outcome(client, *before, last)
    for part in before:
        answer(client, part)
    return outcome(client, last)


@WAITING
def test_a_second_parse_of_a_name_leaves_the_first_statement(client: RawClient, copy: str, is_waiting: bool) -> None:
    done, _, rows = in_turn(client, is_waiting, parse(b"s", copy), parse(b"s", "SELECT 1"), run(b"s"))
    assert (done, rows) == (["COPY"], "1")


@WAITING
def test_a_close_that_was_skipped_closes_nothing(client: RawClient, copy: str, is_waiting: bool) -> None:
    done, _, rows = in_turn(client, is_waiting, parse(b"s", copy), FAILING + close(b"s"), run(b"s"))
    assert (done, rows) == (["COPY"], "1")


@WAITING
def test_a_copy_whose_parse_was_skipped_is_not_run(client: RawClient, copy: str, is_waiting: bool) -> None:
    skipped = FAILING + close(b"s") + parse(b"s", copy)
    done, _, rows = in_turn(client, is_waiting, parse(b"s", "SELECT 1"), skipped, run(b"s"))
    assert (done, rows) == (["SELECT 1"], "0")


@WAITING
def test_a_portal_ends_with_its_transaction(client: RawClient, copy: str, is_waiting: bool) -> None:
    ended = in_turn(client, is_waiting, parse(b"s", copy) + bind(b"p", b"s"), wire.execute(b"p"))
    assert ended == ([], ["34000"], "0")


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK", "TRUNCATE numbers"])
def test_a_portal_ends_where_a_pipeline_ends_its_transaction(client: RawClient, copy: str, end: str) -> None:
    portal = parse(b"s", copy) + bind(b"p", b"s")
    done, errors, rows = outcome(client, BEGIN, portal, execution(end), wire.execute(b"p"), wire.SYNC)
    assert (done, errors, rows) == (["BEGIN", end.split(maxsplit=1)[0]], ["34000"], "0")


def test_a_copy_is_prepared_and_run_in_one_pipeline(client: RawClient, copy: str) -> None:
    found = answer(client, execution("SELECT 1"), execution(copy, b"s"), execution("SELECT 2"), wire.SYNC)
    assert kinds(found) == "12TDC12nNC12TDCZ"


def test_a_name_is_closed_and_given_anew_in_one_pipeline(client: RawClient, copy: str) -> None:
    first, second = parse(b"s", copy), parse(b"s", "SELECT 1")
    again = [close(b"s"), second, run(b"s"), close(b"s"), first, run(b"s")]
    assert outcome(client, first, run(b"s"), *again, wire.SYNC) == (["COPY", "SELECT 1", "COPY"], [], "2")


def test_a_portal_lasts_as_long_as_its_transaction(client: RawClient, copy: str) -> None:
    """And so after a Sync, and without its statement."""
    portal, use = parse(b"s", copy) + bind(b"p", b"s") + close(b"s"), wire.execute(b"p") + wire.SYNC
    assert outcome(client, BEGIN, portal, wire.SYNC, use, use, COMMIT) == (["BEGIN", "COPY", "COPY", "COMMIT"], [], "2")


def test_a_portal_gives_its_rows_in_two_parts(client: RawClient) -> None:
    some = wire.message(b"E", b"p\x00" + struct.pack("!i", 1))
    rows = parse(b"s", "SELECT 1 UNION ALL SELECT 2") + bind(b"p", b"s")
    assert kinds(answer(client, BEGIN, rows, some, wire.SYNC, some, some, wire.SYNC, COMMIT)) == "CZ12DsZDsCZCZ"


def test_sql_execute_of_a_statement_of_the_relay_is_an_error(client: RawClient, copy: str) -> None:
    """The relay does not see which statement that is: it is an error, and fails the transaction."""
    prepared = [parse(b"s", copy), wire.SYNC, BEGIN]
    done, errors, rows = outcome(
        client, *prepared, wire.query("EXECUTE s"), wire.query("SELECT 1"), wire.query("ROLLBACK")
    )
    assert (done, errors, rows) == (["BEGIN", "ROLLBACK"], ["XX000", "25P02"], "0")


def test_a_query_ends_the_unnamed_statement(client: RawClient, copy: str) -> None:
    """Be it PostgreSQL's or the relay's. PostgreSQL documentation, 54.2.3"""
    for query in ("SELECT 1", copy, "CREATE INDEX i ON numbers (n)"):
        found = answer(client, parse(b"", "SELECT 2"), wire.query(query), run(b""), wire.SYNC)
        assert sqlstates(found)[-1] == "26000"


def test_nothing_is_done_in_a_transaction_that_has_failed(client: RawClient, copy: str) -> None:
    setting = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"
    failed = [BEGIN, wire.query("SELECT 1 / 0"), *map(wire.query, (copy, setting)), COMMIT]
    assert outcome(client, *failed) == (["BEGIN", "ROLLBACK"], ["22012", "25P02", "25P02"], "0")


def test_intervals_are_those_of_the_statement_that_postgresql_has(client: RawClient) -> None:
    described = [parse(b"s", INTERVAL), wire.describe(b"S", b"s"), wire.SYNC]
    skipped = [FAILING, close(b"s"), parse(b"s", "SELECT 1"), wire.SYNC]
    binary = bind(b"", b"s", 1)
    assert sqlstates(answer(client, *described, *skipped)) == ["22012"]
    assert sqlstates(answer(client, binary, wire.SYNC)) == ["0A000"]
    assert sqlstates(answer(client, close(b"s"), parse(b"s", "SELECT 1"), binary, wire.SYNC)) == []


def test_column_names_may_have_another_encoding(client: RawClient) -> None:
    """Of columns: the bytes of LATIN1 are not those of UTF-8."""
    answer(client, wire.query("SELECT set_config('client_encoding', 'LATIN1', FALSE)"))
    found = answer(client, parse(b"", 'SELECT 1 AS "\u00e9"'), wire.describe(b"S", b""), run(b""), wire.SYNC)
    assert kinds(found) == "1tT2DCZ"
