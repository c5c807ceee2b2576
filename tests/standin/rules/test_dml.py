"""DELETE and MERGE in Redshift's grammar."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import Passed, Rewritten
from sparkify_dwh.standin.plan import plan

MATCHED = "WHEN MATCHED THEN UPDATE SET name = CASE WHEN s.id = 1 THEN s.name ELSE nvl(s.name, '') END"
NOT_MATCHED = "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"


@pytest.fixture
def tables(connection: Connection) -> Connection:
    """Rows 1 and 2 in t; 1 and 3 in s."""
    for table, other in (("t", 2), ("s", 3)):
        connection.exec_driver_sql(f"CREATE TEMP TABLE {table} (id INT, name VARCHAR)")
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES (1, '{table}1'), ({other}, '{table}{other}')")
    return connection


def rows(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql("SELECT id, name FROM t ORDER BY id")]


@pytest.mark.parametrize(
    "sql", ["DELETE t WHERE id = 1", "delete /* now */ t where id = 1", "DELETE FROM t WHERE id = 1"]
)
def test_delete_needs_no_from(tables: Connection, sql: str) -> None:
    """Redshift guide, r_DELETE."""
    tables.exec_driver_sql(sql)
    assert rows(tables) == [(2, "t2")]


def test_delete_needs_from_before_using(tables: Connection) -> None:
    """Redshift guide, r_DELETE: FROM may be left out only where there is no USING."""
    with pytest.raises(RedshiftError, match="using"):
        plan("DELETE t using s WHERE t.id = s.id")
    tables.exec_driver_sql("DELETE FROM t USING s WHERE t.id = s.id")
    assert rows(tables) == [(2, "t2")]


def test_a_plain_delete_passes() -> None:
    assert plan("DELETE FROM t") == Passed()
    assert plan("DELETE t WHERE a IN (SELECT b FROM u JOIN v USING (c))") == Rewritten(
        "DELETE FROM t WHERE a IN (SELECT b FROM u JOIN v USING (c))"
    )


def test_merge_updates_what_matches_and_inserts_the_rest(tables: Connection) -> None:
    """Redshift guide, r_MERGE."""
    tables.exec_driver_sql(f"MERGE INTO t USING s ON t.id = s.id {MATCHED} {NOT_MATCHED}")
    assert rows(tables) == [(1, "s1"), (2, "t2"), (3, "s3")]


def test_merge_deletes_what_matches(tables: Connection) -> None:
    tables.exec_driver_sql(
        "MERGE INTO t USING s AS o ON t.id = o.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (o.id, 'new')"
    )
    assert rows(tables) == [(2, "t2"), (3, "new")]


def test_merge_refuses_a_source_that_matches_twice(tables: Connection) -> None:
    """Redshift guide, r_MERGE, has the words."""
    tables.exec_driver_sql("INSERT INTO s VALUES (1, 'again')")
    with pytest.raises(DBAPIError, match="Found multiple matches to update the same tuple"):
        tables.exec_driver_sql(f"MERGE INTO t USING s ON t.id = s.id {MATCHED} {NOT_MATCHED}")


@pytest.mark.parametrize(
    "condition",
    ["(t.id = s.id)", "t.id = s.id AND (t.name = s.name)", "((t.id = s.id) AND lower(t.name) = nvl(s.name, ''))"],
)
def test_merge_matches_by_equalities(condition: str) -> None:
    """Redshift guide, r_MERGE: equal predicates between columns."""
    assert plan(f"MERGE INTO t USING s ON {condition} {MATCHED} {NOT_MATCHED}")


@pytest.mark.parametrize(
    ("sql", "at"),
    [
        (f"MERGE INTO t AS x USING s ON x.id = s.id {MATCHED} {NOT_MATCHED}", "AS"),
        (f"MERGE INTO t USING (SELECT 1 AS id) AS s ON t.id = s.id {MATCHED} {NOT_MATCHED}", "("),
        (f"MERGE INTO t USING s ON t.id = s.id {MATCHED}", "end of input"),
        (f"MERGE INTO t USING s ON t.id = s.id {NOT_MATCHED}", "NOT"),
        (f"MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.id = 1 THEN DELETE {NOT_MATCHED}", "AND"),
        (f"MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DO NOTHING {NOT_MATCHED}", "DO"),
        (f"MERGE INTO t USING t ON t.id = s.id {MATCHED} {NOT_MATCHED}", "target"),
        (f"MERGE INTO t USING s ON t.id > s.id {MATCHED} {NOT_MATCHED}", "equalities"),
        (f"MERGE INTO t USING s ON t.id = s.id AND t.name <> '' {MATCHED} {NOT_MATCHED}", "equalities"),
        (f"MERGE INTO t USING s ON (t.id = s.id OR t.name = s.name) {MATCHED} {NOT_MATCHED}", "equalities"),
        (f"MERGE INTO t USING s ON t.id BETWEEN 1 AND s.id {MATCHED} {NOT_MATCHED}", "equalities"),
        (f"MERGE INTO t USING s ON true {MATCHED} {NOT_MATCHED}", "equalities"),
        ("MERGE INTO t USING s ON t.id = s.id REMOVE DUPLICATES", "REMOVE DUPLICATES"),
    ],
)
def test_other_forms_of_merge_are_errors(sql: str, at: str) -> None:
    """Redshift guide, r_MERGE; REMOVE DUPLICATES is Redshift's, and not carried out."""
    with pytest.raises(RedshiftError) as caught:
        plan(sql)
    assert at in caught.value.message
