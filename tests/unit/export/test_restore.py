"""An export is loaded again, into empty tables: the same rows, with the same numbers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.schema import CreateTable
from support.exports import ROLE, a_company, empty, everything, files
from support.records import an_event, write_lines
from support.sql import sql_lines
from support.warehouse import Sparkify, a_standin

from sparkify_dwh import migrate
from sparkify_dwh.database import warehouse
from sparkify_dwh.errors import LoadError, NotMigratedError, SourceError, UsageError
from sparkify_dwh.export import ExportedTable, export, restore
from sparkify_dwh.export.queries import exported_columns
from sparkify_dwh.export.restoring import copied_into, copy_command
from sparkify_dwh.locks import table_lock
from sparkify_dwh.redshift.commands import DropColumn
from sparkify_dwh.settings import Settings
from sparkify_dwh.star import Songplay
from sparkify_dwh.storage.store import ObjectStore


@dataclass
class Exported:
    """A company with an export. It has a warehouse of its own, because a restore creates tables anew."""

    company: Sparkify
    rows: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    directory = tmp_path_factory.mktemp("restore")
    with a_standin() as settings, warehouse(settings) as engine:
        migrate.upgrade(settings)
        company = a_company(settings, engine, directory)
        export(company.settings, str(directory / "export"))
        export(company.settings, str(directory / "some"), tables=["songs", "users"])
        yield Exported(company, everything(company))


@pytest.fixture
def company(exported: Exported, tmp_path: Path) -> Sparkify:
    """The company with an empty warehouse, and a copy of its export in ``export``."""
    shutil.copytree(exported.company.directory / "export", tmp_path / "export")
    empty(exported.company.engine)
    settings = replace(exported.company.settings, export=(tmp_path / "export").as_uri())
    return Sparkify(settings, exported.company.engine, tmp_path)


def test_what_is_restored_is_what_was_exported(company: Sparkify, exported: Exported) -> None:
    """The numbers of songplays too, which COPY takes with EXPLICIT_IDS."""
    assert restore(company.settings) == {table: len(rows) for table, rows in exported.rows.items()}
    assert everything(company) == exported.rows


def test_the_tables_are_then_as_the_migrations_made_them(company: Sparkify) -> None:
    """songplays has no columns for its partitions any more, and its keys, encodings and comments."""
    restore(company.settings)
    command.check(migrate.alembic_config(company.settings))


def test_loads_go_on_in_a_new_warehouse(company: Sparkify, exported: Exported) -> None:
    """What was restored is found unchanged, and new plays get numbers that none has."""
    migrate.reset(company.settings)
    restore(company.settings)
    logs = exported.company.directory / "log_data"
    new = write_lines(logs / "c.json", (an_event(itemInSession=number) for number in range(20, 30)))
    report = company.load()
    new.unlink()
    assert (report.star["songplays"].inserted, report.star["songplays"].updated) == (10, 0)
    assert company.one("SELECT count(DISTINCT songplay_id) FROM songplays") == 13
    assert set(exported.rows["songplays"]) < set(everything(company)["songplays"])


def test_the_copy_of_a_table_with_partitions_that_are_no_columns() -> None:
    """COPY pairs columns by their places. Redshift guide, copy-usage_notes-copy-from-columnar"""
    exported = ExportedTable(rows=3, partition_by=("year", "month"), columns=exported_columns(Songplay), files=())
    table = copied_into(Songplay, ["year", "month"], 7)
    copy = copy_command(table, exported, "s3://bkt/star/songplays/", Settings(role_arn=ROLE), with_numbers=True)
    columns = ", ".join(column.name for column in Songplay.table().columns)
    assert sql_lines(copy) == (
        f"COPY songplays ({columns}, year, month)\n"
        "FROM 's3://bkt/star/songplays/'\n"
        f"IAM_ROLE '{ROLE}'\n"
        "FORMAT AS PARQUET\n"
        "EXPLICIT_IDS"
    )
    assert "songplay_id BIGINT IDENTITY(8,1) ENCODE az64" in sql_lines(CreateTable(table))
    assert sql_lines(DropColumn(table, "year")) == "ALTER TABLE songplays DROP COLUMN year"


def test_the_model_stays_as_it_is() -> None:
    copied_into(Songplay, ["year", "month"], 7)
    assert "songplay_id BIGINT IDENTITY(1,1)" in sql_lines(CreateTable(Songplay.table()))
    assert "year" not in Songplay.table().columns


def test_only_tables_without_rows_are_filled(company: Sparkify) -> None:
    restore(company.settings)
    before = everything(company)
    with pytest.raises(UsageError, match=r"into empty tables, and artists has rows: empty all tables first"):
        restore(company.settings)
    assert everything(company) == before


def test_an_export_of_some_tables_fills_those(company: Sparkify, exported: Exported) -> None:
    some = str(exported.company.directory / "some")
    assert restore(company.settings, some) == {"songs": 3, "users": 3}
    assert company.one("SELECT count(*) FROM songplays") == 0


def test_an_export_of_nothing_is_restored_to_nothing(company: Sparkify) -> None:
    nothing = str(company.directory / "nothing")
    export(company.settings, nothing)
    assert set(restore(company.settings, nothing).values()) == {0}


def change_manifest(sparkify: Sparkify, change: Callable[[dict[str, Any]], object]) -> None:
    path = sparkify.directory / "export" / "export.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def refused(sparkify: Sparkify, error: type[Exception] = SourceError) -> str:
    """What a restore says that fails and changes nothing."""
    with pytest.raises(error) as raised:
        restore(sparkify.settings)
    assert not any(everything(sparkify).values())
    return str(raised.value)


def test_without_a_manifest_there_is_no_export(company: Sparkify) -> None:
    (company.directory / "export" / "export.json").unlink()
    assert "must hold an export, and has no export.json, which an export writes last" in refused(company)


@pytest.mark.parametrize(
    "content", ["no JSON", "[]", "{}", '{"format": 1, "tables": [1]}', '{"format": 1, "tables": {"songs": 1}}']
)
def test_an_invalid_manifest_is_named(company: Sparkify, content: str) -> None:
    (company.directory / "export" / "export.json").write_text(content)
    assert "export.json must be the manifest of an export, and is not" in refused(company)


def test_a_manifest_of_a_later_format_is_left_to_a_later_version(company: Sparkify) -> None:
    change_manifest(company, lambda manifest: manifest.update(format=2, version="9.1"))
    assert "has format 2: use the version of sparkify_dwh that wrote it, 9.1" in refused(company)


@pytest.mark.parametrize("file", ["songs/year=0/0000_part_00.parquet", "songs/year=0/0007_part_00.parquet"])
def test_files_that_are_not_as_they_were_written_are_not_loaded(company: Sparkify, file: str) -> None:
    """One is too many, or has another size."""
    (company.directory / "export" / file).write_bytes(b"x")
    assert "/songs/ must hold the files that its manifest names" in refused(company)


@pytest.mark.parametrize(
    "change", [lambda columns: columns.reverse(), lambda columns: columns[3].update(type="INTEGER"), list.pop]
)
def test_tables_of_another_version_are_not_loaded(
    company: Sparkify, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    """By their places, columns would land in others."""
    change_manifest(company, lambda manifest: change(manifest["tables"]["songs"]["columns"]))
    assert "as this version has them, and songs is of revision" in refused(company)


def test_rows_are_counted(company: Sparkify) -> None:
    """All tables stay as they were when the last one is short of a row."""
    change_manifest(company, lambda manifest: manifest["tables"]["time"].update(rows=4))
    assert "nothing has changed: of 4 rows of time COPY loaded 3" in refused(company, LoadError)
    command.check(migrate.alembic_config(company.settings))


def test_a_restore_waits_for_readers_and_says_who_they_are(company: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is made anew is dropped first, which Redshift does not do while others read it."""
    monkeypatch.setattr(table_lock, "MIN_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(table_lock, "FIRST_TRY_SECONDS", 0.05)
    steps: list[str] = []
    with company.engine.connect() as reader:
        pid = reader.scalar(text("SELECT pg_backend_pid()"))
        reader.execute(text("SELECT count(*) FROM songplays"))

        def on_step(step: str) -> None:
            steps.append(step)
            reader.rollback()

        with pytest.raises(
            LoadError, match=rf"Other sessions had the lock for longer than 0 s \(session {pid} of user"
        ):
            restore(company.settings, wait_seconds=0, on_step=lambda _: None)
        restore(company.settings, on_step=on_step)
    assert steps[0].startswith(f"waiting for other sessions, up to 3600 s: session {pid} of user ")
    assert steps[1].startswith("copy ")


def test_a_table_that_others_depend_on_is_not_made_anew(company: Sparkify) -> None:
    with company.engine.begin() as connection:
        connection.execute(text("CREATE VIEW plays AS SELECT * FROM songplays"))
    assert "nothing has changed: cannot drop table songplays because other objects depend on it" in refused(
        company, LoadError
    )
    with company.engine.begin() as connection:
        connection.execute(text("DROP VIEW plays"))


def test_an_export_in_s3_is_restored(company: Sparkify, exported: Exported, store: ObjectStore, bucket: str) -> None:
    """A copy of it as well as it, for the paths in its manifest are relative. Keys of S3 are literal."""
    directory = company.directory / "export"
    for name in files(directory):
        store.write(f"{bucket}it's 100%/{name}", (directory / name).read_bytes())
    restore(company.settings, f"{bucket}it's 100%")
    assert everything(company) == exported.rows


def test_without_tables_nothing_is_exported_or_restored(company: Sparkify) -> None:
    """What is to be overwritten is still there."""
    migrate.downgrade(company.settings)
    before = files(company.directory)
    try:
        with pytest.raises(NotMigratedError, match="Run: sparkify-dwh upgrade"):
            export(company.settings, overwrite=True)
        with pytest.raises(NotMigratedError, match="Run: sparkify-dwh upgrade"):
            restore(company.settings)
    finally:
        migrate.upgrade(company.settings)
    assert files(company.directory) == before
