"""The list of differences: its form, its copy in the README, and that its statements still hold."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError
from support.checkout import ROOT
from support.differences import differs

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

README = ROOT / "README.md"
GROUPS = (SPEED, TYPES, TABLES, QUERIES, TRANSACTIONS, LOADING, SYSTEM)

# The result of a statement, where Redshift's differs.
STILL_DIFFERENT = [
    ("trailing_blanks", "SELECT CAST('a ' AS VARCHAR(2)) = 'a'", False),
    ("lengths_in_expressions", "SELECT CAST('日本' AS VARCHAR(3))", "日本"),
    ("numeric_in_expressions", "SELECT CAST(1.55 AS NUMERIC)", Decimal("1.55")),
    ("numeric_rounding", "SELECT CAST(1.5 AS INTEGER)", 2),
    ("unsupported_types", "SELECT CAST(CAST('[1,2)' AS int4range) AS VARCHAR)", "[1,2)"),
    ("collation", """SELECT 'a' COLLATE "C" """, "a"),
    ("other_databases", "SELECT count(*) FROM dev.public.users", 0),
    ("arithmetic", "SELECT avg(a) FROM (SELECT 1 AS a UNION ALL SELECT 2) AS two", Decimal("1.5")),
    ("regular_expressions", r"SELECT regexp_replace('ab', '(a)(b)', '\\2$1')", "b$1"),
    ("json_functions", """SELECT json_extract_path_text('{"a":[1,2]}', 'a', '1')""", "2"),
    ("leader_node_functions", "SELECT count(current_schema()) FROM users", 0),
    ("postgresql_functions", "SELECT gcd(12, 8)", 4),
    ("quoted_case", 'SELECT a."B" FROM (SELECT 1 AS "B") AS a', 1),
    ("isolation", "SHOW transaction_isolation", "repeatable read"),
    ("parameters", "SHOW extra_float_digits", "1"),
    ("users_and_rights", "SELECT usesuper FROM pg_user WHERE usename = current_user", True),
    ("system_views_at_once", "SELECT count(DISTINCT slice) FROM stl_load_errors WHERE slice <> 0", 0),
]
# Statements in order, of which Redshift refuses the last.
STILL_ACCEPTED = [
    ("merge_source",
     "CREATE VIEW v AS SELECT user_id FROM users",
     "MERGE INTO users USING v ON users.user_id = v.user_id WHEN MATCHED THEN DELETE "
     "WHEN NOT MATCHED THEN INSERT (user_id) VALUES (v.user_id)"),
    ("locks", "CREATE VIEW v AS SELECT user_id FROM users", "LOCK TABLE v"),
    ("search_path", "SET search_path TO '$user'", "CREATE VIEW v AS SELECT 1 AS a"),
    ("update_joins",
     "CREATE TABLE other (a INT)",
     "UPDATE users SET level = 'free' FROM users AS u LEFT JOIN other ON other.a = u.user_id"),
    ("correlated_subqueries",
     "CREATE TABLE other (a INT)",
     "SELECT * FROM users AS u LEFT JOIN other ON EXISTS (SELECT 1 FROM other AS o WHERE o.a = u.user_id)"),
]  # fmt: skip
ROLE = "IAM_ROLE default"
STILL_REFUSED = [
    ("excess_blanks", "INSERT INTO users (user_id, level) VALUES (1, 'é' || repeat(' ', 15))"),
    ("super", "CREATE TABLE t (a SUPER)"),
    ("super", "SELECT json_parse('{}')"),
    ("other_types", "CREATE TABLE t (a VARBYTE(10))"),
    ("other_types", "CREATE TABLE t (a INTERVAL DAY TO SECOND)"),
    ("intervals", "SELECT TIMESTAMP '2018-11-02' - TIMESTAMP '2018-11-01'"),
    ("implicit_conversions", "SELECT len(5)"),
    ("implicit_conversions", "SELECT count(*) FROM users WHERE level = 5"),
    ("implicit_conversions", "SELECT count(*) FROM users WHERE 1"),
    ("implicit_conversions", "SELECT getdate() - 7"),
    ("collation", "CREATE TABLE t (a VARCHAR(3) COLLATE CASE_INSENSITIVE)"),
    ("collation", "SELECT collate(level, 'case_insensitive') FROM users"),
    ("alter_table", "ALTER TABLE users ALTER COLUMN level ENCODE raw, ALTER COLUMN gender ENCODE raw"),
    ("alter_table", "ALTER TABLE users APPEND FROM artists"),
    ("alter_table", "ALTER TABLE users ADD PRIMARY KEY (user_id)"),
    ("alter_table", "ALTER TABLE users DROP CONSTRAINT users_pkey"),
    ("keys_beside_like", "CREATE TABLE t (LIKE users, UNIQUE (level))"),
    ("schemas", "CREATE SCHEMA s QUOTA 5 GB"),
    ("schemas", "CREATE SCHEMA s CREATE TABLE t (a INT)"),
    ("outside_transactions", "CREATE DATABASE other"),
    ("outside_transactions", "DROP DATABASE other"),
    ("late_binding_views", "CREATE VIEW v AS SELECT 1 AS a WITH NO SCHEMA BINDING"),
    ("materialized_views", "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT 1 AS a"),
    ("materialized_views", "CREATE MATERIALIZED VIEW v DISTSTYLE ALL AS SELECT 1 AS a"),
    ("external_data", "CREATE EXTERNAL SCHEMA s FROM DATA CATALOG DATABASE 'd' IAM_ROLE default"),
    ("other_databases", "SELECT * FROM other.public.users"),
    ("redshift_functions", "SELECT ratio_to_report(user_id) OVER () FROM users"),
    ("redshift_functions", "SELECT func_sha1('a')"),
    ("redshift_functions", "SELECT sha1('a')"),
    ("redshift_functions", "SELECT pg_last_query_id()"),
    ("redshift_functions", "SELECT listagg(DISTINCT level, ',') OVER () FROM users"),
    ("redshift_functions", "SELECT median(user_id) OVER () FROM users"),
    ("redshift_functions", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY user_id) OVER () FROM users"),
    ("redshift_syntax", "SELECT TOP 1 user_id FROM users"),
    ("redshift_syntax", "SELECT 1 MINUS SELECT 2"),
    ("redshift_syntax", "SELECT level FROM users QUALIFY row_number() OVER (ORDER BY level) = 1"),
    ("redshift_syntax", "SELECT * FROM users PIVOT (count(*) FOR level IN ('free'))"),
    ("redshift_syntax", "SELECT level FROM users CONNECT BY user_id = 1"),
    ("redshift_syntax", "SELECT * EXCLUDE (level) FROM users"),
    ("redshift_syntax", "SELECT CONVERT(INTEGER, level) FROM users"),
    ("redshift_syntax", "SELECT TRY_CAST(level AS INTEGER) FROM users"),
    ("lateral_aliases", "SELECT user_id + 1 AS next_id, next_id + 1 FROM users"),
    ("lateral_aliases", "SELECT user_id + 1 AS next_id FROM users WHERE next_id > 1"),
    ("regular_expressions", "SELECT regexp_count('a', 'a', 1, 'p')"),
    ("redshift_syntax", "SELECT APPROXIMATE count(DISTINCT level) FROM users"),
    ("redshift_syntax", "SELECT lag(level) IGNORE NULLS OVER (ORDER BY user_id) FROM users"),
    ("redshift_syntax", "SELECT * FROM users, songs WHERE users.level = songs.title (+)"),
    ("nondeterministic_update", "SET error_on_nondeterministic_update TO true"),
    ("merge_remove_duplicates", "MERGE INTO users USING songs ON users.level = songs.title REMOVE DUPLICATES"),
    ("stored_code", "CREATE FUNCTION f (a INT) RETURNS INT STABLE AS $$ return a $$ LANGUAGE plpythonu"),
    ("stored_code", "CREATE EXTERNAL FUNCTION f (INT) RETURNS INT STABLE LAMBDA 'f' IAM_ROLE default"),
    *(("copy_formats", f"COPY users FROM 's3://a/b' {ROLE} {clauses}")
      for clauses in ("", "CSV", "FORMAT AVRO", "FORMAT ORC", "FIXEDWIDTH 'a:1'", "SHAPEFILE")),
    *(("copy_sources", f"COPY users FROM {source}")
      for source in (f"'dynamodb://a' {ROLE} READRATIO 50", f"'emr://a/b' {ROLE} FORMAT JSON",
                     f"'s3://a/b' {ROLE} FORMAT JSON SSH", f"'s3://a/b' {ROLE} FORMAT JSON JOB CREATE j")),
    *(("copy_options", f"COPY users FROM 's3://a/b' {ROLE} FORMAT {options}")
      for options in ("JSON LZOP", "JSON IGNOREALLERRORS", "JSON IGNOREHEADER 1", "JSON ENCRYPTED", "JSON ENCODING UTF16",
                      "PARQUET ACCEPTINVCHARS", "PARQUET FILLRECORD")),
    ("unload_formats", f"UNLOAD ('SELECT 1') TO 's3://a/b' {ROLE}"),
    *(("unload_formats", f"UNLOAD ('SELECT 1') TO 's3://a/b' {ROLE} FORMAT CSV {option}")
      for option in ("ENCRYPTED", "BZIP2", "ZSTD", "ESCAPE", "ADDQUOTES", "NULL AS 'x'", "EXTENSION 'x'")),
    ("unload_formats", f"UNLOAD ('SELECT 1') TO 's3://a/b' {ROLE} FIXEDWIDTH 'a:1'"),
    ("system_tables", "SELECT * FROM stl_query"),
    ("system_tables", "SELECT * FROM stl_loaderror_detail"),
    ("system_tables", "SELECT * FROM svv_columns"),
    ("system_tables", "SELECT * FROM sys_query_history"),
    ("maintenance", "ANALYZE COMPRESSION users"),
    ("users_and_rights", "GRANT DROP ON users TO current_user"),
    ("users_and_rights", "CREATE RLS POLICY p USING (true)"),
    ("users_and_rights", "CREATE MASKING POLICY p WITH (a INT) USING (1)"),
    ("parameters", "SET enable_case_sensitive_identifier TO true"),
    ("parameters", "ALTER SYSTEM SET metadata_security TO true"),
    ("parameters", "SELECT set_config('query_group', 'x', false)"),
    ("parameters", "ALTER USER current_user SET query_group TO 'x'"),
]  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_an_entry_has_a_sentence_and_a_source(name: str) -> None:
    difference = DIFFERENCES[name]
    assert re.fullmatch(r"[a-z0-9_]+", name)
    assert re.fullmatch(r"[A-Z].*\.", difference.sentence)
    assert re.fullmatch(r"https://[\w./-]+", difference.url)


def test_a_name_is_in_one_group_only() -> None:
    assert sum(map(len, GROUPS)) == len(DIFFERENCES)


def test_the_table_has_a_row_for_every_entry() -> None:
    heading, line, *rows = as_markdown().splitlines()
    assert len(rows) == len(DIFFERENCES)
    assert {heading.count("|"), line.count("|")} | {row.replace("\\|", "").count("|") for row in rows} == {4}
    assert all(f"| `{name}` |" in row for name, row in zip(DIFFERENCES, rows, strict=True))


def test_a_source_is_a_page_of_the_guide_or_an_address() -> None:
    assert Difference("", "r_COPY").url == "https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html"
    assert Difference("", "https://a.b/c").url == "https://a.b/c"


def test_the_readme_holds_the_list_and_nothing_else() -> None:
    """Between its two marks; print it with ``python -m sparkify_dwh.standin.differences``."""
    _, *between = re.split(r"<!-- (?:differences|end of differences)[^>]*-->\n", README.read_text(encoding="utf-8"))
    assert between[0] == f"\n{as_markdown()}\n"
    assert len(between) == 2


def test_a_skip_names_an_entry() -> None:
    assert differs("identity_gaps").kwargs["reason"].startswith("identity_gaps: IDENTITY numbers follow")
    with pytest.raises(KeyError):
        differs("it is inconvenient")


@pytest.mark.parametrize(("name", "sql", "here"), STILL_DIFFERENT)
def test_the_stand_in_still_differs(connection: Connection, name: str, sql: str, here: object) -> None:
    """Remove an entry whose difference is gone."""
    assert name in DIFFERENCES
    assert connection.exec_driver_sql(sql).scalar() == here


@pytest.mark.parametrize(("name", "before", "sql"), STILL_ACCEPTED)
def test_the_stand_in_still_accepts_what_redshift_refuses(
    connection: Connection, name: str, before: str, sql: str
) -> None:
    assert name in DIFFERENCES
    connection.exec_driver_sql(before)
    connection.exec_driver_sql(sql)


@pytest.mark.parametrize(("name", "sql"), STILL_REFUSED)
def test_the_stand_in_still_refuses(connection: Connection, name: str, sql: str) -> None:
    """Remove an entry when the stand-in supports it."""
    assert name in DIFFERENCES
    with pytest.raises(ProgrammingError):
        connection.exec_driver_sql(sql)


def test_copy_still_reads_no_time_of_day(connection: Connection) -> None:
    assert "copy_types" in DIFFERENCES
    connection.exec_driver_sql("CREATE TABLE t (a TIME)")
    with pytest.raises(ProgrammingError, match="COPY into column a of type time without time zone is not supported"):
        connection.exec_driver_sql(f"COPY t FROM 'file:///tmp' {ROLE} FORMAT JSON")
