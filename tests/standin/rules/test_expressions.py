"""Redshift's expressions rewritten for PostgreSQL: their SQL, and their results."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import Rewritten
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.rules.expressions import postgres_expressions


def answer(connection: Connection, sql: str) -> Any:
    """The one value of a query."""
    return connection.exec_driver_sql(sql).scalar_one()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.extract, nvl FROM t AS a",
        "SELECT 'dateadd(day, 1, x)', \"sysdate\" -- extract(dow from x)",
        "SELECT date_part FROM t /* nvl(a, b) */",
        "SELECT mine.nvl(a, b), version FROM t",
        "SELECT decode('616263', 'hex')",
        "SELECT a # 2, extract(year, x)",
    ],
)
def test_other_names_stay_byte_for_byte(sql: str) -> None:
    assert postgres_expressions(sql) == sql


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT EXTRACT(dow FROM ts)", "SELECT redshift_catalog.date_part('dow' ,  ts)"),
        ("SELECT DATEADD( day , 1, x)", "SELECT redshift_catalog.date_add( 'day' , 1, x)"),
        ("SELECT datediff('year', a, SYSDATE)",
         "SELECT redshift_catalog.date_diff('year', a, redshift_catalog.sysdate())"),
        ("SELECT pg_catalog.version()", "SELECT redshift_catalog.version()"),
        ("SELECT NVL(a, nvl(b, 0))", "SELECT COALESCE(a, COALESCE(b, 0))"),
        ("SELECT * FROM #Staged", 'SELECT * FROM "#staged"'),
        ("SELECT LISTAGG(DISTINCT a, ',') WITHIN GROUP (ORDER BY a)",
         "SELECT redshift_catalog.listagg(DISTINCT a, ',' ORDER BY a) "),
    ],
)  # fmt: skip
def test_only_the_words_that_differ_are_rewritten(sql: str, expected: str) -> None:
    assert postgres_expressions(sql) == expected


@given(st.text(alphabet="nvl()'\"-/*,# sydate$\n"))
def test_any_text_is_rewritten_or_refused(text: str) -> None:
    """No text, however broken, is an error of any other kind than Redshift's."""
    with suppress(RedshiftError):
        assert isinstance(postgres_expressions(text), str)


def test_a_delete_without_from_has_its_functions_too() -> None:
    planned = plan("DELETE t WHERE a < SYSDATE")
    assert planned == Rewritten("DELETE FROM t WHERE a < redshift_catalog.sysdate()")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("concat('a', NULL)", None),  # PostgreSQL's gives 'a'. Redshift guide, r_CONCAT
        ("concat('a'::varchar, 1)", "a1"),
        ("nvl(NULL, 'x')", "x"),
        ("nvl2('a', 1, 2)", 1),
        ("nvl2(NULL, 1, 2)", 2),
        ("len('日本')", 2),
        ("len('a '::char(4))", 1),
        ("decode(2, 1, 'one', 2, 'two', 'more')", "two"),
        ("decode(3, 1, 'one', 2, 'two', 'more')", "more"),
        ("decode(3, 1, 'one')", None),
        ("decode(NULL, 1, 'one', NULL, 'none')", "none"),  # NULL equals NULL here. Redshift guide, r_DECODE_expression
    ],
)
def test_functions_of_texts_and_choices(connection: Connection, sql: str, expected: object) -> None:
    assert answer(connection, f"SELECT {sql}") == expected


def test_concat_takes_two_arguments_and_no_more(connection: Connection) -> None:
    with pytest.raises(DBAPIError, match="does not exist"):
        answer(connection, "SELECT concat('a', 'b', 'c')")


VALUES = (
    "(SELECT 'b'::varchar AS x, 1 AS n UNION ALL SELECT 'a', 2 UNION ALL SELECT 'a', 3 UNION ALL SELECT '', 4) AS v"
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("LISTAGG(x, ', ') WITHIN GROUP (ORDER BY n DESC)", "a, a, b"),
        ("LISTAGG(DISTINCT x, ',') WITHIN GROUP (ORDER BY x)", "a,b"),
        ("LISTAGG(n) WITHIN GROUP (ORDER BY dateadd(day, n, '2018-11-01') DESC)", "4321"),
        ("LISTAGG(nullif(n, n))", None),
        ("MEDIAN(n)", 2.5),
    ],
)
def test_aggregates_leave_out_nulls_and_empty_texts(connection: Connection, sql: str, expected: object) -> None:
    """Redshift guide, r_LISTAGG and r_MEDIAN."""
    assert answer(connection, f"SELECT {sql} FROM {VALUES}") == expected


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT median(n) FROM {}", "median"),
        ("SELECT DISTINCT n, MEDIAN(n) FROM {} GROUP BY n ORDER BY n, median(n)", "median"),
        ("SELECT (SELECT median(n) FROM {})", "median"),
        ("SELECT nvl(1, median(n)) FROM {}", "coalesce"),
        ("SELECT median(n) AS middle FROM {}", "middle"),
        ("SELECT median(n) + 1 FROM {} HAVING median(n) > 1", "?column?"),
    ],
)
def test_a_median_without_a_name_is_named_median(connection: Connection, sql: str, name: str) -> None:
    """Redshift guide, r_MEDIAN."""
    assert list(connection.exec_driver_sql(sql.format(VALUES)).keys())[-1] == name


def test_listagg_over_a_window_lists_the_whole_partition(connection: Connection) -> None:
    """Redshift guide, r_WF_LISTAGG."""
    sql = f"SELECT LISTAGG(n, ',') WITHIN GROUP (ORDER BY n DESC) OVER (PARTITION BY x) FROM {VALUES} WHERE x = 'a'"
    assert connection.exec_driver_sql(sql).scalars().all() == ["3,2", "3,2"]


def test_a_list_longer_than_a_varchar_is_an_error(connection: Connection) -> None:
    """Redshift guide, r_LISTAGG."""
    with pytest.raises(DBAPIError, match="Result size exceeds LISTAGG limit"):
        answer(connection, "SELECT LISTAGG(repeat('x', 40000)) FROM (SELECT 1 UNION ALL SELECT 2) AS two (n)")
