"""UNLOAD writes a query's rows to files, as Redshift names and fills them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from sparkify_dwh.database import connected
from sparkify_dwh.settings import Settings

ROWS = "(1, 'é, \"x\"', '2018-11-01 10:00:00.796'), (2, '', NULL), (NULL, NULL, '2018-12-01')"


@pytest.fixture
def plays(connection: Connection) -> Connection:
    """A connection with a table of three rows in its own transaction."""
    connection.exec_driver_sql("CREATE TABLE plays (a SMALLINT, b VARCHAR(20), ts TIMESTAMP)")
    connection.exec_driver_sql(f"INSERT INTO plays VALUES {ROWS}")
    return connection


def unload(
    connection: Connection, target: Path | str, clauses: str, query: str = "select * from plays order by ts"
) -> None:
    url = target.as_uri() + "/" if isinstance(target, Path) else target
    connection.exec_driver_sql(f"UNLOAD ('{query}') TO '{url}' IAM_ROLE default {clauses}")


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def refused(connection: Connection, target: Path | str, clauses: str, query: str = "select * from plays") -> str:
    with pytest.raises(ProgrammingError) as raised:
        unload(connection, target, clauses, query)
    return str(raised.value)


def test_rows_of_the_open_transaction_are_unloaded(plays: Connection, tmp_path: Path) -> None:
    """The query runs on the client's own backend, and its answer tells how many rows it was."""
    unload(plays, tmp_path, "PARQUET")
    raw = plays.connection.dbapi_connection
    assert raw is not None
    assert raw.notices[-1][b"M"] == b"UNLOAD completed, 3 record(s) unloaded successfully."
    assert pq.read_table(tmp_path / "0000_part_00.parquet").num_rows == 3


def test_parquet_has_the_types_of_the_query(connection: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD: TIMESTAMPTZ loses its zone, row groups are compressed with Snappy."""
    types = (
        "1::int2 a, 1::int4 b, 1::int8 c, 1::float4 d, 1::float8 e, 1.5::numeric(9,2) f, true g, ''x''::varchar(3) h"
    )
    times = "''2018-11-01''::date i, ''2018-11-01 10:00''::timestamp j, ''2018-11-01 10:00+02''::timestamptz k"
    unload(connection, tmp_path, "PARQUET", f"select {types}, {times}")
    found = pq.ParquetFile(tmp_path / "0000_part_00.parquet")
    assert found.schema_arrow.types == [
        pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.decimal128(9, 2), pa.bool_(), pa.string(),
        pa.date32(), pa.timestamp("us"), pa.timestamp("us"),
    ]  # fmt: skip
    assert str(found.read().column("k")[0]) == "2018-11-01 08:00:00"
    assert found.metadata.row_group(0).column(0).compression == "SNAPPY"


def test_the_rows_of_the_last_unload_are_counted(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, PG_LAST_UNLOAD_COUNT"""
    counts = []
    for number, query in enumerate(
        ["select * from plays", "select a, b from plays where a = 1", "select 1 where false"]
    ):
        unload(plays, tmp_path / str(number), "PARQUET PARTITION BY (a)" if number == 1 else "PARQUET", query)
        counts.append(plays.scalar(text("SELECT pg_last_unload_count()")))
    assert counts == [3, 1, 0]


def test_the_last_unload_is_known_after_its_transaction_is_rolled_back(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, PG_LAST_UNLOAD_COUNT; its files stay as well."""
    unload(plays, tmp_path, "PARQUET")
    plays.rollback()
    plays.exec_driver_sql("RESET ALL")
    assert plays.scalar(text("SELECT pg_last_unload_count()")) == 3


def test_a_new_session_has_unloaded_nothing(migrated: Settings) -> None:
    """Redshift guide, PG_LAST_UNLOAD_COUNT"""
    with connected(migrated) as connection:
        assert connection.scalar(text("SELECT pg_last_unload_count()")) == 0


def test_csv_tells_null_from_empty(plays: Connection, tmp_path: Path) -> None:
    unload(plays, tmp_path, "FORMAT AS CSV HEADER DELIMITER '|'")
    assert (tmp_path / "0000_part_00").read_text() == (
        'a|b|ts\n1|"é, ""x"""|2018-11-01 10:00:00.796\n||2018-12-01 00:00:00\n2|""|\n'
    )


def test_csv_may_be_compressed(plays: Connection, tmp_path: Path) -> None:
    unload(plays, tmp_path, "CSV GZIP", "select a from plays where a > 0 order by a")
    assert gzip.decompress((tmp_path / "0000_part_00.gz").read_bytes()) == b"1\n2\n"


def test_json_is_an_object_a_line(connection: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD: booleans are t and f"""
    unload(connection, tmp_path, "JSON", r"select 1 as a, ''é\\n'' as b, true as c, null::int as d")
    assert (tmp_path / "0000_part_00").read_text() == '{"a":1,"b":"é\\n","c":"t","d":null}\n'


def test_a_lone_null_is_a_row(connection: Connection, tmp_path: Path) -> None:
    unload(connection, tmp_path, "PARQUET", "select null::varchar a union all select ''x'' union all select ''''")
    assert pq.read_table(tmp_path / "0000_part_00.parquet").column("a").to_pylist() == [None, "x", ""]


def test_a_prefix_is_the_beginning_of_the_name(plays: Connection, tmp_path: Path) -> None:
    unload(plays, (tmp_path / "plays_").as_uri(), "PARQUET")
    unload(plays, (tmp_path / "serial_").as_uri(), "CSV PARALLEL OFF MANIFEST")
    assert files(tmp_path) == ["plays_0000_part_00.parquet", "serial_000", "serial_manifest"]


def test_partition_columns_are_folders_and_not_in_the_files(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD, PARTITION BY; NULL has the folder that Hive gives it"""
    query = "select a, b, extract(year from ts)::int as year, extract(month from ts)::int as month from plays"
    unload(plays, (tmp_path / "out").as_uri(), "PARQUET PARTITION BY (year, month)", query)
    null = "__HIVE_DEFAULT_PARTITION__"
    folders = ["year=2018/month=11", "year=2018/month=12", f"year={null}/month={null}"]
    assert files(tmp_path / "out") == [f"{folder}/0000_part_00.parquet" for folder in folders]
    assert pq.ParquetFile(tmp_path / "out" / folders[0] / "0000_part_00.parquet").schema_arrow.names == ["a", "b"]


def test_partition_columns_may_stay_in_the_files(plays: Connection, tmp_path: Path) -> None:
    unload(plays, tmp_path, "CSV PARTITION BY (a) INCLUDE", "select a, b from plays")
    assert (tmp_path / "a=1" / "0000_part_00").read_text() == '1,"é, ""x"""\n'


def test_the_folder_of_a_text_is_escaped_as_hive_does(connection: Connection, tmp_path: Path) -> None:
    unload(connection, tmp_path, "CSV PARTITION BY (a)", "select ''x/y=é %''::varchar as a, 1 as b")
    assert files(tmp_path) == ["a=x%2Fy%3Dé %25/0000_part_00"]


def test_equal_numbers_that_are_written_differently_are_two_partitions(connection: Connection, tmp_path: Path) -> None:
    numbers = "select 1.0 as a, 1 as b union all select 1.00, 2 union all select 1.0, 3"
    unload(connection, tmp_path, "CSV PARTITION BY (a)", f"select a, b from ({numbers}) q order by b")
    assert {name: (tmp_path / name).read_text() for name in files(tmp_path)} == {
        "a=1.0/0000_part_00": "1\n3\n",
        "a=1.00/0000_part_00": "2\n",
    }


def test_the_order_of_the_query_holds_in_a_partition(plays: Connection, tmp_path: Path) -> None:
    numbers = "(select 1 a union all select 2 union all select 3 union all select 5) q"
    query = f"select a % 2 as odd, a from {numbers} order by a desc"
    unload(plays, tmp_path, "CSV PARTITION BY (odd)", query)
    assert (tmp_path / "odd=1" / "0000_part_00").read_text() == "5\n3\n1\n"


@pytest.mark.parametrize(
    ("clauses", "query", "error"),
    [
        ("PARTITION BY (x)", "select a from plays", 'column "x" is not in the select list'),
        ("PARTITION BY (a)", "select a from plays", "at least one column"),
        ("PARTITION BY (f)", "select 1::float8 f, 2 b", "PARTITION BY does not support column f of type float8"),
        ("", "select 1 a, 2 a", 'unique names, column "a" is there twice'),
        ("", "select sum(1.5) as total", "needs precision and scale of the NUMERIC column total"),
        ("", "select ''1 day''::interval as i", "UNLOAD of column i is not supported by the stand-in"),
        ("", "select 1) q; drop table plays; select (1", "42601"),
        ("", "select nothing from plays", "nothing"),
    ],
)
def test_a_query_that_does_not_fit_is_refused(
    plays: Connection, tmp_path: Path, clauses: str, query: str, error: str
) -> None:
    assert error in refused(plays, tmp_path, f"PARQUET {clauses}", query)
    assert files(tmp_path) == []


def test_nothing_is_overwritten_unasked(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD, ALLOWOVERWRITE: files under other names stay"""
    (tmp_path / "0000_part_07").write_text("old")
    assert "Specified unload destination on S3 is not empty" in refused(plays, tmp_path, "CSV")
    plays.rollback()
    unload(plays, tmp_path, "CSV ALLOWOVERWRITE", "select 1")
    unload(plays, tmp_path, "CSV ALLOWOVERWRITE", "select 2")
    assert {name: (tmp_path / name).read_text() for name in files(tmp_path)} == {
        "0000_part_00": "2\n",
        "0000_part_07": "old",
    }


def test_cleanpath_removes_existing_files(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD, CLEANPATH"""
    (tmp_path / "0000_part_07").write_text("old")
    unload(plays, tmp_path, "CSV CLEANPATH")
    assert files(tmp_path) == ["0000_part_00"]


def test_cleanpath_with_partitions_empties_those_that_are_written(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD, CLEANPATH"""
    for folder in ("a=1", "a=7"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "0003_part_00").write_text("old")
    unload(plays, tmp_path, "CSV CLEANPATH PARTITION BY (a)", "select 1 as a, 2 as b")
    assert files(tmp_path) == ["a=1/0000_part_00", "a=7/0003_part_00"]


def test_cleanpath_spares_files_that_no_unload_wrote(plays: Connection, tmp_path: Path) -> None:
    """The stand-in's own care for local files: a prefix such as file:///home/me/e is soon written."""
    (tmp_path / "thesis.doc").write_text("mine")
    assert "removes only files of an UNLOAD" in refused(plays, tmp_path, "CSV CLEANPATH")
    assert files(tmp_path) == ["thesis.doc"]


@pytest.mark.parametrize("data_format", ["PARQUET", "CSV HEADER", "JSON"])
def test_no_rows_make_no_files(plays: Connection, tmp_path: Path, data_format: str) -> None:
    """https://github.com/spark-redshift-community/spark-redshift/issues/40"""
    unload(plays, tmp_path, f"{data_format} MANIFEST", "select * from plays where a = 99")
    assert files(tmp_path) == []


def test_a_manifest_tells_sizes_and_when_verbose_rows(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD, MANIFEST"""
    unload(plays, tmp_path, "CSV MANIFEST VERBOSE", "select a from plays")
    url, size = (tmp_path / "0000_part_00").as_uri(), (tmp_path / "0000_part_00").stat().st_size
    manifest = json.loads((tmp_path / "manifest").read_text())
    assert manifest["entries"] == [{"url": url, "meta": {"content_length": size, "record_count": 3}}]
    assert manifest["schema"] == {"elements": [{"name": "a", "type": {"base": "smallint"}}]}
    assert manifest["meta"] == {"content_length": size, "record_count": 3}


def test_long_files_are_cut(connection: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD, MAXFILESIZE"""
    digits = " union all ".join(f"select {digit} i" for digit in range(6))
    query = f"with d as ({digits}) select a.i, repeat(''x'', 1000) from d a, d b, d c, d e, d f order by a.i"
    unload(connection, tmp_path, "CSV MAXFILESIZE 5 MB", query)
    assert files(tmp_path) == ["0000_part_00", "0000_part_01"]
    assert (tmp_path / "0000_part_00").stat().st_size <= 5 * 1024 * 1024
    assert sum(len((tmp_path / name).read_bytes().splitlines()) for name in files(tmp_path)) == 6**5


def test_a_query_that_fails_leaves_no_files_and_a_failed_transaction(connection: Connection, tmp_path: Path) -> None:
    query = "select 1 / (i - 3) as x, i from (select 1 i union all select 2 union all select 3) q"
    assert "division by zero" in refused(connection, tmp_path, "CSV PARTITION BY (i)", query)
    assert files(tmp_path) == []
    with pytest.raises(ProgrammingError, match="25P02"):
        connection.execute(text("SELECT 1"))


def test_a_value_outside_of_parquets_range_is_an_error(connection: Connection, tmp_path: Path) -> None:
    assert "cannot write a value" in refused(connection, tmp_path, "PARQUET", "select ''infinity''::timestamp as ts")
    connection.rollback()
    assert connection.scalar(text("SELECT 1")) == 1


def test_every_file_is_logged_rolled_back_or_not(plays: Connection, tmp_path: Path) -> None:
    """Redshift guide, r_STL_UNLOAD_LOG"""
    unload(plays, tmp_path, "CSV PARTITION BY (a)", "select a, b from plays where a > 0")
    plays.rollback()
    log = text("SELECT trim(path), line_count, transfer_size FROM stl_unload_log ORDER BY query DESC, path LIMIT 2")
    expected = [
        (path, 1, path.stat().st_size) for path in (tmp_path / "a=1/0000_part_00", tmp_path / "a=2/0000_part_00")
    ]
    assert [tuple(row) for row in plays.execute(log)] == [(path.as_uri(), rows, size) for path, rows, size in expected]


def test_a_file_that_cannot_be_written_fails_the_statement(connection: Connection, tmp_path: Path) -> None:
    """The rows still to come are not waited for, and the connection can go on."""
    (tmp_path / "i=7").write_text("in the way")
    digits = " union all ".join(f"select {digit} i" for digit in range(10))
    query = f"with d as ({digits}) select a.i, repeat(''x'', 100) from d a, d b, d c, d e, d f"
    error = refused(connection, tmp_path, "CSV ALLOWOVERWRITE PARTITION BY (i)", query)
    assert "is not a directory" in error
    assert files(tmp_path) == ["i=7"]  # those before it are gone again
    connection.rollback()
    assert connection.scalar(text("SELECT 1")) == 1


def test_an_unload_needs_no_transaction_of_the_clients(engine: Engine, tmp_path: Path) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        unload(connection, tmp_path, "CSV", "select 1")
        assert "division by zero" in refused(connection, tmp_path, "CSV ALLOWOVERWRITE", "select 1/0")
        assert connection.scalar(text("SELECT 2")) == 2
    assert files(tmp_path) == ["0000_part_00"]
