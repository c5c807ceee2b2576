"""The star goes out as Parquet, is read by others, and comes back the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, Engine, select, text
from support.exports import CLUSTER, FILES, NO_YEAR, ODD, ROLE, a_company, all_rows, empty, everything, files
from support.sql import sql_lines
from support.warehouse import Sparkify

from sparkify_dwh import __version__
from sparkify_dwh.errors import ConfigurationError, SourceError, UsageError
from sparkify_dwh.export import Export, export
from sparkify_dwh.export.queries import unload_command
from sparkify_dwh.redshift.commands import UnloadCommand
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import StagingSong
from sparkify_dwh.star import STAR, Song, Songplay, User
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.utils.secret import Secret


@dataclass
class Exported:
    """An export, its folder, and the rows that the warehouse held; its tables are empty now."""

    export: Export
    directory: Path
    rows: dict[str, list[tuple[Any, ...]]]
    load_id: str


@pytest.fixture(scope="module")
def exported(migrated: Settings, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    directory = tmp_path_factory.mktemp("export")
    company = a_company(migrated, engine, directory)
    made = export(company.settings, str(directory / "star's 100%"))
    partitions = ("EXTRACT(year FROM start_time)", "EXTRACT(month FROM start_time)")
    plays = company.rows(all_rows(Songplay, *partitions))
    rows = everything(company) | {"songplays": sorted(plays, key=repr)}
    last = company.one("SELECT load_id FROM loads ORDER BY started_at DESC LIMIT 1")
    empty(engine)
    return Exported(made, directory / "star's 100%", rows, last)


def test_the_unload_of_a_table_that_is_partitioned_by_parts_of_a_time() -> None:
    """The partitions are columns of the query, so that they are in the files too. Redshift guide, r_UNLOAD"""
    columns = ", ".join(f"songplays.{column.name}" for column in Songplay.table().columns)
    assert sql_lines(
        unload_command(Songplay, "s3://sparkify/star/songplays/", replace(CLUSTER, region="us-west-2"))
    ) == (
        f"UNLOAD ('SELECT {columns}, "
        "CAST(EXTRACT(year FROM songplays.start_time) AS SMALLINT) AS year, "
        "CAST(EXTRACT(month FROM songplays.start_time) AS SMALLINT) AS month \n"
        "FROM songplays ORDER BY songplays.start_time')\n"
        "TO 's3://sparkify/star/songplays/'\n"
        f"IAM_ROLE '{ROLE}'\n"
        "FORMAT AS PARQUET\n"
        "PARTITION BY (year, month) INCLUDE\n"
        "REGION AS 'us-west-2'"
    )


def test_the_unload_of_a_table_in_one_folder() -> None:
    columns = ", ".join(f"users.{column.name}" for column in User.table().columns)
    assert sql_lines(unload_command(User, "s3://sparkify/star/users/", Settings())) == (
        f"UNLOAD ('SELECT {columns} \nFROM users ORDER BY users.user_id')\n"
        "TO 's3://sparkify/star/users/'\n"
        "IAM_ROLE default\n"
        "FORMAT AS PARQUET"
    )


def test_texts_in_the_query_are_literals_within_a_literal() -> None:
    """Quotes and backslashes are doubled for the query's own literal, and doubled again for UNLOAD's."""
    query = select(Song.song_id).where(Song.title == r"it's a\b 100%")
    assert (
        r"UNLOAD ('SELECT songs.song_id "
        + "\n"
        + r"FROM songs "
        + "\n"
        + r"WHERE songs.title = ''it''''s a\\\\b 100%''')"
    ) in sql_lines(UnloadCommand(query, r"s3://bkt/a'\b"))
    assert r"TO 's3://bkt/a''\\b'" in sql_lines(UnloadCommand(query, r"s3://bkt/a'\b"))


def test_no_unload_holds_a_secret() -> None:
    """There is no form with keys: UNLOAD is authorised by a role."""
    settings = replace(CLUSTER, aws_key=Secret("AKIAGIVEN"), aws_secret=Secret("pa55"))
    statements = " ".join(sql_lines(unload_command(model, "s3://bkt/k/", settings)) for model in STAR)
    assert not any(word in statements for word in ("AKIA", "pa55", "CREDENTIALS", "ACCESS_KEY"))


def test_a_query_with_odd_texts_finds_its_rows(connection: Connection, tmp_path: Path) -> None:
    """What is doubled twice arrives once."""
    connection.execute(StagingSong.table().insert().values(song_id="SO1", artist_id="AR1", title=ODD))
    query = select(StagingSong.title).where(StagingSong.title == ODD)
    connection.execute(UnloadCommand(query, f"{tmp_path.as_uri()}/"))
    assert pq.read_table(tmp_path / "0000_part_00.parquet").column("title").to_pylist() == [ODD]


def test_every_table_has_a_folder_and_every_partition_one_in_it(exported: Exported) -> None:
    assert files(exported.directory) == FILES


def test_pyarrow_reads_the_rows_that_the_warehouse_held(exported: Exported) -> None:
    """From the files alone, and with the partitions from the folders' names, of the type that they have in the files."""
    for name, table in exported.export.tables.items():
        partitions = ds.partitioning(pa.schema((each, pa.int16()) for each in table.partition_by), flavor="hive")
        for partitioning in (None, partitions):
            read = ds.dataset(exported.directory / name, partitioning=partitioning).to_table().to_pylist()
            assert sorted((tuple(row.values()) for row in read), key=repr) == exported.rows[name] != []


def test_partitions_are_in_the_files_too(exported: Exported) -> None:
    """With the types of the star, times to the microsecond."""
    november = exported.directory / "songplays/year=2018/month=11/0000_part_00.parquet"
    schema = pq.ParquetFile(november).schema_arrow
    assert [schema.field(name).type for name in ("songplay_id", "start_time", "user_id", "song_length", "year")] == [
        pa.int64(), pa.timestamp("us"), pa.int32(), pa.float64(), pa.int16()
    ]  # fmt: skip
    (song,) = pq.ParquetFile(exported.directory / f"songs/{NO_YEAR}/0000_part_00.parquet").read().to_pylist()
    assert (song["song_id"], song["year"]) == ("SO3", None)


def test_duckdb_reads_the_rows_that_the_warehouse_held(exported: Exported) -> None:
    for name, table in exported.export.tables.items():
        glob = str(exported.directory / name / "**" / "*.parquet")
        read = duckdb.read_parquet(glob, hive_partitioning=bool(table.partition_by)).fetchall()
        assert sorted(read, key=repr) == exported.rows[name]


def test_duckdb_reads_only_the_partitions_that_are_asked_for(star: Sparkify, target: Path) -> None:
    export(star.settings, str(target))
    (target / "songplays/year=2018/month=12/0000_part_00.parquet").write_text("not to be opened")
    plays = "read_parquet(?, hive_partitioning = true)"
    rows = duckdb.execute(f"SELECT start_time FROM {plays} WHERE month = 11", [str(target / "songplays/**/*.parquet")])
    assert rows.fetchall() == [(datetime(2018, 11, 15, 12, 30, 0, 796000),)]


def test_the_manifest_says_what_was_exported(exported: Exported) -> None:
    manifest = json.loads((exported.directory / "export.json").read_text())
    assert manifest == json.loads(exported.export.to_json())
    assert (manifest["version"], manifest["last_load"]) == (__version__, exported.load_id)
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        table: len(rows) for table, rows in exported.rows.items()
    }
    songs, plays = manifest["tables"]["songs"], manifest["tables"]["songplays"]
    paths = [file["path"] for file in songs["files"]]
    assert paths == [name for name in FILES if name.startswith("songs/")]
    assert songs["bytes"] == sum((exported.directory / path).stat().st_size for path in paths)
    assert (songs["partition_by"], plays["partition_by"]) == (["year"], ["year", "month"])
    assert {"name": "duration", "type": "DOUBLE PRECISION"} in songs["columns"]
    assert plays["columns"][-2:] == [{"name": "year", "type": "SMALLINT"}, {"name": "month", "type": "SMALLINT"}]
    assert plays["last_number"] == max(row[0] for row in exported.rows["songplays"])


def test_an_empty_warehouse_is_an_export_without_files(sparkify: Sparkify, target: Path) -> None:
    """UNLOAD of nothing writes nothing: https://github.com/spark-redshift-community/spark-redshift/issues/40"""
    exported = export(sparkify.settings, str(target))
    assert files(target) == ["export.json"]
    assert {(table.rows, table.files) for table in exported.tables.values()} == {(0, ())}
    assert exported.last_load is None


def test_all_tables_are_as_of_one_moment(star: Sparkify, target: Path) -> None:
    """What is committed while an export runs is not in it, whichever table comes first."""

    def interfere(step: str) -> None:
        if step == "unload users":
            with star.engine.begin() as connection:
                for table in ("users", "time"):
                    connection.execute(text(f"DELETE FROM {table}"))

    before = everything(star)
    exported = export(star.settings, str(target), on_step=interfere)
    assert star.rows("SELECT * FROM time") == []
    assert {name: table.rows for name, table in exported.tables.items()} == {
        table: len(rows) for table, rows in before.items()
    }


def test_only_some_tables(star: Sparkify, target: Path) -> None:
    assert list(export(star.settings, str(target), tables=["users", "artists"]).tables) == ["artists", "users"]
    assert files(target) == ["artists/0000_part_00.parquet", "export.json", "users/0000_part_00.parquet"]


def test_the_folder_of_the_configuration_is_the_default(star: Sparkify, target: Path) -> None:
    exported = export(replace(star.settings, export=f"{target.as_uri()}/"), tables=["users"])
    assert exported.manifest == f"{target.as_uri()}/export.json"
    assert Path(target / "export.json").exists()


def test_a_cluster_needs_a_role() -> None:
    with pytest.raises(ConfigurationError, match=r"lacks \[IAM_ROLE\] ARN: add the role with which Redshift writes S3"):
        export(replace(CLUSTER, role_arn=None), "s3://bkt/star/")


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(UsageError, match=r"no table 'plays' in the star: its tables are artists, songs, users"):
        export(CLUSTER, "s3://bkt/star/", tables=["songs", "plays"])


@pytest.fixture
def in_s3(star: Sparkify, bucket: str) -> Sparkify:
    """The company, whose exports go to S3."""
    star.settings = replace(star.settings, export=f"{bucket}it's 100%/", region="us-west-2")
    return star


def test_an_export_to_s3(in_s3: Sparkify, store: ObjectStore, bucket: str) -> None:
    """Keys of S3 are literal: nothing in them is encoded. The folder as the console makes it is an object, too."""
    exported = export(in_s3.settings, tables=["songs"])
    files = exported.tables["songs"].files
    assert [file.path for file in files] == [name for name in FILES if name.startswith("songs/")]
    read = pq.read_table(pa.BufferReader(store.read(exported.target + files[1].path)))
    assert read.column("song_id").to_pylist() == ["SO1999"]
    store.write(f"{exported.target}songs/", b"")
    assert export(in_s3.settings, tables=["songs"], overwrite=True).tables == exported.tables
    assert len(store.list(bucket)) == 4


def test_a_bucket_that_is_not_there_is_named(star: Sparkify, s3_environment: None) -> None:
    with pytest.raises(SourceError, match="There is no bucket sparkify-none"):
        export(star.settings, "s3://sparkify-none/star/")
