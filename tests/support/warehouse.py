"""A warehouse on the stand-in, made by the migrations, and emptied after every test."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import alembic.config  # noqa: F401 (it prints to what is stdout when it is imported: not to that of a single test)
import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from sparkify_dwh import load, migrate
from sparkify_dwh.database import warehouse
from sparkify_dwh.loading.report import LoadReport
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.standin.postgres.server import stop_server
from support.inputs import inputs_under
from support.records import JSON_PATHS, a_song, an_event, write_lines


@contextmanager
def a_standin() -> Iterator[Settings]:
    """A stand-in of its own, with nothing in it, gone in the end.

    Not in pytest's temporary directory: its parents are shut to the user that PostgreSQL runs as when we are root.
    """
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as directory:
        yield Settings.embedded(Path(directory))
        stop_server(Path(directory))


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which a process of its own finds this stand-in and these inputs."""
    inputs = {f"SPARKIFY_DWH_S3_{key}": url for key, url in settings.inputs.items()}
    standin = {"SPARKIFY_DWH_CLUSTER_HOST": "standin", "SPARKIFY_DWH_STANDIN_DIR": str(settings.standin_directory)}
    return os.environ | standin | inputs


@pytest.fixture(scope="session")
def migrated() -> Iterator[Settings]:
    """The settings of a stand-in that the migrations have been run on, once for all tests."""
    with a_standin() as settings:
        migrate.upgrade(settings)
        yield settings


@pytest.fixture(scope="session")
def engine(migrated: Settings) -> Iterator[Engine]:
    """An engine for the warehouse of the tests."""
    with warehouse(migrated) as engine:
        yield engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose work is rolled back."""
    with engine.connect() as connection:
        yield connection


@dataclass
class Sparkify:
    """A company with an empty warehouse: writes files, loads them, and asks what came of it."""

    settings: Settings
    engine: Engine
    directory: Path

    def logs(self, name: str, *events: dict[str, Any] | str) -> Path:
        return write_lines(self.directory / "log_data" / name, events)

    def songs(self, name: str, *songs: dict[str, Any] | str) -> Path:
        return write_lines(self.directory / "song_data" / name, songs)

    def load(self, **arguments: Any) -> LoadReport:
        return load(self.settings, **arguments)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def one(self, sql: str) -> Any:
        ((value,),) = self.rows(sql)
        return value

    def star(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything the star holds, but for the numbers of songplays, which mean nothing."""
        return {
            table: sorted(self.rows(f"SELECT {', '.join(model.filled())} FROM {table}"), key=repr)
            for table, model in SPARKIFY.tables.items()
        }


class Snapshot:
    """Files and rows as a load has left them, to be put into other warehouses without another load.

    Numbers of songplays, which mean nothing, are given anew.
    """

    def __init__(self, company: Sparkify, directory: Path) -> None:
        self._home = company.directory.as_uri()
        self._files = shutil.copytree(company.directory, directory)
        with company.engine.connect() as connection:
            self._rows = {
                table: list(
                    connection.execute(select(*(column for column in table.c if not column.identity))).mappings()
                )
                for table in SPARKIFY.all_tables.values()
            }

    def restore(self, company: Sparkify) -> None:
        """The files keep their times, and so their etags; what names them names them where they are now."""
        shutil.copytree(self._files, company.directory, dirs_exist_ok=True)
        with company.engine.begin() as connection:
            for table, rows in self._rows.items():
                if rows:
                    connection.execute(insert(table), [self._moved(row, company.directory.as_uri()) for row in rows])

    def _moved(self, row: Mapping[str, Any], home: str) -> dict[str, Any]:
        return {
            name: value.replace(self._home, home) if isinstance(value, str) else value for name, value in row.items()
        }


@pytest.fixture
def sparkify(migrated: Settings, engine: Engine, tmp_path: Path) -> Iterator[Sparkify]:
    """An empty warehouse, and empty folders for logs and songs."""
    for folder in ("log_data", "song_data"):  # a new source has a file here, so that every test can load
        (tmp_path / folder).mkdir()
    (tmp_path / "log_json_path.json").write_text(json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}))
    settings = replace(migrated, inputs=inputs_under(tmp_path.as_uri()))
    yield Sparkify(settings, engine, tmp_path)
    with engine.begin() as connection:
        for table in SPARKIFY.all_tables.values():
            connection.execute(table.delete())


@pytest.fixture(scope="session")
def snapshots() -> list[Snapshot]:
    """That of a warehouse which ``loaded`` has loaded, once there is one."""
    return []


@pytest.fixture
def loaded(sparkify: Sparkify, snapshots: list[Snapshot], tmp_path_factory: pytest.TempPathFactory) -> Sparkify:
    """A warehouse that has loaded one event and one song: truly for the first test, and as a copy for the others."""
    if snapshots:
        snapshots[0].restore(sparkify)
    else:
        sparkify.logs("2018/11/a.json", an_event())
        sparkify.songs("a.json", a_song())
        sparkify.load()
        snapshots.append(Snapshot(sparkify, tmp_path_factory.mktemp("loaded") / "files"))
    return sparkify
