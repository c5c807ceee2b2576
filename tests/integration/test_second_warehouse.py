"""A second warehouse, declared in this module alone: podcasts, their downloads and the users who download them.

What this package does for Sparkify's tables it does for these, and neither sees the tables of the other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import ColumnElement, Engine, MetaData, Select, Subquery, func, inspect, select, text
from sqlalchemy.orm import Mapped, mapped_column
from support.warehouse import a_standin

import sparkify_dwh
from sparkify_dwh import database, migrate
from sparkify_dwh.base import (
    Source,
    StagingTable,
    StarTable,
    design,
    row_number,
    sorted_text32,
    sorted_timestamp,
    text16,
    text32,
    text64,
    text512,
    timestamp,
)
from sparkify_dwh.checks.check import WARNING, BusinessChecks, rows_of
from sparkify_dwh.checks.freshness import EventTime
from sparkify_dwh.checks.run import run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.cli import cli
from sparkify_dwh.cluster import policy
from sparkify_dwh.doctor import examine
from sparkify_dwh.errors import CheckError, ConfigurationError, UsageError
from sparkify_dwh.export import export, restore
from sparkify_dwh.planning.plan import make_plan
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.sql.expressions import not_before, placed_first
from sparkify_dwh.warehouse import Warehouse

METADATA = MetaData()
CHECKS = BusinessChecks()


class PodcastStaging(StagingTable):
    __abstract__ = True
    metadata = METADATA


class PodcastStar(StarTable):
    __abstract__ = True
    metadata = METADATA


class StagedEpisode(PodcastStaging):
    """One row per episode."""

    __tablename__ = "staged_episodes"
    __table_args__ = design("The last batch of episodes", distkey="episode_id", sortkey="episode_id")
    source = Source("EPISODES", "the episodes")
    identity = ("episode_id",)
    copy_clauses = ("EMPTYASNULL",)

    staged_id: Mapped[row_number]
    episode_id: Mapped[sorted_text32]
    show: Mapped[text512 | None]
    title: Mapped[text512 | None]


class StagedDownload(PodcastStaging):
    """One row per download, as the player reports it."""

    __tablename__ = "staged_downloads"
    __table_args__ = design("The last batch of downloads", distkey="ts", sortkey="ts")
    source = Source("DOWNLOADS", "the downloads", json_paths="DOWNLOADS_JSONPATH")
    identity = ("download_id",)
    copy_clauses = ("TIMEFORMAT AS 'epochmillisecs'", "EMPTYASNULL")

    staged_id: Mapped[row_number]
    download_id: Mapped[text32]
    ts: Mapped[sorted_timestamp]
    episode_id: Mapped[text32]
    user_id: Mapped[text64]
    version: Mapped[text16 | None]


class Episode(PodcastStar):
    """One row per episode, as it was delivered last."""

    __tablename__ = "episodes"
    __table_args__ = design("One row per episode", diststyle="ALL", sortkey="episode_id")
    staged_in = StagedEpisode
    copies_staging = True

    episode_id: Mapped[sorted_text32] = mapped_column(primary_key=True)
    show: Mapped[text512 | None]
    title: Mapped[text512 | None]

    @classmethod
    def from_staging(cls) -> Select[Any]:
        return select(StagedEpisode.episode_id, StagedEpisode.show, StagedEpisode.title)


class User(PodcastStar):
    """One row per user, as of its latest download."""

    __tablename__ = "users"
    __table_args__ = design("One row per user", diststyle="ALL", sortkey="user_id")
    staged_in = StagedDownload

    user_id: Mapped[text64] = mapped_column(primary_key=True)
    version: Mapped[text16 | None]
    ts: Mapped[timestamp]

    @classmethod
    def from_staging(cls) -> Select[Any]:
        return select(StagedDownload.user_id, StagedDownload.version, StagedDownload.ts)

    @classmethod
    def completed(cls, records: Subquery) -> Select[Any]:
        latest_first = func.row_number().over(partition_by=records.c.user_id, order_by=records.c.ts.desc())
        return placed_first(select(*records.c, latest_first.label("place")).subquery("ranked"))

    @classmethod
    def replaces(cls, incoming: Any, stored: Any) -> ColumnElement[bool]:
        return not_before([(incoming.ts, stored.ts)])


class Download(PodcastStar):
    """One row per download, with the show of its episode once that is known."""

    __tablename__ = "downloads"
    __table_args__ = design("One row per download", distkey="ts", sortkey="ts")
    staged_in = StagedDownload
    changed_by = StagedEpisode
    natural_key = ("download_id",)
    references: ClassVar = {"user_id": "users"}
    partition_by: ClassVar = {"year": "ts"}

    number: Mapped[row_number]
    download_id: Mapped[text32]
    ts: Mapped[sorted_timestamp]
    episode_id: Mapped[text32]
    user_id: Mapped[text64]
    show: Mapped[text512 | None]

    @classmethod
    def from_staging(cls) -> Select[Any]:
        staged = StagedDownload
        return select(staged.download_id, staged.ts, staged.episode_id, staged.user_id)

    @classmethod
    def completed(cls, records: Subquery) -> Select[Any]:
        return select(*records.c, Episode.show).outerjoin(Episode, records.c.episode_id == Episode.episode_id)

    @classmethod
    def from_warehouse(cls) -> Select[Any]:
        return select(cls.download_id, StagedEpisode.show).join(
            StagedEpisode, cls.episode_id == StagedEpisode.episode_id
        )

    @classmethod
    def batch_range(cls) -> Select[Any]:
        return RANGE


RANGE = select(func.min(StagedDownload.ts), func.max(StagedDownload.ts))


@CHECKS.check(Download, severity=WARNING)
def downloads_have_a_show() -> Select[Any]:
    """Every download is of a show."""
    return rows_of(Download, "episode_id").where(Download.show.is_(None))


PODCASTS = Warehouse(
    staging=(StagedEpisode, StagedDownload),
    star=(Episode, User, Download),
    checks=CHECKS,
    migrations=Path("migrations"),  # as made by the fixture
)

ENV = f"""
from sparkify_dwh.migrate import run_migrations
from {__name__} import PODCASTS
run_migrations(PODCASTS)
"""
NOON = 1700000000000  # 2023-11-14 22:13:20
EPISODE = {"episode_id": "E1", "show": "Deep Dive", "title": "Whales"}
DOWNLOAD = {"id": "D1", "at": NOON, "episode": "E1", "player": {"user": "U1", "version": "2"}}
PATHS = ["$.id", "$.at", "$.episode", "$.player.user", "$.player.version"]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a podcast warehouse of its own, whose migration autogenerate has written."""
    migrations = tmp_path_factory.mktemp("podcasts") / "migrations"
    (migrations / "versions").mkdir(parents=True)
    (migrations / "env.py").write_text(ENV)
    shutil.copy(SPARKIFY.migrations / "script.py.mako", migrations)
    with a_standin() as standin:
        settings = replace(standin, warehouse=replace(PODCASTS, migrations=migrations))
        command.revision(migrate.alembic_config(settings), "the tables", autogenerate=True, rev_id="0001")
        migrate.upgrade(settings)
        yield settings


@pytest.fixture
def settings(migrated: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The empty warehouse, with an episode and a download to be loaded."""
    inputs = {
        "EPISODES": f"{tmp_path.as_uri()}/episodes/",
        "DOWNLOADS": f"{tmp_path.as_uri()}/downloads/",
        "DOWNLOADS_JSONPATH": f"{tmp_path.as_uri()}/paths.json",
    }
    (tmp_path / "paths.json").write_text(json.dumps({"jsonpaths": PATHS}))
    write(tmp_path, "episodes/a.json", EPISODE)
    write(tmp_path, "downloads/a.json", DOWNLOAD)
    yield replace(migrated, inputs=inputs)
    with database.warehouse(migrated) as engine, engine.begin() as connection:
        for table in migrated.warehouse.all_tables.values():
            connection.execute(table.delete())


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with database.warehouse(settings) as engine:
        yield engine


def write(directory: Path, name: str, *records: dict[str, Any]) -> None:
    (directory / name).parent.mkdir(exist_ok=True)
    (directory / name).write_text("\n".join(map(json.dumps, records)))


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_autogenerate_makes_its_migration(settings: Settings, engine: Engine) -> None:
    command.check(migrate.alembic_config(settings))
    (version,) = (settings.warehouse.migrations / "versions").glob("0001_*.py")
    assert "redshift_distkey='ts'" in version.read_text()
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {migrate.VERSION_TABLE}
    assert names == {"staged_episodes", "staged_downloads", "episodes", "users", "downloads"} | {
        "loads", "load_files", "load_lock",
    }  # fmt: skip


def test_sparkify_does_not_see_its_tables() -> None:
    """Not even those of a name that both have."""
    assert not SPARKIFY.all_tables.keys() & {"episodes", "downloads"}
    assert METADATA not in SPARKIFY.metadata
    assert PODCASTS.model("users") is User is not SPARKIFY.model("users")
    assert not PODCASTS.all_tables.keys() & {"songs", "songplays"}


def test_it_is_loaded_once(settings: Settings, engine: Engine) -> None:
    report = sparkify_dwh.load(settings)
    assert {result.name: result.state for result in report.checks}["downloads have a show"] == "ok"
    assert rows(engine, "SELECT download_id, ts, user_id, show FROM downloads") == [
        ("D1", datetime(2023, 11, 14, 22, 13, 20), "U1", "Deep Dive")
    ]
    assert not sparkify_dwh.load(settings).changed
    assert not sparkify_dwh.load(settings, force=True).changed


def test_late_data_is_merged(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    """An older download changes no user, and an episode that comes later gives its downloads their show."""
    old = {**DOWNLOAD, "id": "D0", "at": NOON - 1000, "episode": "E2", "player": {"user": "U1", "version": "1"}}
    sparkify_dwh.load(settings)
    write(tmp_path, "downloads/b.json", old)
    warned = sparkify_dwh.load(settings)
    assert "Every download is of a show; not so: download_id D0, episode_id E2." in warned.warnings
    assert rows(engine, "SELECT user_id, version FROM users") == [("U1", "2")]
    write(tmp_path, "episodes/b.json", {**EPISODE, "episode_id": "E2", "show": "Short"})
    sparkify_dwh.load(settings)
    assert rows(engine, "SELECT download_id, show FROM downloads ORDER BY 1") == [("D0", "Short"), ("D1", "Deep Dive")]


def test_what_is_missing_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"lacks \[S3\] EPISODES, \[S3\] DOWNLOADS, \[S3\] DOWNLOADS_JSONPATH"):
        sparkify_dwh.load(replace(settings, inputs={}))
    overlap = {**settings.inputs, "EPISODES": settings.inputs["DOWNLOADS"] + "episodes/"}
    with pytest.raises(ConfigurationError, match=r"\[S3\] DOWNLOADS also matches \[S3\] EPISODES"):
        sparkify_dwh.load(replace(settings, inputs=overlap))


def test_its_plan_reads_its_files(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path, "downloads/b.json", {**DOWNLOAD, "at": None})
    plan = make_plan(settings)
    assert plan.rejected == 1
    assert "downloads/b.json line 1, column ts" in str(plan)
    assert "COPY staged_downloads (download_id, ts, episode_id, user_id, version)" in plan.sql


def test_it_is_exported_and_restored(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    sparkify_dwh.load(settings)
    before = {table: rows(engine, f"SELECT * FROM {table}") for table in PODCASTS.tables}
    exported = export(settings, str(tmp_path / "export"))
    assert {name: table.rows for name, table in exported.tables.items()} == dict.fromkeys(PODCASTS.tables, 1)
    migrate.reset(settings)
    restore(settings, str(tmp_path / "export"))
    assert {table: rows(engine, f"SELECT * FROM {table}") for table in PODCASTS.tables} == before


def test_everything_is_checked(settings: Settings, engine: Engine) -> None:
    sparkify_dwh.load(settings)
    with engine.begin() as connection:
        connection.execute(text("UPDATE downloads SET user_id = 'other'"))
        results = run_checks(connection, PODCASTS.star, PODCASTS.checks, Scope())
    assert [result.name for result in results if result.state == "failed"] == ["downloads.user_id is in users"]


def test_the_role_reads_its_inputs(settings: Settings) -> None:
    inputs = {
        "EPISODES": "s3://pods/episodes/",
        "DOWNLOADS": "s3://pods/logs",
        "DOWNLOADS_JSONPATH": "s3://pods/p.json",
    }
    document = policy.access(replace(settings, inputs=inputs), "aws")
    (read,) = [statement for statement in document["Statement"] if statement["Sid"] == "Read"]
    assert read["Resource"] == ["arn:aws:s3:::pods/episodes/*", "arn:aws:s3:::pods/logs*", "arn:aws:s3:::pods/p.json"]


@pytest.fixture
def configuration(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dwh.cfg with the keys of the podcasts' sources."""
    inputs = "\n".join(f"{key}={url}" for key, url in settings.inputs.items())
    path = tmp_path / "dwh.cfg"
    path.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={settings.standin_directory}\n[S3]\n{inputs}\n")
    return path


def test_its_configuration_has_the_keys_of_its_sources(settings: Settings, configuration: Path) -> None:
    read = Settings.read(configuration, {}, warehouse=settings.warehouse)
    assert read.for_load() == settings.inputs
    with pytest.raises(ConfigurationError, match=r"lacks .*LOG_DATA"):
        Settings.read(configuration, {}).for_load()
    misspelt = configuration.read_text().replace("DOWNLOADS_JSONPATH", "DOWNLOAD_JSONPATH")
    configuration.write_text(misspelt)
    with pytest.raises(ConfigurationError, match="did you mean DOWNLOADS_JSONPATH"):
        Settings.read(configuration, {}, warehouse=settings.warehouse)


def test_its_configuration_has_the_names_of_its_checks(settings: Settings, configuration: Path, tmp_path: Path) -> None:
    with configuration.open("a") as file:
        file.write("[CHECKS]\ndownloads have a show=error\n")
    write(tmp_path, "downloads/b.json", {**DOWNLOAD, "id": "D2", "episode": "E9"})
    with pytest.raises(CheckError, match="Every download is of a show; not so: download_id D2"):
        sparkify_dwh.load(Settings.read(configuration, {}, warehouse=settings.warehouse))
    with pytest.raises(ConfigurationError, match=r"\[CHECKS\] DOWNLOADS_HAVE_A_SHOW does not exist"):
        Settings.read(configuration, {})


def test_the_age_of_its_data_is_that_of_the_column_it_declares(settings: Settings, configuration: Path) -> None:
    """Without one, there is no age to require."""
    sparkify_dwh.load(settings)
    runner, command = CliRunner(), ["--config", str(configuration), "check", "--max-age", "36h"]
    result = runner.invoke(cli, command, obj=settings.warehouse)
    assert isinstance(result.exception, UsageError)
    assert "This warehouse declares no times of events" in str(result.exception)
    aging = replace(settings.warehouse, event_time=EventTime("download", Download.table().c.ts))
    result = runner.invoke(cli, command, obj=aging)
    assert isinstance(result.exception, CheckError)
    assert str(result.exception).startswith("The newest download is of 2023-11-14 22:13 UTC, ")


def test_the_doctor_examines_its_inputs(settings: Settings, configuration: Path) -> None:
    sentences = [finding.sentence for finding in examine(configuration, warehouse=settings.warehouse).findings]
    assert any(sentence.startswith("DOWNLOADS has 1 file") for sentence in sentences)
    assert "DOWNLOADS_JSONPATH has a path for each of the 5 columns of staged_downloads." in sentences


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("schema",), "One row per download"),
        (("schema", "downloads"), "One row per download, with the show of its episode once that is known."),
        (("sql", "staged_downloads"), "FORMAT AS JSON 's3://DOWNLOADS_JSONPATH'"),
        (("sql", "downloads"), "INSERT INTO downloads"),
        (("load",), "downloads                  1 inserted"),
        (("plan",), "staged_episodes: 1 file"),
        (("check",), "downloads have a show"),
        (("physical",), "downloads"),
        (("export", "--overwrite", "TARGET"), "episodes"),
    ],
)
def test_its_command_line_is_that_of_sparkify(
    arguments: tuple[str, ...], expected: str, settings: Settings, configuration: Path, tmp_path: Path
) -> None:
    target = [str(tmp_path / "export") if argument == "TARGET" else argument for argument in arguments]
    result = CliRunner().invoke(cli, ["--config", str(configuration), *target], obj=settings.warehouse)
    assert result.exception is None, result.output
    assert expected in result.output
