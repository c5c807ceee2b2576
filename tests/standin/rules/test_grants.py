"""Users, roles and groups are three kinds of grantees, and the system views show what is granted. Redshift guide, r_GRANT"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.plan import plan


@pytest.fixture
def identities(connection: Connection) -> Connection:
    """A user, a role and a group, which are rolled back; the user is in the group."""
    for statement in (
        "CREATE USER ana PASSWORD 'Abcdefg1'",
        "CREATE ROLE analysts",
        "CREATE GROUP readers WITH USER ana",
        "CREATE SCHEMA music",
        "CREATE TABLE music.plays (a INT)",
        "INSERT INTO music.plays VALUES (1)",
    ):
        connection.exec_driver_sql(statement)
    return connection


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def as_ana(connection: Connection, sql: str) -> object:
    """The result of a query of the user, who may do what is granted to her and no more."""
    connection.exec_driver_sql("SET SESSION AUTHORIZATION ana")
    return connection.exec_driver_sql(sql).scalar_one()


@pytest.mark.parametrize(
    ("grantee", "membership"),
    [("ana", ""), ("ROLE analysts", "GRANT ROLE analysts TO ana"), ("GROUP readers", ""), ("PUBLIC", "")],
)
def test_each_kind_of_grantee_gets_what_is_granted(identities: Connection, grantee: str, membership: str) -> None:
    run(
        identities,
        f"GRANT USAGE ON SCHEMA music TO {grantee}",
        f"GRANT SELECT ON TABLE music.plays TO {grantee}",
        *filter(None, [membership]),
    )
    assert as_ana(identities, "SELECT a FROM music.plays") == 1
    with pytest.raises(DBAPIError) as error:
        identities.exec_driver_sql("DELETE FROM music.plays")
    assert error_fields(error.value)["C"] == "42501"


@pytest.mark.parametrize(
    ("grantee", "message"),
    [
        ("bob", 'user "bob" does not exist'),
        ("ROLE bob", 'role "bob" does not exist'),
        ("GROUP bob", 'group "bob" does not exist'),
        ("ROLE ana", 'role "ana" does not exist'),
        ("GROUP analysts", 'group "analysts" does not exist'),
        ("ROLE readers", 'role "readers" does not exist'),
        ("readers", 'user "readers" does not exist'),
    ],
)
def test_a_grantee_of_another_kind_does_not_exist(identities: Connection, grantee: str, message: str) -> None:
    with pytest.raises(DBAPIError) as error:
        identities.exec_driver_sql(f"GRANT SELECT ON music.plays TO {grantee}")
    fields = error_fields(error.value)
    assert (fields["C"], fields["M"]) == ("42704", message)


def test_default_privileges_are_for_tables_that_are_made_later(identities: Connection) -> None:
    run(
        identities,
        "GRANT USAGE ON SCHEMA music TO GROUP readers",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA music GRANT SELECT ON TABLES TO GROUP readers",
        "CREATE TABLE music.later (a INT)",
        "INSERT INTO music.later VALUES (2)",
    )
    assert as_ana(identities, "SELECT a FROM music.later") == 2


def test_what_is_granted_is_in_the_system_views(identities: Connection) -> None:
    run(
        identities,
        "GRANT SELECT, INSERT ON music.plays TO ROLE analysts, GROUP readers",
        "GRANT USAGE ON SCHEMA music TO ROLE analysts",
        "GRANT TEMP ON DATABASE dev TO ROLE analysts",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA music GRANT SELECT ON TABLES TO ROLE analysts",
        "REVOKE INSERT ON music.plays FROM GROUP readers",
    )
    columns = "privilege_type, identity_name, identity_type"
    of_tables = identities.exec_driver_sql(
        f"SELECT {columns} FROM svv_relation_privileges WHERE relation_name = 'plays' AND identity_type <> 'user' "
        "ORDER BY 1, 2"
    )
    assert [tuple(row) for row in of_tables] == [
        ("INSERT", "analysts", "role"), ("SELECT", "analysts", "role"), ("SELECT", "readers", "group"),
    ]  # fmt: skip
    for view, privilege in (("svv_schema_privileges", "USAGE"), ("svv_database_privileges", "TEMP")):
        rows = identities.exec_driver_sql(f"SELECT {columns} FROM {view} WHERE identity_name = 'analysts'")
        assert [tuple(row) for row in rows] == [(privilege, "analysts", "role")]
    defaults = identities.exec_driver_sql(
        "SELECT schema_name, privilege_type, grantee_type FROM svv_default_privileges WHERE grantee_name = 'analysts'"
    )
    assert [tuple(row) for row in defaults] == [("music", "SELECT", "role")]


def test_a_user_without_any_grant_makes_temporary_tables(identities: Connection) -> None:
    """By membership in PUBLIC. Redshift guide, r_GRANT"""
    identities.exec_driver_sql("SET SESSION AUTHORIZATION ana")
    run(identities, "CREATE TEMP TABLE t (a VARCHAR(3) ENCODE zstd) DISTSTYLE ALL", "INSERT INTO t VALUES ('abc')")
    assert identities.exec_driver_sql("SELECT a FROM t").scalar_one() == "abc"


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON t",
        "GRANT SELECT ON t TO ROLE",
        "GRANT SELECT ON t TO a b",
        "GRANT ROLE a, b TO c",
        "CREATE GROUP",
        "CREATE GROUP g USER a b",
    ],
)
def test_another_form_is_a_syntax_error(statement: str) -> None:
    with pytest.raises(RedshiftError) as error:
        plan(statement)
    assert error.value.sqlstate == "42601"


def test_a_right_to_grant_is_for_all_grantees_of_a_statement_or_none(identities: Connection) -> None:
    identities.exec_driver_sql("GRANT SELECT ON music.plays TO ana WITH GRANT OPTION")
    view = "SELECT admin_option FROM svv_relation_privileges WHERE identity_name = 'ana'"
    assert identities.exec_driver_sql(view).scalar_one() is True
    with pytest.raises(RedshiftError, match="WITH GRANT OPTION for some of several grantees"):
        plan("GRANT SELECT ON music.plays TO a WITH GRANT OPTION, b")
