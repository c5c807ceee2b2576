"""Isolation levels are accepted and ignored, and LOCK has no mode. Redshift guide, r_BEGIN and r_LOCK"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import PASSED, Passed, Rewritten
from sparkify_dwh.standin.plan import plan

MODE = "SELECT mode FROM pg_locks WHERE relation = 'users'::regclass AND pid = pg_backend_pid()"


@pytest.mark.parametrize("level", ["READ COMMITTED", "READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_begin_with_a_level_reads_snapshots_all_the_same(engine: Engine, level: str) -> None:
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql(f"BEGIN ISOLATION LEVEL {level}")
        assert alone.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "repeatable read"
        alone.exec_driver_sql("ROLLBACK")


@pytest.mark.parametrize(
    "words",
    [
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET default_transaction_isolation TO 'read committed'",
    ],
)
def test_setting_a_level_changes_nothing(connection: Connection, words: str) -> None:
    connection.exec_driver_sql(words)
    connection.commit()
    assert connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "repeatable read"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY", Rewritten("BEGIN READ ONLY")),
        ("start transaction isolation level serializable;", Rewritten("START TRANSACTION")),
        ("SET TRANSACTION READ WRITE, ISOLATION LEVEL READ COMMITTED", Rewritten("SET TRANSACTION READ WRITE")),
        ("BEGIN READ ONLY", Passed()),
        ("SET query_group TO 'isolation'", Rewritten("SET SESSION sparkify_standin.query_group TO 'isolation'")),
    ],
)
def test_only_the_isolation_level_is_removed(sql: str, expected: object) -> None:
    assert plan(sql) == expected


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(RedshiftError, match="SNAPSHOT"):
        plan("BEGIN ISOLATION LEVEL SNAPSHOT")


@pytest.mark.parametrize("sql", ["LOCK users", "lock table users, public.songs;", 'LOCK TABLE "users"'])
def test_a_lock_passes_as_it_is_written(sql: str) -> None:
    assert plan(sql) is PASSED


@pytest.mark.parametrize("ending", [" IN SHARE MODE", " IN ACCESS EXCLUSIVE MODE", " NOWAIT", ", ONLY songs"])
def test_a_lock_has_no_mode(ending: str) -> None:
    word = ending.strip(", ").split()[-1 if "ONLY" in ending else 0]
    with pytest.raises(RedshiftError, match=f'syntax error at or near "{word}"') as error:
        plan(f"LOCK TABLE users{ending}")
    assert error.value.sqlstate == "42601"


def test_a_lock_is_access_exclusive(connection: Connection) -> None:
    connection.exec_driver_sql("LOCK TABLE users")
    assert "AccessExclusiveLock" in connection.exec_driver_sql(MODE).scalars().all()
