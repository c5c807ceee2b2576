"""Who holds a lock on a table, as svv_transactions shows it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from sqlalchemy import Connection, Engine, column, table, text

from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.locks import holders
from sparkify_dwh.locks.holders import NOT_SHOWN, describe_holders, holders_of
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.sql.render import readable

TABLES = [LoadLock.table()]


def test_the_query_of_holders() -> None:
    assert readable(holders_of(TABLES)).split(" \n") == [
        "SELECT DISTINCT svv_transactions.pid, svv_transactions.txn_owner, "
        "date_trunc('second', svv_transactions.txn_start) AS since",
        'FROM svv_transactions JOIN pg_catalog.pg_class AS c ON c."oid" = svv_transactions.relation',
        "WHERE c.relname IN ('load_lock') AND pg_table_is_visible(c.\"oid\") AND svv_transactions.granted "
        "AND svv_transactions.pid != pg_backend_pid() ORDER BY since, svv_transactions.pid",
        " LIMIT 4",
    ]


def test_this_session_and_those_that_wait_hold_nothing(connection: Connection) -> None:
    connection.execute(LockTable(*TABLES))
    assert connection.execute(holders_of(TABLES)).all() == []


def test_readers_are_named_up_to_a_number(connection: Connection, engine: Engine) -> None:
    with ExitStack() as sessions:
        for _ in range(4):
            reader = sessions.enter_context(engine.connect())
            reader.execute(text("SELECT count(*) FROM load_lock"))
        described = describe_holders(connection, TABLES)
    assert described.count("session ") == 3
    assert described.endswith(" UTC and others")


def test_where_the_view_cannot_be_read_a_sentence_says_so(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users see only their own sessions. Redshift guide, r_SVV_TRANSACTIONS"""
    assert describe_holders(connection, TABLES) == NOT_SHOWN
    columns = ("pid", "txn_owner", "txn_start", "relation", "granted")
    monkeypatch.setattr(holders, "TRANSACTIONS", table("no_such_view", *map(column, columns)))
    assert describe_holders(connection, TABLES) == NOT_SHOWN
    assert connection.scalar(text("SELECT 1")) == 1
