"""The migrations make the warehouse that the models describe, and ``alembic check`` sees any difference."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, String, inspect, text
from support.checkout import ROOT
from support.inputs import inputs_under
from support.records import JSON_PATHS, a_song, an_event, write_lines
from support.warehouse import a_standin, environment_of

from sparkify_dwh import load, migrate
from sparkify_dwh.database import connected
from sparkify_dwh.errors import NotMigratedError
from sparkify_dwh.loading.input_files import known_etags
from sparkify_dwh.loading.ledger_entries import next_number, recent_loads
from sparkify_dwh.locks import table_lock
from sparkify_dwh.locks.table_lock import Wait
from sparkify_dwh.redshift import autogenerate
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.star import Song

TABLES = set(SPARKIFY.all_tables)


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """A stand-in of this module's own, with nothing in it."""
    with a_standin() as settings:
        yield settings


@pytest.fixture
def upgraded(settings: Settings) -> Iterator[Connection]:
    """A connection to a warehouse at the newest revision."""
    migrate.reset(settings)
    with connected(settings) as connection:
        yield connection


def changed_model(name: str, **changes: Any) -> MetaData:
    """The models, with one table's physical design changed."""
    metadata = MetaData()
    for table in SPARKIFY.all_tables.values():
        table.to_metadata(metadata)
    for option, value in changes.items():
        metadata.tables[name].dialect_options["redshift"][option] = value
    return metadata


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    return compare_metadata(MigrationContext.configure(connection), metadata)


def test_upgrade_makes_every_table_and_downgrade_removes_it(settings: Settings) -> None:
    migrate.reset(settings)
    with connected(settings) as connection:
        assert set(inspect(connection).get_table_names()) - {migrate.VERSION_TABLE} == TABLES
    migrate.downgrade(settings)
    with connected(settings) as connection:
        assert set(inspect(connection).get_table_names()) == {migrate.VERSION_TABLE}


def test_models_and_migrations_agree(upgraded: Connection, settings: Settings) -> None:
    upgraded.rollback()
    command.check(migrate.alembic_config(settings))


def test_revisions_are_numbered_in_their_order() -> None:
    names = sorted(path.name for path in (SPARKIFY.migrations / "versions").glob("0*.py"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert migrate.newest_revision(SPARKIFY) == names[-1][:4]


@pytest.mark.parametrize(
    ("table", "changes", "operation"),
    [
        ("songplays", {"distkey": "session_id"}, "alter_distribution"),
        ("songs", {"diststyle": "EVEN"}, "alter_distribution"),
        ("songplays", {"sortkey": ["start_time", "user_id"]}, "alter_sort_key"),
        ("users", {"sortkey": None}, "alter_sort_key"),
    ],
)
def test_a_changed_design_is_seen(upgraded: Connection, table: str, changes: dict[str, Any], operation: str) -> None:
    """A dist key, a dist style or a sort key: upstream's autogenerate compares none of them."""
    (difference,) = differences(upgraded, changed_model(table, **changes))
    assert (difference[0] if isinstance(difference, list) else difference)[:2] == (operation, table)


@pytest.mark.parametrize("where", ["info", "redshift_encode"])
def test_a_changed_encoding_is_seen(upgraded: Connection, where: str) -> None:
    """Wherever it is declared."""
    metadata = changed_model("songs")
    title = metadata.tables["songs"].c.title
    if where == "info":
        title.info["encode"] = "lzo"
    else:
        title.dialect_options["redshift"]["encode"] = "lzo"
    (difference,) = differences(upgraded, metadata)
    assert difference == ("alter_encoding", "songs", ("title", "zstd"), ("title", "lzo"))


def test_what_is_seen_becomes_a_migration_that_can_be_taken_back(upgraded: Connection) -> None:
    metadata = changed_model("songplays", distkey="session_id", sortkey=["session_id"])
    script = produce_migrations(MigrationContext.configure(upgraded), metadata)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    code = render_python_code(script.upgrade_ops) + render_python_code(script.downgrade_ops)
    assert (
        "op.alter_distribution('songplays', style='KEY', key='session_id', existing_style='KEY', existing_key='start_time')"
        in code
    )
    assert "op.alter_sort_key('songplays', ['start_time'], existing_columns=['session_id'])" in code


def test_the_operations_alter_the_design(upgraded: Connection) -> None:
    op = Operations(MigrationContext.configure(upgraded))
    op.alter_distribution("songs", style="KEY", key="artist_id", existing_style="ALL")  # type: ignore[attr-defined]
    op.alter_sort_key("songs", ["year", "song_id"], existing_columns=["song_id"])  # type: ignore[attr-defined]
    op.alter_encoding("songs", "title", "lzo", existing_encoding="zstd")  # type: ignore[attr-defined]
    options = inspect(upgraded).get_table_options("songs")
    assert options["redshift_distkey"] == "artist_id"
    assert options["redshift_sortkey"] == ("year", "song_id")
    assert {c["name"]: c["info"] for c in inspect(upgraded).get_columns("songs")}["title"] == {"encode": "lzo"}


def test_a_table_that_an_analyst_created_is_ignored(upgraded: Connection, settings: Settings) -> None:
    upgraded.exec_driver_sql("CREATE TABLE my_notes (note VARCHAR(20))")
    upgraded.commit()
    command.check(migrate.alembic_config(settings))
    upgraded.exec_driver_sql("DROP TABLE my_notes")
    upgraded.commit()


def test_a_longer_varchar_is_altered_outside_a_transaction(upgraded: Connection) -> None:
    """Upstream cannot compile it (sqlalchemy-redshift issue 280); Redshift refuses it inside a transaction."""
    context = MigrationContext.configure(upgraded)
    with context.begin_transaction(), context.autocommit_block():
        Operations(context).alter_column("songs", "title", type_=String(1024))
    types = {column["name"]: column["type"] for column in inspect(upgraded).get_columns("songs")}
    assert types["title"].length == 1024  # type: ignore[attr-defined]


@pytest.fixture
def widened(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A warehouse at the newest revision whose models have two wider VARCHARs, and a copy of the migrations to add to."""
    migrate.reset(settings)
    migrations = shutil.copytree(SPARKIFY.migrations, tmp_path / "migrations")
    monkeypatch.setattr(Song.table().c.title, "type", String(1024))
    monkeypatch.setattr(Song.table().c.artist_location, "type", String(2048))
    return replace(settings, warehouse=replace(SPARKIFY, migrations=migrations))


def lengths_of_songs(settings: Settings) -> tuple[int, int]:
    with connected(settings) as connection:
        types: dict[str, Any] = {column["name"]: column["type"] for column in inspect(connection).get_columns("songs")}
    return types["title"].length, types["artist_location"].length


def test_autogenerate_widens_outside_a_transaction(widened: Settings) -> None:
    """Redshift refuses it in one: SQLSTATE 25001, https://github.com/flyway/flyway/issues/2438"""
    config = migrate.alembic_config(widened)
    before = lengths_of_songs(widened)
    command.revision(config, "wider", autogenerate=True, rev_id="9999")
    command.upgrade(config, "head")
    assert lengths_of_songs(widened) == (1024, 2048)
    command.check(config)
    command.downgrade(config, "-1")
    assert lengths_of_songs(widened) == before


def test_the_offline_sql_of_a_wider_varchar_ends_the_transaction_first(widened: Settings) -> None:
    output = io.StringIO()
    newest = migrate.newest_revision(SPARKIFY)
    command.revision(migrate.alembic_config(widened), "wider", autogenerate=True, rev_id="9999")
    command.upgrade(migrate.alembic_config(widened, output), f"{newest}:head", sql=True)
    printed = re.sub(r"\s+", " ", re.sub("--.*", "", output.getvalue()))
    assert (
        "COMMIT; ALTER TABLE songs ALTER COLUMN title TYPE VARCHAR(1024); BEGIN; COMMIT; ALTER TABLE songs" in printed
    )
    assert printed.rstrip().endswith("COMMIT;")


def test_an_encoding_that_a_model_leaves_to_redshift_is_no_difference(upgraded: Connection) -> None:
    """Redshift chooses one, which is no difference."""
    metadata = changed_model("songs")
    title = metadata.tables["songs"].c.title
    title.info.pop("encode", None)
    title.dialect_options["redshift"]["encode"] = None
    assert differences(upgraded, metadata) == []


def test_upgrade_and_downgrade_say_what_they_do(settings: Settings) -> None:
    """Once: Alembic's own command as alembic.ini says, this package's as it always does."""
    migrate.downgrade(settings)

    def lines(*program: str) -> list[str]:
        ended = subprocess.run(
            [sys.executable, "-m", *program],
            cwd=ROOT,
            env=environment_of(settings),
            capture_output=True,
            text=True,
            check=True,
        )
        return [line for line in ended.stderr.splitlines() if "Running" in line]

    assert lines("alembic", "upgrade", "0002") == [
        "INFO    Running upgrade  -> 0001, Staging tables",
        "INFO    Running upgrade 0001 -> 0002, The star",
    ]
    assert lines("alembic", "downgrade", "0001") == ["INFO    Running downgrade 0002 -> 0001, The star"]
    by_command = lines("sparkify_dwh", "--verbose", "upgrade")
    assert len(by_command) == len(set(by_command))


@pytest.mark.parametrize("change", [{"nullable": False}, {"server_default": "x"}, {"type_": Song.year.type}])
def test_what_redshift_cannot_alter_is_refused(upgraded: Connection, change: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="Redshift can"):
        Operations(MigrationContext.configure(upgraded)).alter_column("songs", "title", **change)


def test_a_column_is_renamed_in_redshifts_words(upgraded: Connection) -> None:
    """Its grammar wants the word COLUMN."""
    Operations(MigrationContext.configure(upgraded)).alter_column("songs", "title", new_column_name="name")
    assert "name" in {column["name"] for column in inspect(upgraded).get_columns("songs")}


def test_offline_sql_is_what_redshift_gets(settings: Settings) -> None:
    output = io.StringIO()
    command.upgrade(migrate.alembic_config(settings, output), "head", sql=True)
    printed = output.getvalue()
    assert "songplay_id BIGINT IDENTITY(1,1) ENCODE az64 NOT NULL" in printed
    assert "DISTSTYLE KEY DISTKEY (start_time) SORTKEY (start_time)" in printed
    assert not re.search("RETURNING|CREATE INDEX|%%", printed)


def test_the_offline_sql_may_go_to_a_closed_pipe() -> None:
    """As ``| head`` has: a pipe whose other end is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    environment = os.environ | {"SPARKIFY_DWH_CLUSTER_HOST": "standin"}
    program = [sys.executable, "-m", "alembic", "upgrade", "head", "--sql"]
    try:
        ended = subprocess.run(
            program,
            cwd=ROOT,
            env=environment,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        os.close(writing)
    assert "Error" not in ended.stderr


def test_a_warehouse_without_tables_says_so(settings: Settings) -> None:
    migrate.downgrade(settings)
    with connected(settings) as connection, pytest.raises(NotMigratedError, match="Run: sparkify-dwh upgrade"):
        migrate.require_migrated(connection, SPARKIFY)


def test_two_upgrades_at_once_are_one(settings: Settings) -> None:
    """Redshift does not enforce the key of alembic_version, so the second must wait for the first."""
    migrate.reset(settings)
    migrate.downgrade(settings, "0001")
    program = [sys.executable, "-m", "sparkify_dwh", "upgrade"]
    both = [subprocess.Popen(program, env=environment_of(settings), stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    with connected(settings) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").all() == [
            (migrate.newest_revision(SPARKIFY),)
        ]


def test_the_wheel_and_the_checkout_find_the_same_migrations() -> None:
    assert (SPARKIFY.migrations / "env.py").is_file()
    assert isinstance(SPARKIFY.migrations, Path)
    assert autogenerate.NO_ENCODING == "raw"


@pytest.fixture
def reader(upgraded: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A session that has read a table and not ended its transaction; waits for it are short."""
    monkeypatch.setattr(table_lock, "MIN_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(table_lock, "FIRST_TRY_SECONDS", 0.05)
    upgraded.execute(text("SELECT count(*) FROM songs"))
    return upgraded


CHANGES: dict[str, Callable[[Settings, Wait], None]] = {
    "reset": migrate.reset,
    "downgrade": lambda settings, wait: migrate.downgrade(settings, "0003", wait=wait),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_change_of_tables_waits_for_readers_and_says_who_they_are(
    settings: Settings, reader: Connection, change: str
) -> None:
    session = f"session {reader.scalar(text('SELECT pg_backend_pid()'))} of user postgres, in a transaction since "
    waits: list[str] = []

    def on_wait(message: str) -> None:
        waits.append(message)
        reader.rollback()

    CHANGES[change](settings, Wait(60, on_wait))
    (message,) = waits
    assert message.startswith(f"waiting for other sessions, up to 60 s: {session}")
    migrate.upgrade(settings)


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_change_of_tables_that_others_use_for_too_long_changes_nothing(
    settings: Settings, reader: Connection, change: str
) -> None:
    pid = reader.scalar(text("SELECT pg_backend_pid()"))
    reader.execute(text("SELECT count(*) FROM songs"))
    with pytest.raises(
        NotMigratedError, match=rf"other sessions used .* longer than 0 s \(session {pid} of"
    ) as failure:
        CHANGES[change](settings, Wait(0, lambda _: None))
    assert failure.value.hint == "end them, or wait longer with --wait"
    reader.rollback()
    with connected(settings) as connection:
        assert migrate.current_revision(connection) == migrate.newest_revision(SPARKIFY)


def test_an_upgrade_with_nothing_to_do_waits_for_nobody(settings: Settings, reader: Connection) -> None:
    migrate.upgrade(settings, wait=Wait(0, pytest.fail))
    assert reader.in_transaction()


def a_load(connection: Connection, load_id: str, started_at: str, report: dict[str, Any], **changes: Any) -> None:
    """Write a load of revision 0004 into the ledger, with a file that has the load's id as its etag."""
    row = {"load_id": load_id, "started_at": started_at, "seconds": 1.5, "version": "0", "outcome": "loaded"} | changes
    connection.execute(
        text("INSERT INTO loads VALUES (:load_id, :started_at, :seconds, :version, :outcome, :report)"),
        row | {"report": json.dumps({"outcome": row["outcome"], **report})},
    )
    if row["outcome"] == "loaded":
        connection.execute(
            text(
                "INSERT INTO load_files VALUES (:load_id, 'file:///a.json', :load_id, 1, :started_at, 'staging_events')"
            ),
            row,
        )


@pytest.fixture
def revision_0004(settings: Settings) -> Iterator[Connection]:
    """A connection to a warehouse at revision 0004."""
    migrate.reset(settings)
    migrate.downgrade(settings, "0004")
    with connected(settings) as connection:
        yield connection


def test_the_loads_of_before_are_numbered_by_their_ends(revision_0004: Connection, settings: Settings) -> None:
    """A load that waited for another one began before that ended."""
    a_load(revision_0004, "b", "2018-11-15 12:00:00", {}, seconds=60)
    a_load(revision_0004, "a", "2018-11-15 12:00:10", {}, seconds=20)
    a_load(revision_0004, "c", "2018-11-15 12:00:20", {}, outcome="failed", seconds=0)
    revision_0004.commit()
    migrate.upgrade(settings)
    with connected(settings) as connection:
        numbers = connection.execute(text("SELECT load_id, number FROM loads ORDER BY 2")).all()
        assert list(map(tuple, numbers)) == [("c", 1), ("a", 2), ("b", 3)]
        assert [load["outcome"] for load in recent_loads(connection, 3)] == ["loaded", "loaded", "failed"]
        assert known_etags(connection, StagingEvent) == {"file:///a.json": "b"}
        assert next_number(connection) == 4


@pytest.mark.parametrize(
    ("reports", "loads"),
    [
        ([], ""),
        (
            [
                {"staged": {"staging_events": {"duplicates": 0}}, "star": {"songplays": {"updated": 0}}},
                {"staged": None},
            ],
            "",
        ),
        ([{"staged": {"staging_events": {"duplicates": 2}}}, {}], "1 load dropped or replaced events"),
        (
            [{"staged": {"staging_events": {"duplicates": 2}}}, {"star": {"songplays": {"updated": 1}}}],
            "2 loads dropped",
        ),
    ],
    ids=["none", "without-repeated-events", "dropped", "replaced"],
)
def test_the_upgrade_says_when_events_of_other_users_may_be_missing(
    revision_0004: Connection,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    reports: list[dict[str, Any]],
    loads: str,
) -> None:
    """Before, an event was known by session, item and time, and another user's event was dropped or replaced."""
    for number, report in enumerate(reports):
        a_load(revision_0004, str(number), "2018-11-15 12:00:00", report)
    a_load(revision_0004, "f", "2018-11-15", {"staged": {"staging_events": {"duplicates": 2}}}, outcome="failed")
    revision_0004.commit()
    migrate.upgrade(settings)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [warning[: len(loads)] for warning in warnings] == ([loads] if loads else [])
    assert all("sparkify-dwh load --force" in warning for warning in warnings)


def test_the_upgrade_keeps_plays_and_a_forced_load_adds_the_missing_ones(settings: Settings, tmp_path: Path) -> None:
    """Two users' events with one session, item and time, of which the older version kept one."""
    write_lines(tmp_path / "log_data" / "a.json", [an_event(userId="15"), an_event(userId="16")])
    write_lines(tmp_path / "song_data" / "a.json", [a_song()])
    (tmp_path / "log_json_path.json").write_text(json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}))
    settings = replace(settings, inputs=inputs_under(tmp_path.as_uri()))
    migrate.reset(settings)
    load(settings)
    with connected(settings) as connection:
        connection.execute(text("DELETE FROM songplays WHERE user_id = 16"))
        connection.execute(text("DELETE FROM users WHERE user_id = 16"))
        connection.commit()
        kept = connection.execute(text("SELECT * FROM songplays")).all()
        connection.rollback()
    migrate.downgrade(settings, "0004")
    migrate.upgrade(settings)
    assert not load(settings).changed
    assert load(settings, force=True).star["songplays"].inserted == 1
    with connected(settings) as connection:
        plays = connection.execute(text("SELECT * FROM songplays ORDER BY songplay_id")).all()
        assert (plays[0], len(plays)) == (kept[0], 2)
        assert connection.execute(text("SELECT user_id FROM users ORDER BY 1")).scalars().all() == [15, 16]
