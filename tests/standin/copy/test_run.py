"""COPY as a statement: its response, and its record in the system views, which survives a rollback."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from support.records import write_lines

from sparkify_dwh.database import connected
from sparkify_dwh.settings import Settings


@pytest.fixture
def copied(connection: Connection) -> Connection:
    """A connection with a table to copy into."""
    connection.exec_driver_sql("CREATE TABLE copied (a INT, b VARCHAR(5) NOT NULL)")
    return connection


@pytest.fixture
def committed(copied: Connection) -> Iterator[Connection]:
    """The same, with the table committed until the end of the test."""
    copied.commit()
    yield copied
    copied.rollback()
    copied.exec_driver_sql("DROP TABLE copied")
    copied.commit()


def copy(connection: Connection, path: Path, clauses: str = "") -> None:
    connection.exec_driver_sql(f"COPY copied FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto' {clauses}")


def test_a_copy_says_how_many_rows_it_loaded(copied: Connection, tmp_path: Path) -> None:
    """Redshift guide, PG_LAST_COPY_COUNT"""
    copy(copied, write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    assert copied.scalar(text("SELECT pg_last_copy_count()")) == 2
    raw = copied.connection.dbapi_connection
    assert raw is not None
    assert any(b"completed, 2 record(s) loaded successfully" in notice[b"M"] for notice in raw.notices)


def test_a_copy_is_rolled_back_with_its_transaction(committed: Connection, tmp_path: Path) -> None:
    """Redshift guide, copy-usage_notes-multiple-files"""
    path = write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}])
    copy(committed, path)
    assert committed.scalar(text("SELECT count(*) FROM copied")) == 1
    committed.rollback()
    assert committed.scalar(text("SELECT count(*) FROM copied")) == 0


def test_a_refused_row_is_in_the_error_tables_after_the_rollback(copied: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_STL_LOAD_ERRORS; https://github.com/databricks/spark-redshift/issues/53"""
    path = write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}, {"a": 2, "b": "too long"}])
    pid = copied.scalar(text("SELECT pg_backend_pid()"))
    with pytest.raises(ProgrammingError, match=r"Load into table 'copied' failed\.  Check 'sys_load_error_detail'"):
        copy(copied, path)
    copied.rollback()
    error = copied.execute(
        text("SELECT * FROM stl_load_errors WHERE session = :pid ORDER BY query DESC LIMIT 1"), {"pid": pid}
    ).one()
    assert error.filename == path.as_uri().ljust(256)
    assert (error.line_number, error.colname.strip(), error.err_code) == (2, "b", 1204)
    assert error.raw_field_value.strip() == "too long"
    number, *rest = copied.execute(
        text(
            "SELECT query_id, status, loaded_rows, error_count FROM sys_load_history WHERE session_id = :pid "
            "ORDER BY query_id DESC LIMIT 1"
        ),
        {"pid": pid},
    ).one()
    assert rest == ["aborted", 0, 1]
    assert number != error.query, "the SYS views have numbers of their own: redshift guide, SYS_QUERY_HISTORY"


def test_a_failed_copy_fails_its_transaction(copied: Connection, tmp_path: Path) -> None:
    with pytest.raises(ProgrammingError):
        copy(copied, write_lines(tmp_path / "a.json", ["no json"]))
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        copied.exec_driver_sql("SELECT 1")


def test_the_files_that_were_read_are_listed(copied: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_STL_LOAD_COMMITS and SYS_LOAD_DETAIL"""
    for name in ("a.json", "b.json"):
        write_lines(tmp_path / "data" / name, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    copy(copied, tmp_path / "data")
    query = copied.scalar(text("SELECT pg_last_copy_id()"))
    copied.rollback()
    listed = copied.execute(
        text("SELECT trim(filename), lines_scanned FROM stl_load_commits WHERE query = :q ORDER BY 1"), {"q": query}
    )
    assert [(name.rsplit("/", 1)[1], lines) for name, lines in listed] == [("a.json", 2), ("b.json", 2)]
    history = text("SELECT status, loaded_rows, source_file_count FROM sys_load_history ORDER BY query_id DESC LIMIT 1")
    assert copied.execute(history).one() == ("completed", 4, 2)


# ---------------------------------------------------------------- columns that the list leaves out


def test_a_default_is_evaluated_once_for_all_rows(connection: Connection, tmp_path: Path) -> None:
    """Redshift guide, c_loading_default_values: RANDOM() gives the same value to all the rows."""
    connection.exec_driver_sql(
        "CREATE TABLE copied (a INT, b FLOAT DEFAULT random(), c TIMESTAMP DEFAULT SYSDATE, d VARCHAR(9) DEFAULT 'it''s',"
        " e NUMERIC(8, 2) DEFAULT 1.5, f DATE DEFAULT current_date, g INT DEFAULT NULL, h INT, i CHAR(3) DEFAULT 'x',"
        " j BOOLEAN DEFAULT true, k TIMESTAMP DEFAULT GETDATE())"
    )
    path = write_lines(tmp_path / "a.json", [{"a": number} for number in range(100)])
    connection.exec_driver_sql(f"COPY copied (a) FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto'")
    rows = connection.exec_driver_sql(
        "SELECT count(*), b < 1, c = SYSDATE, d, e, f = current_date, g, h, i, j, k <= GETDATE() FROM copied "
        "GROUP BY b, c, d, e, f, g, h, i, j, k"
    )
    assert [tuple(row) for row in rows] == [
        (100, True, True, "it's", Decimal("1.50"), True, None, None, "x  ", True, True)
    ]


def test_a_default_that_does_not_fit_its_column_fails_the_copy(connection: Connection, tmp_path: Path) -> None:
    connection.exec_driver_sql("CREATE TABLE copied (a INT, b VARCHAR(2) DEFAULT 'too long')")
    path = write_lines(tmp_path / "a.json", [{"a": 1}])
    with pytest.raises(ProgrammingError, match="value too long"):
        connection.exec_driver_sql(f"COPY copied (a) FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto'")


def test_an_identity_that_may_be_loaded_may_be_left_out(connection: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_CREATE_TABLE_NEW: GENERATED BY DEFAULT AS IDENTITY"""
    connection.exec_driver_sql("CREATE TABLE copied (a INT, b INT NOT NULL GENERATED BY DEFAULT AS IDENTITY(7,1))")
    path = write_lines(tmp_path / "a.json", [{"a": 1}, {"a": 2}])
    connection.exec_driver_sql(f"COPY copied (a) FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto'")
    assert connection.exec_driver_sql("SELECT count(DISTINCT b), min(b) FROM copied").one() == (2, 7)


# ---------------------------------------------------------------- the session's last COPY

LAST = "SELECT pg_last_copy_id(), pg_last_copy_count()"


def test_a_session_without_a_copy_has_no_last_one(migrated: Settings) -> None:
    """Redshift guide, PG_LAST_COPY_ID"""
    with connected(migrated) as connection:
        assert connection.exec_driver_sql(LAST).one() == (-1, 0)


def test_the_last_copy_is_known_after_its_transaction_is_rolled_back(committed: Connection, tmp_path: Path) -> None:
    """Also when other statements stood in it: what the functions tell is the session's, not the transaction's."""
    committed.exec_driver_sql("INSERT INTO copied VALUES (0, 'x')")
    copy(committed, write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    last, count = committed.exec_driver_sql(LAST).one()
    assert count == 2
    committed.exec_driver_sql("DELETE FROM copied")
    committed.rollback()
    assert committed.exec_driver_sql(LAST).one() == (last, 2)
    committed.exec_driver_sql("RESET ALL")
    assert committed.exec_driver_sql(LAST).one() == (last, 2)


def test_the_last_copy_is_the_one_that_failed(committed: Connection, tmp_path: Path) -> None:
    """Redshift guide, PG_LAST_COPY_ID, set when the load begins, and PG_LAST_COPY_COUNT, 0 when it failed."""
    copy(committed, write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}]))
    before, _ = committed.exec_driver_sql(LAST).one()
    with pytest.raises(ProgrammingError):
        copy(committed, write_lines(tmp_path / "b.json", [{"a": "one", "b": "x"}]))
    committed.rollback()
    failed, count = committed.exec_driver_sql(LAST).one()
    assert (failed > before, count) == (True, 0)
    errors = text("SELECT err_code FROM stl_load_errors WHERE query = pg_last_copy_id()")
    assert committed.execute(errors).scalars().all() == [1207]


def test_a_copy_that_did_not_begin_is_not_the_last_one(committed: Connection, tmp_path: Path) -> None:
    """Redshift guide, PG_LAST_COPY_ID: not after a syntax error."""
    copy(committed, write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}]))
    last = committed.exec_driver_sql(LAST).one()
    with pytest.raises(ProgrammingError):
        copy(committed, tmp_path, "SPEED 9")
    committed.rollback()
    assert committed.exec_driver_sql(LAST).one() == last
