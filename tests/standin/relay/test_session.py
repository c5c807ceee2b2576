"""The stand-in as the real driver sees it."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError


def test_the_server_says_that_it_is_redshift(connection: Connection) -> None:
    """https://github.com/aws/amazon-redshift-python-driver/issues/194"""
    assert "PostgreSQL 8.0.2" in str(connection.exec_driver_sql("SELECT version()").scalar())
    assert connection.dialect.server_version_info == (8, 0, 2)


def test_a_refusal_fails_the_transaction(connection: Connection) -> None:
    """As any error does: what follows is answered with 25P02."""
    with pytest.raises(ProgrammingError, match="CREATE INDEX") as refused:
        connection.exec_driver_sql("CREATE INDEX i ON users (level)")
    assert refused.value.orig is not None
    assert refused.value.orig.args[0]["C"] == "0A000"
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        connection.exec_driver_sql("SELECT 1")


def test_the_session_goes_on_after_an_error(connection: Connection) -> None:
    with pytest.raises(ProgrammingError):
        connection.exec_driver_sql("COPY nowhere FROM 's3://a/b' IAM_ROLE default")
    connection.rollback()
    assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_copy_into_no_table_is_refused(connection: Connection) -> None:
    """https://github.com/estuary/connectors/issues/918"""
    with pytest.raises(ProgrammingError, match="Cannot COPY into nonexistent table nowhere"):
        connection.exec_driver_sql("COPY nowhere FROM 'file:///tmp' IAM_ROLE default JSON 'auto'")


def test_readers_see_one_snapshot(engine: Engine) -> None:
    """Redshift guide, c_serial_isolation: what others commit later is not seen."""
    with engine.connect() as reader, engine.connect() as writer:
        count = text("SELECT count(*) FROM load_lock")
        assert reader.scalar(count) == 0
        writer.execute(text("INSERT INTO load_lock VALUES ('seen')"))
        writer.commit()
        assert reader.scalar(count) == 0
        reader.rollback()
        assert reader.scalar(count) == 1
        writer.execute(text("DELETE FROM load_lock"))
        writer.commit()


def test_large_results_arrive_whole(connection: Connection) -> None:
    ten = "(" + " UNION ALL ".join(f"SELECT {digit} AS n" for digit in range(10)) + ")"
    numbers = f"SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n AS n FROM {ten} a, {ten} b, {ten} c, {ten} d"
    rows = connection.execute(text(f"SELECT repeat('x', 2000), n FROM ({numbers}) AS numbers ORDER BY n")).all()
    assert len(rows) == 10_000
    assert rows[-1][1] == 10_000


def test_statements_may_be_long(connection: Connection) -> None:
    long = "x" * 2_000_000
    assert connection.scalar(text("SELECT length(:long)"), {"long": long}) == len(long)


def test_a_prepared_statement_runs_again(connection: Connection) -> None:
    """The driver keeps them: the second time it sends Bind without Parse."""
    for number in range(3):
        assert connection.scalar(text("SELECT CAST(:n AS INTEGER) + 1"), {"n": number}) == number + 1


def test_sysdate_and_getdate_are_times_of_now(connection: Connection) -> None:
    now, date = connection.execute(text("SELECT SYSDATE, GETDATE()")).one()
    assert 0 <= (now - date).total_seconds() < 2 or 0 <= (date - now).total_seconds() < 2
    assert date.microsecond == 0
