"""COPY of Parquet: columns by position, strict types, and all that UNLOAD writes comes back."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.errors import RedshiftError


@pytest.fixture
def people(connection: Connection) -> Connection:
    """A connection with an empty table in its own transaction."""
    connection.exec_driver_sql("CREATE TABLE people (a INT NOT NULL, b VARCHAR(5))")
    return connection


def write(path: Path, *columns: pa.Array) -> str:
    """A Parquet file of these columns, and its URL."""
    pq.write_table(pa.table(list(columns), names=[f"x{index}" for index in range(len(columns))]), path)
    return path.as_uri()


def copy(connection: Connection, url: str, clauses: str = "", table: str = "people") -> None:
    connection.exec_driver_sql(f"COPY {table} FROM '{url}' IAM_ROLE default FORMAT AS PARQUET {clauses}")


def refused(connection: Connection, url: str, clauses: str = "", table: str = "people") -> str:
    with pytest.raises(ProgrammingError) as raised:
        copy(connection, url, clauses, table)
    connection.rollback()
    return str(raised.value.orig)


def rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(sql))]


def test_columns_are_taken_by_position(people: Connection, tmp_path: Path) -> None:
    """Redshift guide, copy-usage_notes-copy-from-columnar"""
    copy(people, write(tmp_path / "a.parquet", pa.array([1, 2], pa.int32()), pa.array(["é", None])))
    copy(people, write(tmp_path / "b.parquet", pa.array(["x"]), pa.array([3], pa.int32())), table="people (b, a)")
    assert rows(people, "SELECT a, b FROM people ORDER BY a") == [(1, "é"), (2, None), (3, "x")]


def test_every_type_comes_back(connection: Connection, tmp_path: Path) -> None:
    numbers = "a SMALLINT, b INT, c BIGINT, d REAL, e FLOAT8, f NUMERIC(9,2)"
    connection.exec_driver_sql(
        f"CREATE TABLE one ({numbers}, g BOOLEAN, h CHAR(3), i DATE, j TIMESTAMP, k TIMESTAMPTZ)"
    )
    connection.exec_driver_sql(
        "INSERT INTO one VALUES (-1, 2, 3, 0.5, 0.1, -1.50, true, 'x', '1960-02-29', '1899-12-31 23:59:59.999999', "
        "'2018-11-01 10:00:00.796+02')"
    )
    connection.exec_driver_sql(f"UNLOAD ('select * from one') TO '{tmp_path.as_uri()}/' IAM_ROLE default PARQUET")
    connection.exec_driver_sql("DELETE FROM one")
    copy(connection, f"{tmp_path.as_uri()}/", table="one")
    moment = datetime(2018, 11, 1, 8, 0, 0, 796000, timezone.utc)
    values = (-1, 2, 3, 0.5, 0.1, Decimal("-1.50"), True, "x  ", date(1960, 2, 29))
    assert rows(connection, "SELECT * FROM one") == [(*values, datetime(1899, 12, 31, 23, 59, 59, 999999), moment)]


@pytest.fixture
def star(sparkify: Sparkify) -> Sparkify:
    """A company with a star of several plays, users and songs, with NULLs and accents."""
    sparkify.logs(
        "a.json",
        an_event(),
        an_event(itemInSession=6, ts=1542285000001, song="Été", artist=None, location=None, userId="16"),
        an_event(itemInSession=7, ts=1544285000999, firstName="Zoë", userId="17", userAgent="\"x, 'y'\n\""),
    )
    sparkify.songs("a.json", a_song(), a_song(song_id="SO2", title="Ça", artist_latitude=None, year=1999))
    sparkify.load()
    return sparkify


def test_partitions_that_include_their_columns_come_back(star: Sparkify, tmp_path: Path) -> None:
    with star.engine.connect() as connection:
        before = rows(connection, "SELECT * FROM time ORDER BY start_time")
        connection.exec_driver_sql(
            f"UNLOAD ('select * from time') TO '{tmp_path.as_uri()}/out' IAM_ROLE default PARQUET "
            "PARTITION BY (year, month) INCLUDE"
        )
        connection.exec_driver_sql("DELETE FROM time")
        assert [path.name for path in sorted((tmp_path / "out/year=2018").iterdir())] == ["month=11", "month=12"]
        copy(connection, f"{tmp_path.as_uri()}/out/", table="time")
        assert rows(connection, "SELECT * FROM time ORDER BY start_time") == before


def test_an_empty_table_leaves_nothing_to_copy(connection: Connection, tmp_path: Path) -> None:
    """https://github.com/spark-redshift-community/spark-redshift/issues/40"""
    connection.exec_driver_sql(
        f"UNLOAD ('select * from users') TO '{tmp_path.as_uri()}/users' IAM_ROLE default PARQUET"
    )
    assert "does not exist" in refused(connection, f"{tmp_path.as_uri()}/users", table="users")


def test_files_in_s3_come_back(star: Sparkify, bucket: str) -> None:
    with star.engine.connect() as connection:
        before = rows(connection, "SELECT * FROM songs ORDER BY song_id")
        connection.exec_driver_sql(
            f"UNLOAD ('select * from songs') TO '{bucket}songs' IAM_ROLE default PARQUET PARTITION BY (title) INCLUDE "
            "MANIFEST CLEANPATH REGION 'us-west-2'"
        )
        connection.exec_driver_sql("DELETE FROM songs")
        copy(connection, f"{bucket}songs/manifest", "MANIFEST", "songs")
        assert rows(connection, "SELECT * FROM songs ORDER BY song_id") == before


def test_a_manifest_needs_lengths(people: Connection, tmp_path: Path) -> None:
    """https://github.com/awslabs/aws-lambda-redshift-loader/issues/221"""
    url = write(tmp_path / "a.parquet", pa.array([1], pa.int32()), pa.array(["x"]))
    manifest = tmp_path / "manifest"
    manifest.write_text(json.dumps({"entries": [{"url": url}]}))
    error = refused(people, manifest.as_uri(), "MANIFEST")
    assert "File entry does not have 'meta' key." in error
    assert "15003" in error


@pytest.mark.parametrize(
    ("column", "type_"),
    [
        ("INT", pa.int64()), ("BIGINT", pa.int32()), ("SMALLINT", pa.int32()), ("VARCHAR(9)", pa.int32()),
        ("FLOAT8", pa.float32()), ("NUMERIC(9,2)", pa.decimal128(9, 3)), ("NUMERIC(9,2)", pa.decimal128(10, 2)),
        ("TIMESTAMP", pa.int64()), ("TIMESTAMP", pa.date32()), ("INT", pa.list_(pa.int32())),
    ],
)  # fmt: skip
def test_types_must_be_those_of_the_columns(
    connection: Connection, tmp_path: Path, column: str, type_: pa.DataType
) -> None:
    """https://github.com/aws/amazon-redshift-python-driver/issues/107"""
    connection.exec_driver_sql(f"CREATE TABLE strict (a {column})")
    error = refused(connection, write(tmp_path / "a.parquet", pa.array([None], type_)), table="strict")
    assert "Spectrum Scan Error" in error
    assert "has an incompatible Parquet schema for column" in error


def test_table_and_file_have_as_many_columns(people: Connection, tmp_path: Path) -> None:
    """https://github.com/rudderlabs/rudder-server/pull/3178"""
    error = refused(people, write(tmp_path / "a.parquet", pa.array([1], pa.int32())))
    assert "Unmatched number of columns between table and file. Table columns: 2, Data columns: 1" in error


@pytest.mark.parametrize("name", ["MAXERROR 3", "REGION 'us-west-2'", "TRUNCATECOLUMNS", "COMPUPDATE OFF"])
def test_only_some_options_go_with_parquet(name: str) -> None:
    """Redshift guide, copy-usage_notes-copy-from-columnar; https://github.com/apache/iggy/pull/3654"""
    with pytest.raises(RedshiftError) as raised:
        parse_copy(f"COPY t FROM 's3://b/k' IAM_ROLE default {name} FORMAT PARQUET")
    assert raised.value.message == f"{name.split(maxsplit=1)[0]} argument is not supported for PARQUET based COPY"


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [(1, "too long", (2, "b", 1204, "too long")), (None, "x", (2, "a", 1213, ""))],
)
def test_a_value_that_is_refused_fails_the_copy_and_is_explained(
    people: Connection, tmp_path: Path, number: int | None, name: str, expected: tuple[Any, ...]
) -> None:
    """Redshift guide, copy-usage_notes-copy-from-columnar: errors fail the COPY, some are in STL_LOAD_ERRORS"""
    good = write(tmp_path / "a.parquet", pa.array([1], pa.int32()), pa.array(["x"]))
    write(tmp_path / "b.parquet", pa.array([1, number], pa.int32()), pa.array(["x", name]))
    assert "Load into table 'people' failed" in refused(people, good.replace("a.parquet", ""))
    columns = "line_number, trim(colname), err_code, trim(raw_field_value)"
    assert rows(people, f"SELECT {columns} FROM stl_load_errors ORDER BY query DESC LIMIT 1") == [expected]


def test_an_unreadable_parquet_file_is_named(people: Connection, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("no parquet at all")
    assert "is not a readable Parquet file" in refused(people, (tmp_path / "a.parquet").as_uri())


def test_timestamps_of_any_unit_are_taken(connection: Connection, tmp_path: Path) -> None:
    connection.exec_driver_sql("CREATE TABLE times (a TIMESTAMP, b TIMESTAMP)")
    nano, milli = (
        pa.array([1542285000796123456], pa.timestamp("ns")),
        pa.array([1542285000796], pa.timestamp("ms", "UTC")),
    )
    copy(connection, write(tmp_path / "a.parquet", nano, milli), table="times")
    first = datetime(2018, 11, 15, 12, 30, 0, 796123)
    assert rows(connection, "SELECT * FROM times") == [(first, first.replace(microsecond=796000))]


def test_without_pyarrow_parquet_is_refused_in_one_sentence(
    people: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = write(tmp_path / "a.parquet", pa.array([1], pa.int32()), pa.array(["x"]))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "Parquet needs pyarrow, which is not installed" in refused(people, url)
    with pytest.raises(ProgrammingError, match="Parquet needs pyarrow, which is not installed"):
        people.exec_driver_sql(f"UNLOAD ('select 1') TO '{tmp_path.as_uri()}/new' IAM_ROLE default PARQUET")


def test_more_rows_than_wait_for_postgresql_at_once_are_loaded(people: Connection, tmp_path: Path) -> None:
    count = 300_000
    url = write(tmp_path / "a.parquet", pa.array(range(count), pa.int32()), pa.array(["12345"] * count))
    for _ in range(3):
        copy(people, url)
    assert people.scalar(text("SELECT count(*) FROM people")) == 3 * count
