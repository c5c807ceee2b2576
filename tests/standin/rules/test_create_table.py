"""CREATE TABLE on the stand-in: the PostgreSQL statement, and the design in the catalogue.

Redshift guide, r_CREATE_TABLE_NEW, unless a test says otherwise.
"""

from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Column, Connection, DateTime, Integer, MetaData, String, Table, func, inspect, text
from sqlalchemy.exc import ProgrammingError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.rules.create_table import read_create_table


@pytest.mark.parametrize(
    ("redshift", "postgres"),
    [
        ("VARCHAR", "varchar(256)"),
        ("TEXT", "varchar(256)"),
        ("CHARACTER VARYING(9)", "varchar(9)"),
        ("VARCHAR(MAX)", "varchar(65535)"),
        ("CHAR", "char(1)"),
        ("NUMERIC", "numeric(18,0)"),
        ("DECIMAL(8, 2)", "numeric(8, 2)"),
        ("NUMERIC(38, 37)", "numeric(38, 37)"),
        ("FLOAT", "double precision"),
        ("FLOAT(24)", "real"),
        ("FLOAT(25)", "double precision"),
        ("double precision", "double precision"),
        ("TIMESTAMP WITHOUT TIME ZONE", "timestamp"),
        ("timestamptz", "timestamptz"),
    ],
)
def test_a_type_has_redshifts_default_length(redshift: str, postgres: str) -> None:
    """Bare VARCHAR and NUMERIC have lengths (redshift guide, r_Character_types, r_Numeric_types201)."""
    assert read_create_table(f"CREATE TABLE t (a {redshift})").columns["a"].type.sql == postgres


@pytest.mark.parametrize(
    ("types", "code", "message"),
    [
        # https://github.com/dresende/node-orm2/issues/650, https://github.com/jazzband/django-redshift-backend/issues/135
        (
            "SERIAL BIGSERIAL BYTEA inet BIT(3) INTEGER[] varchar(9)[3]",
            "0A000",
            'Column "b" has unsupported type "{}".',
        ),
        # newer than PostgreSQL 8: https://github.com/jazzband/django-redshift-backend/issues/154 and, for UUID, issue 53
        ("UUID JSON JSONB XML TSVECTOR mood", "42704", 'type "{}" does not exist'),
        (
            "SUPER VARBYTE(10) HLLSKETCH GEOMETRY TIMESTAMP(3)",
            "0A000",
            'the stand-in has no type "{}", which column "b" has',
        ),
    ],
)
def test_an_unsupported_type_is_named(types: str, code: str, message: str) -> None:
    for type_ in types.split():
        with pytest.raises(RedshiftError) as error:
            plan(f"ALTER TABLE t ADD COLUMN b {type_}")
        assert (error.value.sqlstate, error.value.message) == (code, message.format(type_.lower()))
        with pytest.raises(RedshiftError) as error:
            plan(f"CREATE TABLE t (a INT, b {type_})")
        assert (error.value.sqlstate, error.value.message) == (
            code,
            message.format(type_.lower()).replace('"b"', '"t.b"'),
        )


@pytest.mark.parametrize(
    ("attributes", "style", "distkey", "sortkeys"),
    [
        ("(a INT, b INT)", "AUTO", [], {}),
        ("(a INT DISTKEY SORTKEY, b INT)", "KEY", ["a"], {"a": 1}),
        ("(a INT, b INT) DISTSTYLE ALL SORTKEY (b, a)", "ALL", [], {"b": 1, "a": 2}),
        ("(a INT, b INT) DISTKEY(b) COMPOUND SORTKEY(a)", "KEY", ["b"], {"a": 1}),
        ("(a INT, b INT) BACKUP NO DISTSTYLE EVEN SORTKEY AUTO", "EVEN", [], {}),
    ],
)
def test_dist_and_sort_keys_are_remembered(
    attributes: str, style: str, distkey: list[str], sortkeys: dict[str, int]
) -> None:
    design = read_create_table(f"CREATE TABLE t {attributes}").design()
    assert design["diststyle"] == style
    assert [name for name, column in design["columns"].items() if column["distkey"]] == distkey
    assert {name: c["sortkey"] for name, c in design["columns"].items() if c["sortkey"]} == sortkeys


def test_columns_without_an_encoding_get_their_types() -> None:
    design = read_create_table("CREATE TABLE t (a INT ENCODE zstd, b VARCHAR, c REAL, d DATE SORTKEY)").design()
    assert [column["encoding"] for column in design["columns"].values()] == ["zstd", "lzo", "none", "none"]


def test_names_are_folded_even_in_quotes(connection: Connection) -> None:
    """Redshift guide, r_names"""
    connection.exec_driver_sql('CREATE TABLE "Folded" ("userId" INT)')
    assert [column["name"] for column in inspect(connection).get_columns("folded")] == ["userid"]


def test_keys_are_reflected_and_not_enforced(connection: Connection) -> None:
    """Redshift guide, t_Defining_constraints"""
    connection.exec_driver_sql(
        "CREATE TABLE kept (a INT PRIMARY KEY, b INT UNIQUE, c INT, FOREIGN KEY (c) REFERENCES users (user_id))"
    )
    connection.exec_driver_sql("INSERT INTO kept VALUES (1, 1, 404), (1, 1, 404)")
    inspector = inspect(connection)
    assert inspector.get_pk_constraint("kept")["constrained_columns"] == ["a"]
    assert inspector.get_unique_constraints("kept")[0]["column_names"] == ["b"]
    assert inspector.get_foreign_keys("kept")[0]["referred_table"] == "users"


def foreign_keys(connection: Connection, table: str) -> dict[str, tuple[list[str], str, list[str]]]:
    keys = inspect(connection).get_foreign_keys(table)
    return {
        str(key["name"]): (key["constrained_columns"], key["referred_table"], key["referred_columns"]) for key in keys
    }


def test_a_reference_without_columns_is_to_the_primary_key(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE parent (x INT, y INT, z INT, PRIMARY KEY (y, x))")
    connection.exec_driver_sql("CREATE TABLE child (a INT, b INT, FOREIGN KEY (a, b) REFERENCES parent)")
    assert foreign_keys(connection, "child") == {"child_a_b_fkey": (["a", "b"], "parent", ["y", "x"])}


def test_a_column_may_refer_to_its_own_table_or_another(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE tree "
        "(up INT REFERENCES tree, other INT NOT NULL REFERENCES users (user_id) ENCODE az64, id INT PRIMARY KEY)"
    )
    assert foreign_keys(connection, "tree") == {
        "tree_up_fkey": (["up"], "tree", ["id"]),
        "tree_other_fkey": (["other"], "users", ["user_id"]),
    }


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ("nowhere (a)", 'relation "nowhere" does not exist'),
        ("users (nothing)", 'column "nothing" referenced in foreign key constraint does not exist'),
        ("bare", 'there is no primary key for referenced table "bare"'),
        ("users (user_id, level)", "number of referencing and referenced columns for foreign key disagree"),
    ],
)
def test_a_foreign_key_needs_existing_columns(connection: Connection, references: str, message: str) -> None:
    connection.exec_driver_sql("CREATE TABLE bare (a INT)")
    with pytest.raises(ProgrammingError, match=re.escape(message)):
        connection.exec_driver_sql(f"CREATE TABLE child (a INT REFERENCES {references})")


def test_not_null_is_enforced(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE needs (a INT NOT NULL)")
    with pytest.raises(ProgrammingError, match="null value"):
        connection.exec_driver_sql("INSERT INTO needs VALUES (NULL)")


@pytest.mark.parametrize(
    ("type_", "fits", "exceeds", "shown"),
    [("VARCHAR(9)", "日本語", "日本語.", "character varying(9)"), ("CHAR(3)", "abc", "éé", "character(3)")],
)
def test_lengths_count_bytes(connection: Connection, type_: str, fits: str, exceeds: str, shown: str) -> None:
    """Redshift guide, r_Character_types: 日本語 needs 9."""
    connection.exec_driver_sql(f"CREATE TABLE narrow (a {type_})")
    connection.exec_driver_sql(f"INSERT INTO narrow VALUES ('{fits}')")
    with pytest.raises(ProgrammingError, match=re.escape(f"value too long for type {shown}")):
        connection.exec_driver_sql(f"INSERT INTO narrow VALUES ('{exceeds}')")


def test_a_table_that_exists_is_left_as_it_is(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE once (a INT)")
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS once (b INT)")
    assert [column["name"] for column in inspect(connection).get_columns("once")] == ["a"]
    with pytest.raises(ProgrammingError, match="already exists"):
        connection.exec_driver_sql("CREATE TABLE once (b INT)")


def test_a_table_is_gone_when_its_transaction_is(connection: Connection) -> None:
    """Redshift guide, r_ALTER_TABLE: ordinary DDL is transactional."""
    connection.exec_driver_sql("CREATE TABLE brief (a INT)")
    connection.rollback()
    assert not inspect(connection).has_table("brief")


def test_a_default_is_reflected_as_redshift_shows_it(connection: Connection) -> None:
    """As in public listings of DDL that amazon-redshift-utils' v_generate_tbl_ddl has written."""
    connection.exec_driver_sql(
        "CREATE TABLE defaults "
        "(a TIMESTAMP DEFAULT SYSDATE, b TIMESTAMP DEFAULT GETDATE(), c VARCHAR(9) DEFAULT 'sysdate()')"
    )
    assert [column["default"] for column in inspect(connection).get_columns("defaults")] == [
        "('now'::character varying)::timestamp without time zone",
        "getdate()",
        "'sysdate()'::character varying",
    ]


def test_alembic_finds_no_difference_in_defaults_that_are_there(connection: Connection) -> None:
    metadata = MetaData()
    Table(
        "defaults",
        metadata,
        Column("a", DateTime, server_default=func.now()),  # which is SYSDATE
        Column("b", DateTime, server_default=text("GETDATE()")),
        Column("c", String(9), server_default="free"),
        Column("d", Integer, server_default=text("0")),
        Column("e", Boolean, server_default=text("true")),
    )
    metadata.create_all(connection)
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    of_columns = [found for found in compare_metadata(context, metadata) if isinstance(found, list)]
    assert of_columns == []
