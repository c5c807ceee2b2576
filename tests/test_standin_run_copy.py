"""What COPY leaves behind: its answer, and what the system views say of it, rolled back or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from records import write_lines
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError


@pytest.fixture
def copied(connection: Connection) -> Connection:
    """A connection with a table to copy into."""
    connection.exec_driver_sql("CREATE TABLE copied (a INT, b VARCHAR(5) NOT NULL)")
    return connection


def copy(connection: Connection, path: Path, clauses: str = "") -> None:
    connection.exec_driver_sql(f"COPY copied FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto' {clauses}")


def test_a_copy_says_how_many_rows_it_loaded(copied: Connection, tmp_path: Path) -> None:
    """Redshift guide, PG_LAST_COPY_COUNT"""
    copy(copied, write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    assert copied.scalar(text("SELECT pg_last_copy_count()")) == 2
    raw = copied.connection.dbapi_connection
    assert raw is not None
    assert any(b"completed, 2 record(s) loaded successfully" in notice[b"M"] for notice in raw.notices)


def test_a_copy_is_rolled_back_with_its_transaction(copied: Connection, tmp_path: Path) -> None:
    """Redshift guide, copy-usage_notes-multiple-files"""
    path = write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}])
    copied.commit()
    copy(copied, path)
    assert copied.scalar(text("SELECT count(*) FROM copied")) == 1
    copied.rollback()
    assert copied.scalar(text("SELECT count(*) FROM copied")) == 0
    copied.exec_driver_sql("DROP TABLE copied")
    copied.commit()


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
    history = copied.execute(
        text("SELECT status, loaded_rows, error_count FROM sys_load_history WHERE query_id = :q"), {"q": error.query}
    )
    assert history.one() == ("aborted", 0, 1)


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
    history = text("SELECT status, loaded_rows, source_file_count FROM sys_load_history WHERE query_id = :q")
    assert copied.execute(history, {"q": query}).one() == ("completed", 4, 2)


def test_rows_that_may_be_left_out_are_left_out(copied: Connection, tmp_path: Path) -> None:
    """Redshift guide, copy-parameters-data-load: it fails when there are as many errors as MAXERROR."""
    path = write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}, {"a": "one", "b": "x"}, {"a": 2}])
    copy(copied, path, "MAXERROR 3")
    assert copied.scalar(text("SELECT count(*) FROM copied")) == 1
    with pytest.raises(ProgrammingError, match="Load into table"):
        copy(copied, path, "MAXERROR 2")


@pytest.mark.parametrize("clause", ["CSV", "DELIMITER ','", "FILLRECORD", "SPEED 9"])
def test_an_option_that_is_not_known_is_named(copied: Connection, tmp_path: Path, clause: str) -> None:
    path = write_lines(tmp_path / "a.json", [{"a": 1, "b": "x"}])
    with pytest.raises(ProgrammingError, match=clause.split(maxsplit=1)[0]):
        copy(copied, path, clause)
