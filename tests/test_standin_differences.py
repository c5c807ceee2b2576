"""The ledger of differences: that it can be read, and that what it says of the stand-in is still so."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from fix_differences import differs
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from sparkify_dwh.standin.differences import (
    DIFFERENCES,
    LOADING,
    QUERIES,
    SPEED,
    SYSTEM,
    TABLES,
    TRANSACTIONS,
    TYPES,
    Difference,
    as_markdown,
)

GROUPS = (SPEED, TYPES, TABLES, QUERIES, TRANSACTIONS, LOADING, SYSTEM)

# What a statement gives here, though Redshift gives something else.
STILL_DIFFERENT = [
    ("trailing_blanks", "SELECT CAST('a ' AS VARCHAR(2)) = 'a'", False),
    ("lengths_in_expressions", "SELECT CAST('日本' AS VARCHAR(3))", "日本"),
    ("numeric_in_expressions", "SELECT CAST(1.55 AS NUMERIC)", Decimal("1.55")),
    ("leader_node_functions", "SELECT count(current_schema()) FROM users", 0),
    ("postgresql_functions", "SELECT length(CAST(gen_random_uuid() AS VARCHAR))", 36),
    ("search_path", "SHOW search_path", "public,redshift_catalog"),
    ("quoted_case", 'SELECT a."B" FROM (SELECT 1 AS "B") AS a', 1),
]
STILL_REFUSED = [
    ("super", "CREATE TABLE t (a SUPER)"),
    ("other_types", "CREATE TABLE t (a VARBYTE(10))"),
    ("collation", "CREATE TABLE t (a VARCHAR(3) COLLATE CASE_INSENSITIVE)"),
    ("alter_table", "ALTER TABLE users ALTER COLUMN level ENCODE raw, ALTER COLUMN gender ENCODE raw"),
    ("alter_table", "ALTER TABLE users APPEND FROM artists"),
    ("alter_table", "ALTER TABLE users ADD PRIMARY KEY (user_id)"),
    ("late_binding_views", "CREATE VIEW v AS SELECT 1 AS a WITH NO SCHEMA BINDING"),
    ("materialized_views", "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT 1 AS a"),
    ("external_data", "CREATE EXTERNAL SCHEMA s FROM DATA CATALOG DATABASE 'd' IAM_ROLE default"),
    ("redshift_functions", "SELECT ratio_to_report(user_id) OVER () FROM users"),
    ("redshift_syntax", "SELECT TOP 1 user_id FROM users"),
    ("redshift_syntax", "SELECT 1 MINUS SELECT 2"),
    ("nondeterministic_update", "SET error_on_nondeterministic_update TO true"),
    ("copy_formats", "COPY users FROM 's3://a/b' IAM_ROLE default CSV"),
    ("copy_options", "COPY users FROM 's3://a/b' IAM_ROLE default FORMAT JSON LZOP"),
    ("unload_formats", "UNLOAD ('SELECT 1') TO 's3://a/b' IAM_ROLE default"),
    ("system_tables", "SELECT * FROM stl_query"),
    ("maintenance", "ANALYZE COMPRESSION users"),
    ("parameters", "SET query_group TO 'x'"),
]


@pytest.mark.parametrize("name", DIFFERENCES)
def test_an_entry_has_a_sentence_and_a_source(name: str) -> None:
    difference = DIFFERENCES[name]
    assert re.fullmatch(r"[a-z0-9_]+", name)
    assert re.fullmatch(r"[A-Z].*\.", difference.sentence)
    assert re.fullmatch(r"https://[\w./-]+", difference.url)


def test_a_name_stands_in_one_group_only() -> None:
    assert sum(map(len, GROUPS)) == len(DIFFERENCES)


def test_the_table_has_a_row_for_every_entry() -> None:
    heading, line, *rows = as_markdown().splitlines()
    assert len(rows) == len(DIFFERENCES)
    assert {heading.count("|"), line.count("|")} | {row.replace("\\|", "").count("|") for row in rows} == {4}
    assert all(f"| `{name}` |" in row for name, row in zip(DIFFERENCES, rows, strict=True))


def test_a_source_is_a_page_of_the_guide_or_an_address() -> None:
    assert Difference("", "r_COPY").url == "https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html"
    assert Difference("", "https://a.b/c").url == "https://a.b/c"


def test_a_skip_names_an_entry() -> None:
    assert differs("identity_gaps").kwargs["reason"].startswith("identity_gaps: IDENTITY numbers rows")
    with pytest.raises(KeyError):
        differs("it is inconvenient")


@pytest.mark.parametrize(("name", "sql", "here"), STILL_DIFFERENT)
def test_the_stand_in_still_differs(connection: Connection, name: str, sql: str, here: object) -> None:
    """An entry whose difference is gone leaves the ledger."""
    assert name in DIFFERENCES
    assert connection.exec_driver_sql(sql).scalar() == here


@pytest.mark.parametrize(("name", "sql"), STILL_REFUSED)
def test_the_stand_in_still_refuses(connection: Connection, name: str, sql: str) -> None:
    """What the stand-in has learnt leaves the ledger."""
    assert name in DIFFERENCES
    with pytest.raises(ProgrammingError):
        connection.exec_driver_sql(sql)
