"""Isolation levels are taken, and change nothing. Redshift guide, r_BEGIN"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.outcomes import Passed, Rewritten
from sparkify_dwh.standin.plan import plan


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
def test_the_rest_of_what_was_said_stays(sql: str, expected: object) -> None:
    assert plan(sql) == expected


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(RedshiftError, match="SNAPSHOT"):
        plan("BEGIN ISOLATION LEVEL SNAPSHOT")
