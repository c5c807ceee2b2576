"""TRUNCATE, VACUUM and ANALYZE, as Redshift's driver sends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import Rewritten
from sparkify_dwh.standin.plan import plan


@pytest.fixture
def plays(engine: Engine) -> Iterator[str]:
    """A table of one column and one row, gone in the end."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept_plays (n INT)")
        connection.exec_driver_sql("INSERT INTO kept_plays VALUES (1)")
    yield "kept_plays"
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE kept_plays")


@pytest.fixture
def alone(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements are transactions of their own."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def numbers(engine: Engine, table: str) -> list[int]:
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(f"SELECT n FROM {table} ORDER BY n").scalars())


@pytest.mark.parametrize("before", ["", "/* /* nested */ */ ", "-- one line\r", "; /* none */ ;"])
def test_truncate_cannot_be_rolled_back(engine: Engine, plays: str, before: str) -> None:
    """Redshift guide, r_TRUNCATE."""
    with engine.connect() as connection:
        connection.exec_driver_sql(f"{before}TRUNCATE {plays}")
        connection.rollback()
    assert numbers(engine, plays) == []


def test_truncate_commits_what_came_before_it(engine: Engine, plays: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE came_before (n INT)")
        connection.exec_driver_sql(f"TRUNCATE TABLE {plays}")
        connection.rollback()
        assert numbers(engine, "came_before") == []
        connection.exec_driver_sql("DROP TABLE came_before")
        connection.commit()


def test_the_next_statement_after_a_truncate_begins_a_transaction(engine: Engine, plays: str) -> None:
    """The driver begins a new one with its next statement."""
    with engine.connect() as connection:
        connection.exec_driver_sql(f"TRUNCATE {plays}")
        connection.exec_driver_sql(f"INSERT INTO {plays} VALUES (2)")
        assert numbers(engine, plays) == []
        connection.rollback()
    assert numbers(engine, plays) == []


def test_a_truncate_that_fails_commits_nothing(engine: Engine, plays: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"INSERT INTO {plays} VALUES (2)")
        with pytest.raises(DBAPIError, match="does not exist"):
            connection.exec_driver_sql("TRUNCATE no_such_table")
    assert numbers(engine, plays) == [1]


def test_vacuum_refuses_a_transaction_block(connection: Connection) -> None:
    """Redshift guide, r_VACUUM_command."""
    with pytest.raises(DBAPIError, match="VACUUM cannot run inside a transaction block"):
        connection.exec_driver_sql("VACUUM")


@pytest.mark.parametrize(
    "words",
    ["VACUUM {}", "VACUUM FULL {}", "VACUUM SORT ONLY {} TO 75 PERCENT", "VACUUM DELETE ONLY {}", "VACUUM REINDEX {}",
     "VACUUM {} TO 100 PERCENT BOOST"],
)  # fmt: skip
def test_vacuum_runs_in_redshifts_forms(plays: str, alone: Connection, engine: Engine, words: str) -> None:
    alone.exec_driver_sql(words.format(plays))
    assert numbers(engine, plays) == [1]


def test_vacuum_needs_its_table(alone: Connection) -> None:
    with pytest.raises(DBAPIError, match="does not exist"):
        alone.exec_driver_sql("VACUUM SORT ONLY no_such_table")


def test_analyze_runs_inside_a_transaction(plays: str, connection: Connection) -> None:
    """Redshift guide, r_ANALYZE."""
    for words in ("ANALYZE", f"ANALYZE {plays}", f"ANALYZE {plays} (n)", f"ANALYZE {plays} PREDICATE COLUMNS"):
        connection.exec_driver_sql(words)


def test_redshifts_clauses_of_analyze_are_removed() -> None:
    assert plan("analyze verbose t (a, B) all columns;") == Rewritten('ANALYZE VERBOSE "t" ("a", "b")')


@pytest.mark.parametrize(
    "sql",
    ["TRUNCATE a, b", "TRUNCATE a CASCADE", "TRUNCATE", "VACUUM ONLY a", "VACUUM (FULL) a", "VACUUM a TO 101 PERCENT",
     "ANALYZE a b", "ANALYZE COMPRESSION a"],
)  # fmt: skip
def test_other_forms_are_errors(sql: str) -> None:
    with pytest.raises(RedshiftError):
        plan(sql)
