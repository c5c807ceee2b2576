"""Several statements in one query or in a pipeline: each has its own response, and they succeed or fail together."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.raw_client import RawClient, execution, kinds, sqlstates, tags
from support.relays import copy_of, served_next

from sparkify_dwh.standin.protocol import wire

# ---------------------------------------------------------------------- several statements in one string


def test_a_string_may_hold_a_whole_transaction(place: tuple[str, int], tmp_path: Path) -> None:
    with RawClient(place).greeted() as client:
        client.send(wire.query(f"BEGIN; {copy_of(tmp_path / 'a', 1, 2)}; SELECT ';', sum(n) FROM numbers; ROLLBACK;"))
        answer = client.until(b"Z")
    assert tags(answer) == ["BEGIN", "COPY", "SELECT 1", "ROLLBACK"]
    assert kinds(answer) == "CNCTDCCZ"
    assert answer[-1] == (b"Z", b"I")
    assert served_next(place)


def test_an_error_in_a_query_of_several_statements_rolls_all_back(place: tuple[str, int], tmp_path: Path) -> None:
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
def test_a_refused_statement_in_a_pipeline_rolls_its_transaction_back(
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
