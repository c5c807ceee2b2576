"""Values are literals in every statement but ``INSERT ... VALUES``, and arrive as they are."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import CompileError
from support.sql import sql

from sparkify_dwh.redshift.dialect import SparkifyDialect

table = sa.table(
    "t",
    sa.column("id", sa.Integer),
    sa.column("name", sa.String(40)),
    sa.column("at", sa.DateTime),
    sa.column("length", sa.Double),
)
other = sa.table("other", sa.column("id", sa.Integer), sa.column("name", sa.String(40)))
ODD = "it's \"50%\" %s %% \\' \\ :1 ::x :y {z} 日本"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            sa.select(table.c.id).where(table.c.name == "it's", table.c.id.in_([1, 2])),
            "SELECT t.id FROM t WHERE t.name = 'it''s' AND t.id IN (1, 2)",
        ),
        (
            sa.update(table).values(name="a", id=other.c.id).where(other.c.name == "b"),
            "UPDATE t SET id=other.id, name='a' FROM other WHERE other.name = 'b'",
        ),
        (
            sa.delete(table).where(table.c.id.in_(sa.select(other.c.id).where(other.c.name == "a"))),
            "DELETE FROM t WHERE t.id IN (SELECT other.id FROM other WHERE other.name = 'a')",
        ),
        (
            sa.insert(table).from_select(["id"], sa.select(other.c.id + 1).where(other.c.name == "a")),
            "INSERT INTO t (id) SELECT other.id + 1 AS anon_1 FROM other WHERE other.name = 'a'",
        ),
        (
            sa.insert(table).from_select(["id"], sa.select(sa.select(other.c.id + 1).cte("more"))),
            "INSERT INTO t (id) WITH more AS (SELECT other.id + 1 AS anon_1 FROM other) SELECT more.anon_1 FROM more",
        ),
        (sa.insert(table).values(id=1, name=None), "INSERT INTO t (id, name) VALUES (:1, :2)"),
        (
            sa.insert(table).values(id=sa.select(other.c.id).where(other.c.name == "a").scalar_subquery(), name="b"),
            "INSERT INTO t (id, name) VALUES ((SELECT other.id FROM other WHERE other.name = 'a'), :1)",
        ),
        (sa.text("SELECT :a").bindparams(a="it's"), "SELECT 'it''s'"),
    ],
    ids=["SELECT", "UPDATE", "DELETE", "INSERT SELECT", "WITH", "INSERT VALUES", "sub-query in VALUES", "text"],
)
def test_values_are_parameters_only_in_insert_values(statement: sa.ClauseElement, expected: str) -> None:
    """The server takes none in sub-queries: sqlalchemy-redshift issue 265, by the driver's maintainer."""
    assert sql(statement) == expected


def test_a_value_given_at_execution_is_a_literal_too(connection: sa.Connection) -> None:
    statement = sa.select(sa.literal(2) + sa.bindparam("more", type_=sa.Integer))
    assert connection.scalar(statement, {"more": 3}) == 5
    assert connection.scalar(sa.text("SELECT :a || :b"), {"a": ODD, "b": "!"}) == f"{ODD}!"


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (datetime(2018, 11, 1, 12, 30, 0, 796000), sa.DateTime(), "'2018-11-01 12:30:00.796000'"),
        (date(2018, 11, 1), sa.Date(), "'2018-11-01'"),
        (None, sa.String(40), "CAST(NULL AS VARCHAR(40))"),
        (None, sa.Double(), "CAST(NULL AS DOUBLE PRECISION)"),
        (None, sa.types.NullType(), "NULL"),
        (0.1, sa.Double(), "0.1"),
        (1e300, sa.Double(), "CAST('1e+300' AS DOUBLE PRECISION)"),
        (Decimal("1E+3"), sa.Numeric(18, 2), "1000"),
        (2**40, sa.BigInteger(), "1099511627776"),
        (True, sa.Boolean(), "true"),
        (timedelta(days=1, microseconds=5), sa.Interval(), "INTERVAL '86400.000005 seconds'"),
        ("a\\'b", sa.String(), "'a\\\\''b'"),
    ],
)
@pytest.mark.parametrize("options", [{"render_postcompile": True}, {"literal_binds": True}], ids=["sent", "within DDL"])
def test_every_type_has_a_literal(value: Any, type_: sa.types.TypeEngine[Any], expected: str, options: Any) -> None:
    element = sa.bindparam("value", value, type_)
    assert str(element.compile(dialect=SparkifyDialect(), compile_kwargs=options)) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("-Infinity")])
def test_nan_and_infinity_are_refused(value: float | Decimal) -> None:
    with pytest.raises(CompileError, match=f"{value} cannot be written as a literal"):
        sql(sa.select(table.c.id).where(table.c.length == value))


def test_an_output_column_has_a_type() -> None:
    """Redshift cannot return one of the type unknown: redshift_connector issue 59."""
    statement = sa.select(sa.literal("ä"), sa.literal(date(2018, 11, 1)).label("day"), sa.literal(1))
    assert sql(statement) == "SELECT CAST('ä' AS VARCHAR(4)) AS anon_1, CAST('2018-11-01' AS DATE) AS day, 1 AS anon_2"


def test_an_operand_of_arithmetic_has_a_type() -> None:
    """Or an integer times a float would be a NUMERIC, and of a string and an interval the sum an interval."""
    assert sql(table.c.id * 0.5) == "t.id * CAST(0.5 AS DOUBLE PRECISION)"
    assert sql(table.c.length < 0.5) == "t.length < 0.5"


def test_a_function_of_a_time_is_called_with_a_time() -> None:
    assert sql(sa.func.date_trunc("day", datetime(2018, 11, 1, 7))) == (
        "date_trunc('day', CAST('2018-11-01 07:00:00' AS TIMESTAMP WITHOUT TIME ZONE))"
    )


@pytest.mark.parametrize(
    "value",
    [
        *(ODD, "", True, 0, -5, 2**62, 0.1, -1e-300, 1.7976931348623157e308, Decimal("1.50"), date(2018, 11, 1)),
        *(datetime(2018, 11, 1, 12, 30, 0, 796000), datetime(2018, 11, 1), datetime(2018, 11, 1, 0, 0, 0, 1)),
    ],
)
def test_a_literal_arrives_as_it_is(connection: sa.Connection, value: Any) -> None:
    """Per cent signs, colons, quotes and backslashes included."""
    assert connection.scalar(sa.select(sa.cast(sa.literal(value), sa.literal(value).type))) == value
    assert connection.scalar(sa.select(sa.literal(value))) == value
    assert connection.scalar(sa.select(1).where(sa.literal(value).in_([value]))) == 1


def test_a_length_of_time_can_be_added(connection: sa.Connection) -> None:
    later = sa.literal(datetime(2018, 11, 1)) + timedelta(days=-1, milliseconds=796)
    assert connection.scalar(sa.select(later)) == datetime(2018, 10, 31, 0, 0, 0, 796000)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_arrives_exactly(engine: Engine, value: float) -> None:
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.cast(sa.literal(value), sa.Double))) == value


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_arrives_exactly(engine: Engine, value: str) -> None:
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.literal(value))) == value


VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(-(10**18), 10**18, places=6),
    st.dates(),
    st.datetimes(),  # to the microsecond
)


@settings(max_examples=30)
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_values_of_every_type_arrive_exactly(engine: Engine, values: list[Any]) -> None:
    """As output columns, where their types are seen, and compared with themselves."""
    columns = [sa.literal(value).label(f"v{number}") for number, value in enumerate(values)]
    equal = [sa.literal(value).in_([value]) for value in values]
    with engine.connect() as connection:
        assert list(connection.execute(sa.select(*columns).where(*equal)).one()) == values


def test_null_has_the_type_of_its_column(connection: sa.Connection) -> None:
    columns = [sa.literal(None, type_).label(name) for name, type_ in (("a", sa.DateTime()), ("b", sa.Integer()))]
    assert (
        sql(sa.select(*columns)) == "SELECT CAST(NULL AS TIMESTAMP WITHOUT TIME ZONE) AS a, CAST(NULL AS INTEGER) AS b"
    )
    assert connection.execute(sa.select(*columns)).one() == (None, None)


@pytest.mark.parametrize("text", ["'" * 65_535, "\\" * 65_535, "é" * 32_767 + "%"], ids=["quotes", "backslashes", "é"])
def test_the_longest_text_arrives_exactly(connection: sa.Connection, text: str) -> None:
    """Its type is no longer than the longest VARCHAR, though its literal is. Redshift guide, r_Character_types"""
    statement = sa.select(sa.literal(text))
    assert "AS VARCHAR(65535))" in sql(statement)
    assert connection.scalar(statement) == text


def test_a_text_that_no_varchar_holds_is_refused() -> None:
    with pytest.raises(CompileError, match="more than 65,535 bytes"):
        sql(sa.select(sa.literal("a" * 65_536)))


def test_a_negative_number_is_not_a_comment() -> None:
    assert sql(sa.select(-sa.literal(-3))) == "SELECT -(-3) AS anon_1"


def test_a_time_may_be_given_as_text() -> None:
    assert sql(sa.cast("2018-11-01", sa.Date)) == "CAST('2018-11-01' AS DATE)"


def test_a_text_with_nul_is_refused_before_it_cuts_the_message() -> None:
    with pytest.raises(CompileError, match="NUL"):
        sql(sa.select(sa.literal("a\0b")))
