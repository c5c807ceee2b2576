"""What the stand-in refuses because Redshift does. The cases name their source where it is not the guide's pages
c_unsupported-postgresql-features, -datatypes and -functions.
"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import first_words
from sparkify_dwh.standin.outcomes import PASSED
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.rules.unsupported_statements import refused

STATEMENTS = [
    ("CREATE INDEX i ON users (level)", "0A000", "CREATE INDEX"),
    ("SAVEPOINT a", "0A000", "SAVEPOINT"),
    ("CREATE SEQUENCE s", "0A000", "CREATE SEQUENCE"),
    ("CREATE UNIQUE INDEX i ON users (level)", "0A000", "CREATE UNIQUE INDEX"),
    ("DROP INDEX i", "0A000", "DROP INDEX"),
    ("CREATE TEMP SEQUENCE s", "0A000", "CREATE SEQUENCE"),
    ("ALTER SEQUENCE s RESTART", "0A000", "ALTER SEQUENCE"),
    ("DROP SEQUENCE s", "0A000", "DROP SEQUENCE"),
    ("RELEASE SAVEPOINT a", "0A000", "RELEASE"),
    ("ROLLBACK TO SAVEPOINT a", "0A000", "ROLLBACK TO SAVEPOINT"),
    ("rollback work to a", "0A000", "ROLLBACK TO SAVEPOINT"),
    ("CREATE TYPE t AS ENUM ('a')", "0A000", "CREATE TYPE"),
    ("CREATE DOMAIN d AS int", "0A000", "CREATE DOMAIN"),
    ("CREATE OR REPLACE RULE r AS ON INSERT TO users DO NOTHING", "0A000", "CREATE RULE"),
    ("CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION f()", "0A000", "CREATE TRIGGER"),
    ("CREATE TABLESPACE t LOCATION '/'", "0A000", "CREATE TABLESPACE"),
    ("CREATE EXTENSION hstore", "42601", "EXTENSION"),
    ("CREATE UNLOGGED TABLE t (a int)", "42601", "UNLOGGED"),
    ("CREATE TABLE t (a int) INHERITS (users)", "42601", "INHERITS"),
    ("CREATE TABLE t (a int) TABLESPACE fast", "42601", "TABLESPACE"),
    ("CREATE TABLE t (a int) PARTITION BY LIST (a)", "42601", "PARTITION"),
    ("CREATE TABLE t (a int CHECK (a > 0))", "42601", "CHECK"),
    ("CREATE TABLE t (a int DEFAULT nextval('s'))", "42883", "nextval"),
    ("CREATE TABLE t (a serial)", "0A000", "serial"),
    ("CREATE TABLE t (a int[])", "0A000", r'Column "t.a" has unsupported type "int\[\]"'),
    ("CREATE TABLE t (a int DEFAULT ARRAY[1])", "42601", r"\["),
    ("CREATE TABLE t AS SELECT level[1] FROM users", "42601", r"\["),
    ("VALUES (1)", "42601", "VALUES"),
    # c_SQL_commands, which has none of these
    ("LISTEN a", "42601", "LISTEN"),
    ("checkpoint", "42601", "checkpoint"),
    ("TABLE users", "42601", "TABLE"),
    ("CREATE PUBLICATION p FOR TABLE users", "42601", "PUBLICATION"),
    ("CREATE STATISTICS s ON user_id, level FROM users", "42601", "STATISTICS"),
    ("CREATE POLICY p ON users", "42601", "POLICY"),
    ("CREATE CAST (int AS bool) WITH INOUT", "42601", "CAST"),
    ("CREATE OR REPLACE AGGREGATE a (int) (sfunc = f, stype = int)", "42601", "AGGREGATE"),
    ("ALTER VIEW v RENAME TO w", "42601", "VIEW"),
    ("PREPARE TRANSACTION 'a'", "42601", "TRANSACTION"),
    ("ALTER SYSTEM SET work_mem TO '1GB'", "0A000", "the stand-in does not carry out ALTER SYSTEM"),
    # r_CREATE_TABLE_NEW has LOCAL and no GLOBAL
    ("CREATE GLOBAL TEMPORARY TABLE t (a int)", "42601", "GLOBAL"),
    # r_EXPLAIN: VERBOSE alone, and of queries and DML but MERGE
    ("EXPLAIN ANALYZE DELETE FROM users", "42601", "ANALYZE"),
    ("explain (costs off, analyze) DELETE FROM users", "42601", "costs"),
    ("EXPLAIN VERBOSE MERGE INTO users USING s ON a = b WHEN MATCHED THEN DELETE", "42601", "MERGE"),
    ("ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int", "42601", '","'),
    ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int", "42601", "NOT"),
    # https://github.com/practo/tipoca-stream/issues/40
    ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "0A000", "ALTER COLUMN SET NOT NULL is not supported"),
    # https://github.com/jazzband/django-redshift-backend/issues/96
    ("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", "0A000", "ALTER COLUMN SET/DROP DEFAULT is not supported"),
    ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", "0A000", "ALTER COLUMN SET/DROP DEFAULT is not supported"),
    # https://github.com/dbeaver/dbeaver/issues/9449
    ("ALTER TABLE t ALTER a TYPE varchar(9) USING a::text", "42601", '"a"'),
    ("ALTER TABLE t ALTER COLUMN a TYPE varchar(9) USING a::text", "0A000", "does not support USING expression"),
    ("DO $$ BEGIN END $$", "42601", "DO"),
    ("COPY users FROM STDIN", "42601", "STDIN"),  # https://github.com/darwin-eu/CDMConnector/issues/38
    ("COPY users TO STDOUT", "42601", "TO"),
]
EXPRESSIONS = [
    ("UPDATE users SET level = 'a' RETURNING *", "42601", "RETURNING"),
    ("DELETE FROM users returning user_id", "42601", "returning"),
    ("INSERT INTO users VALUES (1) ON /* now */ CONFLICT (user_id) DO NOTHING", "42601", "CONFLICT"),
    ("SELECT 1 IS DISTINCT FROM 2", "42601", "FROM"),
    ("SELECT 1 WHERE 1 IS NOT DISTINCT FROM 2", "42601", "FROM"),
    ("SELECT DISTINCT ON (level) * FROM users", "0A000", "SELECT DISTINCT ON is not supported"),
    ("SELECT 'x'::uuid", "42704", 'type "uuid" does not exist'),
    ("SELECT CAST('{}' AS json)", "42704", 'type "json" does not exist'),
    ("SELECT jsonb '{}'", "42704", 'type "jsonb" does not exist'),
    ("SELECT ARRAY[1, 2]", "42601", r"\["),
    ("SELECT ARRAY(SELECT user_id FROM users)", "42601", "SELECT"),
    ("SELECT '{}'::int[]", "42601", r"\["),
    ("SELECT level[1] FROM users", "42601", r"\["),
    ("SELECT nextval('s')", "42883", r"function nextval\(...\) does not exist"),
    ("SELECT string_agg(level, ',') FROM users", "42883", "string_agg"),
    ("(SELECT string_agg(level, ',') FROM users) UNION ALL SELECT 'a'", "42883", "string_agg"),
    ("SELECT pg_catalog.array_agg(level) FROM users", "42883", "array_agg"),
    ("SELECT every (level = 'a') FROM users", "42883", "every"),
    ("SELECT clock_timestamp()", "42883", "clock_timestamp"),
    ("SELECT div(1, 2), width_bucket(1, 2, 3, 4)", "42883", "div"),
    ("SELECT format('%s', 1)", "42883", "format"),
    ("SELECT encode('a', 'hex')", "42883", "encode"),
    ("SELECT regexp_matches('a', 'a')", "42883", "regexp_matches"),
    ("SELECT overlay('a' PLACING 'b' FROM 1)", "42883", "overlay"),
    ("SELECT generate_series(1, 2)", "0A000", "not supported on Redshift tables"),
    ("SELECT * FROM json_to_recordset('[]')", "0A000", "not supported on Redshift tables"),
    ("SELECT * FROM (VALUES (1), (2)) AS t (a)", "42601", "VALUES"),
    ("SELECT 1 UNION ALL VALUES (2)", "42601", "VALUES"),
    ("SELECT * FROM users u CROSS JOIN LATERAL (SELECT u.level) AS l", "42601", "LATERAL"),
    ("SELECT count(*) FILTER (WHERE level = 'a') FROM users", "42601", r"\("),
    ("SELECT * FROM users FOR UPDATE", "0A000", "SELECT FOR UPDATE is not supported"),
    ("SELECT * FROM users FOR NO KEY UPDATE", "0A000", "SELECT FOR UPDATE is not supported"),
    ("INSERT INTO users (user_id) VALUES (1), ((SELECT 2))", "0A000", "subqueries"),
    ("WITH n AS (SELECT 1) INSERT INTO users (user_id) SELECT * FROM n", "42601", "INSERT"),
    ("WITH n AS (DELETE FROM users) SELECT 1", "42601", "DELETE"),
    ("INSERT INTO users (user_id) WITH n AS (UPDATE users SET level = 'a') SELECT 1", "42601", "UPDATE"),
    ("EXPLAIN WITH n AS (DELETE FROM users) SELECT 1", "42601", "DELETE"),
    # r_MERGE and r_PREPARE
    ("WITH n AS (SELECT 1) MERGE INTO users USING n ON a = b WHEN MATCHED THEN DELETE", "42601", "MERGE"),
    ("WITH n AS (SELECT * FROM pg_class) INSERT INTO users (level) SELECT relname FROM n", "42601", "INSERT"),
    ("PREPARE p AS MERGE INTO users USING s ON a = b WHEN MATCHED THEN DELETE", "42601", "MERGE"),
    ("PREPARE p AS VALUES (1)", "42601", "VALUES"),
    ("SELECT row(1, 2)", "42601", r"\("),
    # r_CREATE_TABLE_AS
    ("CREATE TABLE t AS SELECT 1 AS a WITH NO DATA;", "42601", "DATA"),
    ("CREATE TABLE t AS TABLE users", "42601", "TABLE"),
    ("CREATE TABLE t AS EXECUTE p", "42601", "EXECUTE"),
    ("SELECT * FROM users TABLESAMPLE SYSTEM (1)", "42601", "TABLESAMPLE"),
    ("INSERT INTO users (user_id) OVERRIDING SYSTEM VALUE VALUES (1)", "42601", "OVERRIDING"),
    ("SELECT sum(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) FROM t", "42601", "EXCLUDE"),
    # c_SQL_functions, which has none of these
    ("SELECT concat_ws(',', 'a', 'b')", "42883", "concat_ws"),
    ("SELECT starts_with('ab', 'a')", "42883", "starts_with"),
    ("SELECT gen_random_uuid()", "42883", "gen_random_uuid"),
    ("SELECT to_jsonb('a')", "42883", "to_jsonb"),
    ("SELECT json_build_object('a', 1)", "42883", "json_build_object"),
    ("SELECT string_to_array('a,b', ',')", "42883", "string_to_array"),
    ("SELECT regexp_match('a', 'a')", "42883", "regexp_match"),
    ("SELECT make_date(2018, 11, 1)", "42883", "make_date"),
    ("SELECT sum(user_id) OVER w FROM users WINDOW w AS (PARTITION BY level)", "42601", "w"),
    ("SELECT sum(user_id) OVER (ORDER BY level RANGE UNBOUNDED PRECEDING) FROM users", "0A000", "RANGE clause"),
    ("SELECT last_value(a) IGNORE NULLS OVER (ORDER BY b) FROM t", "0A000", "require a frame clause"),
]
ALLOWED = [
    "SELECT format, every, t.div, overlay FROM t",
    "SELECT t.format (1)",
    "INSERT INTO format (a) VALUES ('array_agg(x) [1] ''::uuid')",
    'SELECT "returning", "string_agg" AS "lateral" -- FOR UPDATE',
    "SELECT 1 /* ::json FILTER (WHERE) /* ARRAY[1] */ */",
    "SELECT a AS json, b AS point, uuid FROM t",
    "SELECT CAST(a AS varchar) AS json FROM t",
    "SELECT count(DISTINCT a) FROM t",
    "SELECT extract(year FROM date_trunc('year', a)) FROM t",
    "SELECT trim(both ' ' FROM lower(a)), substring(a FROM 2 FOR 3) FROM t JOIN u USING (a)",
    "SELECT a FROM t JOIN conflict ON conflict.a = t.a",
    "INSERT INTO t (a) VALUES ((SELECT 1))",
    "INSERT INTO t (a) WITH n AS (SELECT 1) SELECT * FROM n",
    "SELECT a, sum(b) FROM t GROUP BY GROUPING SETS ((a), ())",
    "SELECT a, sum(b) FROM t GROUP BY ROLLUP (a)",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b), sum(a) OVER (PARTITION BY b) FROM t",
    "SELECT lag(a, 1) OVER (ORDER BY b), ntile(4) OVER (ORDER BY b) FROM t",
    "SELECT sum(a) OVER (ORDER BY range ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
    "SELECT conkey[1] FROM pg_catalog.pg_constraint_of_a_driver",
    "SELECT * FROM t WHERE a = $32767; ",
    "WITH data AS (SELECT 1 AS data) SELECT data FROM data",
    "EXPLAIN (SELECT a FROM t)",
    "EXPLAIN VERBOSE SELECT a FROM t",
    "WITH n AS (SELECT 1) DELETE FROM t USING n",
    "SELECT row, overriding, exclude FROM t AS tablesample",
    "INSERT INTO t (update, merge) VALUES (1, 2)",
    "/* a */ ( /* b */ SELECT a FROM t)",
]


@pytest.mark.parametrize(("sql", "code", "near"), STATEMENTS + EXPRESSIONS)
def test_statements_that_redshift_does_not_have_are_refused(sql: str, code: str, near: str) -> None:
    with pytest.raises(RedshiftError, match=near) as error:
        plan(sql)
    assert error.value.sqlstate == code


@pytest.mark.parametrize("sql", ALLOWED)
def test_names_strings_and_redshifts_own_syntax_are_not_refused(sql: str) -> None:
    """GROUPING SETS, ROLLUP and CUBE: Redshift guide, r_GROUP_BY_aggregation-extensions"""
    assert refused(sql, first_words(sql)) is None


@pytest.mark.parametrize("sql", [sql for sql, _, _ in EXPRESSIONS])
def test_in_strings_comments_and_quoted_names_they_are_nothing(sql: str) -> None:
    string = sql.replace("'", "''")
    name = sql.replace('"', '""')
    harmless = f"SELECT '{string}', $${sql}$$ /* {sql.replace('/*', '').replace('*/', '')} */ AS \"{name}\""
    assert refused(harmless, ["SELECT"]) is None


@pytest.mark.parametrize(
    "function", ["sum(a)", "avg(a)", "count(*)", "first_value(a)", "last_value(a ignore nulls)", "nth_value(a, 2)"]
)
def test_an_ordered_window_aggregate_needs_a_frame(function: str) -> None:
    """Redshift guide, r_WF_MAX and r_WF_first_value; https://github.com/OHDSI/Achilles/issues/232"""
    with pytest.raises(RedshiftError, match="Aggregate window functions with an ORDER BY clause require a frame"):
        plan(f"SELECT {function} OVER (PARTITION BY lower(b) ORDER BY c DESC) FROM t")
    assert plan(f"SELECT {function} OVER (ORDER BY c ROWS UNBOUNDED PRECEDING) FROM t") is PASSED


@pytest.mark.parametrize(
    "sql",
    [
        "COPY users FROM $1 IAM_ROLE default FORMAT JSON",
        "UNLOAD ($1) TO 's3://a/b' IAM_ROLE default",
        "UNLOAD ('select 1') TO $1 IAM_ROLE default CSV",
        "CREATE SCHEMA $1",
        "CREATE TABLE t (a int DEFAULT $1)",
        "ALTER TABLE users OWNER TO $1",
    ],
)
def test_only_queries_and_dml_take_binds(sql: str) -> None:
    """https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/240"""
    with pytest.raises(RedshiftError, match=r'syntax error at or near "\$1"') as error:
        plan(sql)
    assert error.value.sqlstate == "42601"


def test_a_number_of_a_bind_has_two_bytes() -> None:
    """https://github.com/aws/amazon-redshift-python-driver/issues/165"""
    with pytest.raises(RedshiftError, match=r"there is no parameter \$-32768") as error:
        plan("SELECT $32767, '$99999', $32768")
    assert error.value.sqlstate == "42P02"


@pytest.mark.parametrize("sql", ["SELECT ';'; SAVEPOINT a", "CREATE TABLE a (b int); SELECT 1;", "SELECT 1; SELECT 2"])
def test_a_prepared_statement_is_one_statement(connection: Connection, sql: str) -> None:
    """Strings of several statements come in simple queries only; the driver prepares all it sends."""
    with pytest.raises(ProgrammingError, match="cannot insert multiple commands into a prepared statement"):
        connection.exec_driver_sql(sql)
