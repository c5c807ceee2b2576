"""SET, RESET and SHOW of Redshift's parameters. Redshift guide, cm_chap_ConfigurationRef, r_SET, r_RESET and r_SHOW"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ProgrammingError
from support.raw_client import RawClient

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.outcomes import PASSED
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.postgres.parameters import DOCUMENTED, REDSHIFT_ONLY
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.relay.local_relay import local_relay


def shown(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"SHOW {name}").scalar()


def test_all_parameters_of_the_guide_are_shown_with_their_defaults(connection: Connection) -> None:
    settings = {name: setting for name, setting in connection.exec_driver_sql("SHOW ALL")}  # noqa: C416
    assert list(settings) == sorted((*DOCUMENTED, *REDSHIFT_ONLY))
    # The guide's own example; extra_float_digits, which differs, is in the ledger.
    assert {
        "analyze_threshold_percent": "10", "datestyle": "ISO, MDY", "query_group": "default",
        "search_path": "$user, public", "statement_timeout": "0", "timezone": "UTC", "wlm_query_slot_count": "1",
    }.items() <= settings.items()  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "there"),
    [
        ("query_group", "'6 p.m.'", "6 p.m."),
        ("query_group", "priority", "priority"),
        ("wlm_query_slot_count", "3", "3"),
        ("enable_result_cache_for_session", "OFF", "off"),
        ("mv_enable_aqmv_for_session", "false", "off"),
        ("analyze_threshold_percent", "0.01", "0.01"),
        ("spectrum_query_maxerror", "-7", "-7"),
        ("error_on_nondeterministic_update", "false", "off"),
        ("statement_timeout", "60000", "60000"),
        ("datestyle", "'SQL,DMY'", "SQL, DMY"),
        ("timezone", "'America/New_York'", "America/New_York"),
    ],
)
def test_a_parameter_is_set_shown_and_reset(connection: Connection, name: str, value: str, there: str) -> None:
    default = shown(connection, name)
    connection.exec_driver_sql(f"SET {name} TO {value}")
    assert shown(connection, name) == there
    connection.exec_driver_sql(f"RESET {name}")
    assert shown(connection, name) == default
    connection.exec_driver_sql(f"SET SESSION {name} = {value}")
    connection.exec_driver_sql(f"SET {name} TO DEFAULT")
    assert shown(connection, name) == default
    connection.exec_driver_sql(f"SET {name} TO {value}")
    connection.exec_driver_sql("RESET ALL")
    assert shown(connection, name) == default


def test_a_parameter_may_be_set_for_a_transaction(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL query_group TO 'load'")
    assert shown(connection, "query_group") == "load"
    connection.commit()
    assert shown(connection, "query_group") == "default"


def test_a_parameter_is_the_sessions_own(engine: Engine, connection: Connection) -> None:
    connection.exec_driver_sql("SET query_group TO 'load'")
    connection.commit()
    with engine.connect() as other:
        assert shown(other, "query_group") == "default"
    assert connection.exec_driver_sql("SELECT current_setting('query_group')").scalar() == "load"
    connection.exec_driver_sql("RESET query_group")
    connection.commit()


@pytest.mark.parametrize(
    ("name", "value", "code", "reason"),
    [
        ("enable_result_cache_for_session", "banana", "22023", "requires a Boolean value"),
        ("wlm_query_slot_count", "51", "22023", r"51 is outside the valid range .* \(1 .. 50\)"),
        ("wlm_query_slot_count", "'few'", "22023", "requires an integer value"),
        ("analyze_threshold_percent", "nan", "22023", "nan is outside the valid range"),
        ("stored_proc_log_min_messages", "'ALL'", "22023", "invalid value for parameter"),
        ("extra_float_digits", "3", "22023", r"\(-15 .. 2\)"),  # guide, r_extra_float_digits
        ("query_group", "a b", "42601", 'at or near "b"'),
        ("query_group", "(1)", "42601", r'at or near "\("'),
    ],
)
def test_a_value_that_a_parameter_does_not_take_is_refused(name: str, value: str, code: str, reason: str) -> None:
    with pytest.raises(RedshiftError, match=reason) as error:
        plan(f"SET {name} TO {value}")
    assert error.value.sqlstate == code


@pytest.mark.parametrize(
    "name", ["enable_case_sensitive_identifier", "error_on_nondeterministic_update", "describe_field_name_in_uppercase"]
)
def test_a_parameter_that_would_change_results_keeps_its_default(name: str) -> None:
    """Taken and not carried out, it would lie."""
    with pytest.raises(RedshiftError, match=f"the stand-in does not carry out {name} = on") as error:
        plan(f"SET {name} TO on")
    assert error.value.sqlstate == "0A000"


@pytest.mark.parametrize("statement", ["SET {} TO 1", "SET LOCAL {} = 1", "RESET {}", "SHOW {}"])
@pytest.mark.parametrize("name", ["standard_conforming_strings", "IntervalStyle", "work_mem", "lock_timeout", "role"])
def test_parameters_of_postgresql_are_unknown(statement: str, name: str) -> None:
    """https://github.com/sqlalchemy/sqlalchemy/issues/9494, https://github.com/typelevel/skunk/issues/229"""
    with pytest.raises(RedshiftError, match=f'unrecognized configuration parameter "{name.lower()}"') as error:
        plan(statement.format(name))
    assert error.value.sqlstate == "42704"


@pytest.mark.parametrize(
    "sql",
    [
        "SET SESSION AUTHORIZATION 'a'", "SET TIME ZONE 'UTC'", "SET NAMES 'utf8'", "SET SEED TO .25",
        "SET client_encoding TO 'UTF8'", "SET application_name = 'a'", "SHOW TRANSACTION ISOLATION LEVEL",
        "SHOW timezone", "RESET ALL", "RESET timezone",
    ],
)  # fmt: skip
def test_parameters_that_both_have_pass(sql: str) -> None:
    assert plan(sql) is PASSED


def test_commands_that_begin_with_show_are_refused_by_name() -> None:
    with pytest.raises(RedshiftError, match="the stand-in does not carry out SHOW TABLES"):
        plan("SHOW TABLES FROM SCHEMA dev.public")


def test_a_variable_of_the_session_has_a_name_of_two_parts(connection: Connection) -> None:
    connection.exec_driver_sql("SET app_context.user_id TO 123")
    assert shown(connection, "app_context.user_id") == "123"
    with pytest.raises(ProgrammingError, match=r'unrecognized configuration parameter "app_context\.nothing"'):
        shown(connection, "app_context.nothing")


@pytest.mark.parametrize("name", ["sparkify_standin.query_group", "redshift.last_unload_count"])
def test_the_stand_ins_own_variables_are_not_for_clients(name: str) -> None:
    with pytest.raises(RedshiftError, match="unrecognized"):
        plan(f"SET {name} TO 'x'")


def test_the_version_shown_is_redshifts(connection: Connection) -> None:
    """Redshift guide, c_redshift-and-postgres-sql"""
    assert shown(connection, "server_version") == "8.0.2"


# ---------------------------------------------------------------- the search path


def test_the_search_path_is_shown_as_it_was_set(connection: Connection) -> None:
    """Redshift guide, r_search_path: its examples."""
    connection.exec_driver_sql("CREATE SCHEMA enterprise")
    connection.exec_driver_sql("set search_path to enterprise")
    assert shown(connection, "search_path") == "enterprise"
    connection.exec_driver_sql("set search_path to '$user', public, enterprise")
    assert shown(connection, "search_path") == '"$user", public, enterprise'
    assert connection.exec_driver_sql("SELECT current_setting('search_path')").scalar() == '"$user", public, enterprise'


@pytest.mark.parametrize("statement", ["SET search_path TO {}", "SELECT set_config('search_path', '{}', false)"])
def test_no_search_path_loses_redshifts_functions_and_views(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql("CREATE SCHEMA enterprise")
    connection.exec_driver_sql(statement.format("enterprise"))
    connection.exec_driver_sql("CREATE TABLE frontier (c1 INT)")
    assert connection.exec_driver_sql("SELECT len('abc'), pg_last_copy_count() >= 0").one() == (3, True)
    of_it = "SELECT schemaname FROM pg_table_def WHERE tablename = 'frontier'"
    assert connection.exec_driver_sql(of_it).scalars().all() == ["enterprise"]


@pytest.mark.parametrize("sql", ["CREATE TABLE t (a INT)", "CREATE TABLE t AS SELECT 1 AS a"])
def test_without_a_schema_to_create_in_nothing_is_created(connection: Connection, sql: str) -> None:
    """Redshift guide, r_search_path: "If the search path is empty, the system returns an error"."""
    connection.exec_driver_sql("SET search_path TO '$user'")  # there is none of that name
    connection.exec_driver_sql("CREATE TEMP TABLE temporary_ones (a INT)")
    with pytest.raises(ProgrammingError, match="no schema has been selected to create in"):
        connection.exec_driver_sql(sql)


@pytest.mark.parametrize("path", ["nowhere", "public, nowhere", "'nowhere', public", '"nowhere"'])
def test_a_search_path_with_a_schema_that_does_not_exist_is_refused(connection: Connection, path: str) -> None:
    """https://github.com/airbytehq/airbyte/pull/12005"""
    with pytest.raises(ProgrammingError, match=r'3F000.*schema "nowhere" does not exist'):
        connection.exec_driver_sql(f"SET search_path TO {path}")


def test_a_search_path_is_set_for_a_transaction_or_back_to_the_default(connection: Connection) -> None:
    connection.exec_driver_sql('CREATE SCHEMA "of ""others"""')
    connection.commit()
    connection.exec_driver_sql('SET LOCAL search_path TO "of ""others""", pg_catalog')
    assert shown(connection, "search_path") == '"of ""others""", pg_catalog'
    connection.commit()
    assert shown(connection, "search_path") == "$user, public"
    connection.exec_driver_sql("SET search_path TO public")
    connection.exec_driver_sql("SET search_path TO DEFAULT")
    assert shown(connection, "search_path") == "$user, public"
    connection.exec_driver_sql('DROP SCHEMA "of ""others"""')
    connection.commit()


def test_only_redshifts_parameters_are_reported_to_the_client(migrated: Settings) -> None:
    """PostgreSQL 18 also reports the search path, and with it what the stand-in puts behind it."""
    assert migrated.standin_directory is not None
    relay = local_relay(embedded_server(migrated.standin_directory))
    with RawClient(str(relay.socket_path)).greeted() as client:
        client.send(*(wire.query(sql) for sql in ("SET search_path TO public", "SET datestyle TO 'SQL, DMY'")))
        reported = [body.split(b"\0")[0] for kind, body in client.until(b"Z", 2) if kind == b"S"]
    assert reported == [b"DateStyle"]
