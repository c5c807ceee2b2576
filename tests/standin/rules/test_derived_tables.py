"""Temporary tables, CREATE TABLE LIKE and CREATE TABLE AS, and what the catalogue shows of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import PASSED
from sparkify_dwh.standin.plan import plan

PARENT = """
CREATE TABLE parent (
    id BIGINT IDENTITY(0, 1), name VARCHAR(4) NOT NULL DISTKEY, n INT DEFAULT 7 ENCODE zstd, at TIMESTAMP DEFAULT SYSDATE,
    PRIMARY KEY (id)
) SORTKEY (at, name)
"""
DEFINITION = 'SELECT "column", type, rtrim(encoding), distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = '


@pytest.fixture
def parent(connection: Connection) -> Connection:
    connection.exec_driver_sql(PARENT)
    return connection


def ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_a_name_with_a_hash_is_a_temporary_table(connection: Connection, engine: Engine) -> None:
    """Redshift guide, r_CREATE_TABLE_NEW."""
    connection.exec_driver_sql("CREATE TABLE #mine (n INT)")
    connection.exec_driver_sql("INSERT INTO #mine VALUES (1)")
    assert ask(connection, "SELECT n FROM #Mine") == [(1,)]
    connection.commit()
    with engine.connect() as other, pytest.raises(DBAPIError, match="does not exist"):
        ask(other, "SELECT n FROM #mine")
    connection.exec_driver_sql("DROP TABLE #mine")
    connection.commit()


def test_a_temporary_table_hides_a_permanent_one(parent: Connection) -> None:
    """Redshift guide, r_CREATE_TABLE_NEW: its schema comes first in the search path."""
    parent.exec_driver_sql("CREATE LOCAL TEMP TABLE parent (x INT)")
    assert ask(parent, "SELECT * FROM parent") == []
    assert [row[0] for row in ask(parent, f"{DEFINITION} 'parent'")] == ["x"]


def test_a_table_like_another_inherits_its_keys_of_storage(parent: Connection) -> None:
    """Redshift guide, r_CREATE_TABLE_NEW: types, NOT NULL, dist style, sort keys; not the primary key."""
    parent.exec_driver_sql("CREATE TABLE child (LIKE parent)")
    assert sorted(ask(parent, f"{DEFINITION} 'child'")) == sorted(ask(parent, f"{DEFINITION} 'parent'"))
    parent.exec_driver_sql("INSERT INTO child VALUES (1, 'a'), (1, 'b')")
    assert ask(parent, "SELECT diststyle, sortkey1, tbl_rows FROM svv_table_info WHERE \"table\" = 'child'") == [
        ("KEY(name)", "at", 2)
    ]
    assert ask(parent, "SELECT count(*) FROM redshift_catalog.table_key WHERE relid = 'child'::regclass") == [(0,)]


@pytest.mark.parametrize(
    ("clause", "expected"), [("", None), (" EXCLUDING DEFAULTS", None), (" INCLUDING DEFAULTS", 7)]
)
def test_defaults_are_inherited_when_asked_for(parent: Connection, clause: str, expected: object) -> None:
    parent.exec_driver_sql(f"CREATE TEMP TABLE child (extra INT, LIKE parent{clause})")
    parent.exec_driver_sql("INSERT INTO child (id, name) VALUES (1, 'a')")
    assert ask(parent, "SELECT n FROM child") == [(expected,)]


def test_inherited_texts_still_count_bytes(parent: Connection) -> None:
    parent.exec_driver_sql("CREATE TABLE child (LIKE parent)")
    with pytest.raises(DBAPIError, match=r"value too long for type character varying\(4\)"):
        parent.exec_driver_sql("INSERT INTO child VALUES (1, '日本')")


def test_a_table_of_a_query_takes_keys_of_storage(parent: Connection) -> None:
    """Redshift guide, r_CREATE_TABLE_AS."""
    parent.exec_driver_sql("INSERT INTO parent (name) VALUES ('a'), ('b')")
    parent.exec_driver_sql(
        "CREATE TABLE plays DISTKEY (name) COMPOUND SORTKEY (day) AS "
        "SELECT dateadd(day, 1, date_trunc('day', at)) AS day, name, count(*) AS n FROM parent GROUP BY 1, 2"
    )
    assert sorted(ask(parent, f"{DEFINITION} 'plays'")) == [
        ("day", "timestamp without time zone", "none", False, 1, False),
        ("n", "bigint", "az64", False, 0, False),
        ("name", "character varying(4)", "lzo", True, 0, False),
    ]
    assert ask(parent, "SELECT count(*) FROM plays") == [(2,)]


def test_a_table_of_a_query_may_name_its_columns(parent: Connection) -> None:
    parent.exec_driver_sql("CREATE TABLE #pair (a, b) AS (SELECT 1, 'x'::varchar(2)) ;")
    assert ask(parent, "SELECT a, b FROM #pair") == [(1, "x")]


def test_select_into_makes_the_table_that_create_table_as_makes(parent: Connection) -> None:
    """Redshift guide, r_SELECT_INTO."""
    parent.exec_driver_sql("CREATE TABLE made AS WITH p AS (SELECT * FROM parent) SELECT name, len(name) AS n FROM p")
    parent.exec_driver_sql("WITH p AS (SELECT * FROM parent) SELECT name, len(name) AS n INTO TABLE selected FROM p;")
    assert ask(parent, f"{DEFINITION} 'selected'") == ask(parent, f"{DEFINITION} 'made'") != []
    with pytest.raises(DBAPIError, match=r"value too long for type character varying\(4\)"):
        parent.exec_driver_sql("INSERT INTO selected VALUES ('日本')")


def test_select_into_may_make_a_temporary_table(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT 'a into b' AS c /* into */ INTO TEMP brief -- into\n WHERE 1 = 1")
    connection.exec_driver_sql('select sysdate as "order" into #brief')
    connection.exec_driver_sql("SELECT start, b.order INTO TEMP later FROM (SELECT 1 AS start) AS a, #brief AS b")
    assert ask(connection, "SELECT c FROM brief, #brief") == [("a into b",)]
    assert ask(
        connection, "SELECT count(*) FROM pg_class WHERE relname IN ('brief', '#brief') AND relpersistence = 't'"
    ) == [(2,)]


@pytest.mark.parametrize(
    ("sql", "near"),
    [
        ("SELECT a INTO UNLOGGED t FROM u", "t"),
        ("SELECT a FROM u INTO t", "INTO"),
        ("SELECT 1 UNION SELECT 2 INTO t", "INTO"),
        ("(SELECT 1 INTO t)", "INTO"),
        ("SELECT $1 INTO t", "$1"),
    ],
)
def test_select_into_has_one_form(sql: str, near: str) -> None:
    with pytest.raises(RedshiftError) as error:
        plan(sql)
    assert error.value.message == f'syntax error at or near "{near}"'


@pytest.mark.parametrize("sql", ["SELECT 1 AS into", "SELECT 'into' FROM t", '(SELECT 1 AS "into")'])
def test_into_as_a_name_or_string_passes_unchanged(sql: str) -> None:
    assert plan(sql) is PASSED


def test_a_key_that_the_query_does_not_give_is_an_error(connection: Connection) -> None:
    with pytest.raises(DBAPIError, match='column "b" named in key does not exist'):
        connection.exec_driver_sql("CREATE TABLE t SORTKEY (b) AS SELECT 1 AS a")


def test_identities_are_unique_but_have_gaps(parent: Connection, engine: Engine) -> None:
    """Redshift guide, r_CREATE_TABLE_NEW: they start at the seed and grow by the step, not one by one."""
    parent.commit()
    try:
        for _ in range(2):
            with engine.connect() as other:
                other.exec_driver_sql("INSERT INTO parent (name) VALUES ('a')")
                other.commit()
                other.invalidate()  # and so a session of its own
        first, second = (id_ for (id_,) in ask(parent, "SELECT id FROM parent ORDER BY id"))
        assert (first, second > 1) == (0, True)
    finally:
        parent.exec_driver_sql("DROP TABLE parent")
        parent.commit()


def test_empty_tables_have_no_table_info(parent: Connection) -> None:
    """Redshift guide, r_SVV_TABLE_INFO."""
    assert ask(parent, "SELECT 1 FROM svv_table_info WHERE \"table\" = 'parent'") == []


def test_table_info_tells_the_design_of_a_table(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE everywhere (a VARCHAR(9) ENCODE raw) DISTSTYLE ALL")
    connection.exec_driver_sql("INSERT INTO everywhere VALUES ('x')")
    columns = "schema, diststyle, sortkey1, encoded, max_varchar, sortkey_num, skew_rows"
    rows = ask(connection, f"SELECT {columns} FROM svv_table_info WHERE \"table\" = 'everywhere'")
    assert rows == [("public", "ALL", "AUTO(SORTKEY)", "N", 9, 0, None)]
