"""Facts about the server: its version and parameters, and where it takes bind parameters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Double, Integer, String, insert, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import server_message
from sparkify_dwh.verification.fact import Facts, NotTried
from sparkify_dwh.verification.trial import Trial, answer, statement

FACTS = Facts()

PARAMETERS = (
    "datestyle", "enable_case_sensitive_identifier", "enable_numeric_rounding", "error_on_nondeterministic_update",
    "extra_float_digits", "idle_session_timeout", "statement_timeout", "timezone", "transaction_snapshot_begin",
    "wlm_query_slot_count",
)  # fmt: skip


@FACTS.fact("https://docs.aws.amazon.com/redshift/latest/mgmt/cluster-versions.html")
def version(trial: Trial) -> str:
    """The version of the server."""
    with trial.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version()").scalar())


@FACTS.fact("cm_chap_ConfigurationRef")
def parameters(trial: Trial) -> dict[str, str]:
    """The parameters of a session that statements depend on."""
    found: dict[str, str] = {}
    with trial.connect() as connection:
        for name in PARAMETERS:
            try:
                found[name] = str(connection.exec_driver_sql(f"SHOW {name}").scalar())
            except DBAPIError as error:
                found[name] = server_message(error)
            connection.rollback()
    return found


@FACTS.fact("c_serial_isolation", differs="system_tables")
def isolation_level(trial: Trial) -> list[str]:
    """The isolation level of the database: loads are correct with either."""
    with trial.connect() as connection:
        try:
            rows = connection.exec_driver_sql(
                "SELECT isolation_level FROM stv_db_isolation_level WHERE TRIM(db_name) = current_database()"
            )
            return [str(row[0]).strip() for row in rows]
        except DBAPIError as error:
            raise NotTried(server_message(error)) from error


@FACTS.fact("https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/265", expected=True)
def insert_values_takes_parameters(trial: Trial) -> bool:
    """INSERT ... VALUES takes bind parameters, many rows in one statement, and stores them as they are."""
    probe = trial.probe(
        Column("n", Integer), Column("big", BigInteger), Column("text", String(512)), Column("at", DateTime),
        Column("number", Double),
    )  # fmt: skip
    texts = ('O\'Brien \\ % :1 "😀"', "", " ", None)
    rows = [(n, 2**63 - 1, text, datetime(2018, 11, 15, 12, 30, 0, 796000), 0.1) for n, text in enumerate(texts)]
    with trial.connect() as connection:
        connection.execute(insert(probe), [dict(zip(probe.c.keys(), row, strict=True)) for row in rows])
        return list(map(tuple, connection.execute(select(probe).order_by(probe.c.n)))) == rows


@FACTS.fact("https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/265")
def parameters_elsewhere(trial: Trial) -> dict[str, str]:
    """Where else the server takes bind parameters; the product sends none there."""
    probe = trial.probe(Column("n", Integer), Column("text", String(16)))
    statements = {
        "output column": "SELECT :1 FROM {table}",
        "where": "SELECT n FROM {table} WHERE text = :1",
        "sub-query": "SELECT n FROM {table} WHERE n IN (SELECT n FROM {table} WHERE text = :1)",
        "group by": "SELECT count(*) FROM {table} GROUP BY text || :1",
        "insert select": "INSERT INTO {table} (text) SELECT text FROM {table} WHERE text = :1",
        "update from": "UPDATE {table} SET n = s.n FROM (SELECT n FROM {table} WHERE text = :1) AS s WHERE {table}.n = s.n",
        "delete": "DELETE FROM {table} WHERE n IN (SELECT n FROM {table} WHERE text = :1)",
    }
    with trial.connect() as connection:
        return {place: answer(connection, statement(sql, probe), ("x",)) for place, sql in statements.items()}


@FACTS.fact("r_ANALYZE", expected="accepted")
def analyze_runs_in_a_transaction(trial: Trial) -> str:
    """ANALYZE ... PREDICATE COLUMNS runs in a transaction, after a write of the same transaction."""
    probe = trial.probe(Column("n", Integer))
    with trial.connect() as connection:
        connection.execute(insert(probe).values(n=1))
        return answer(connection, statement("ANALYZE {table} PREDICATE COLUMNS", probe))
