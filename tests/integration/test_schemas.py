"""[CLUSTER] SCHEMA and STAGING_SCHEMA: warehouses that share a database neither read nor change each other's tables."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from alembic import command
from sqlalchemy import inspect, text
from support.cli import Captured, Run, run_command
from support.shared_database import NORTH, PUBLIC, SOUTH, USERS, a_shared_database, contents, deliver
from support.warehouse import Sparkify

from sparkify_dwh import migrate
from sparkify_dwh.database import connected, warehouse
from sparkify_dwh.report.data import read_report_data
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.sql.render import search_path

NAMES = (NORTH, SOUTH, PUBLIC)


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sparkify]]:
    with a_shared_database(tmp_path_factory.mktemp("shared")) as companies:
        yield companies


@pytest.fixture(params=[NORTH, SOUTH])
def name(request: pytest.FixtureRequest) -> str:
    """The company that does something; in one of them staging has a schema of its own."""
    return str(request.param)


@pytest.fixture
def company(companies: dict[str, Sparkify], name: str) -> Iterator[Sparkify]:
    """Its warehouse. Those of the others are seen to be as they were."""
    others = [other for other in NAMES if other != name]
    before = [contents(companies[other]) for other in others]
    yield companies[name]
    assert [contents(companies[other]) for other in others] == before


@pytest.fixture
def run_here(company: Sparkify, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with the configuration of the company."""
    return partial(run_command, monkeypatch, "--config", company.directory / "dwh.cfg")


def test_each_load_fills_its_own_tables(company: Sparkify, name: str) -> None:
    assert {row[0] for row in company.rows("SELECT DISTINCT user_id FROM songplays")} == {USERS[name]}
    assert company.one("SELECT count(*) FROM loads") == 1
    assert not any(rows.inserted or rows.updated for rows in company.load().star.values())


def test_everything_is_where_the_settings_say(company: Sparkify) -> None:
    schemas = company.settings.schemas
    assert schemas is not None
    found = inspect(company.engine)
    tables = {name for schema in schemas.path for name in found.get_table_names(schema)}
    assert tables == {*SPARKIFY.all_tables, migrate.VERSION_TABLE} == {*found.get_table_names()}
    assert set(found.get_table_names(schemas.staging)) >= {"staging_events", "staging_songs"}
    if schemas.staging != schemas.main:
        assert set(found.get_table_names(schemas.staging)) == {"staging_events", "staging_songs"}


def test_late_and_forced_loads_change_their_own_tables(company: Sparkify, name: str) -> None:
    plays = company.one("SELECT count(*) FROM songplays")
    deliver(company, name, 2)
    assert company.load().star["songplays"].inserted == USERS[name]
    assert company.load(force=True).star["songplays"].inserted == 0
    assert company.one("SELECT count(*) FROM songplays") == plays + USERS[name]


def test_a_load_waits_for_those_of_its_own_warehouse(company: Sparkify, companies: dict[str, Sparkify]) -> None:
    with companies[PUBLIC].engine.connect() as connection:
        connection.execute(text("LOCK TABLE load_lock"))
        company.load(wait_seconds=0)


def test_rejected_rows_are_those_of_its_own_load(company: Sparkify, run_here: Run, capsys: Captured) -> None:
    company.logs("broken.json", "{")
    assert run_here("load") == 7
    (company.directory / "log_data/broken.json").unlink()
    assert f"{company.directory}/log_data/broken.json" in capsys.readouterr().err
    assert run_here("history") == 0
    assert "broken.json" in (printed := capsys.readouterr().out)
    assert f"Loads of {company.settings.schemas}" in " ".join(printed.split())


def test_checks_and_questions_read_its_own_tables(
    company: Sparkify, companies: dict[str, Sparkify], name: str, run_here: Run, capsys: Captured
) -> None:
    """The tables in public have a row that no check accepts."""
    plays = company.one("SELECT count(*) FROM songplays")
    with changed(companies[PUBLIC], "UPDATE songplays SET level = 'gold'", "UPDATE songplays SET level = 'paid'"):
        assert run_here("check") == 0
        assert run_here("report", "--check", "-o", company.directory / "report.html") == 0
    capsys.readouterr()
    assert run_here("query", "top-users", "--json") == 0
    assert [(user["user_id"], user["plays"]) for user in json.loads(capsys.readouterr().out)] == [(USERS[name], plays)]
    listening = read_report_data(company.settings).listening
    assert listening is not None
    assert [(user.name, user.plays) for user in listening.levels] == [("paid", plays)]


@contextmanager
def changed(company: Sparkify, change: str, back: str) -> Iterator[None]:
    with company.engine.begin() as connection:
        connection.execute(text(change))
    yield
    with company.engine.begin() as connection:
        connection.execute(text(back))


def test_what_is_exported_comes_back(company: Sparkify, run_here: Run) -> None:
    before = company.star()
    assert run_here("export", company.directory / "export", "--overwrite") == 0
    assert run_here("reset", "--yes") == 0
    assert run_here("restore", company.directory / "export") == 0
    assert company.star() == before
    company.load()


def test_the_design_is_compared_with_its_own_tables(
    company: Sparkify, companies: dict[str, Sparkify], name: str, run_here: Run, capsys: Captured
) -> None:
    """A table in public has a column more than its model."""
    deliver(company, name, 3)
    company.load()
    with companies[PUBLIC].engine.begin() as connection:
        connection.execute(text("ALTER TABLE songplays ADD COLUMN more INTEGER"))
    try:
        command.check(migrate.alembic_config(company.settings))
        assert run_here("doctor") == 0
        assert f", {company.settings.schemas}, as " in capsys.readouterr().out
        assert run_here("physical", "--json") == 0
        tables = {table["name"]: table for table in json.loads(capsys.readouterr().out)["tables"]}
        assert tables["songplays"]["rows"] == company.one("SELECT count(*) FROM songplays")
        assert tables["staging_events"]["rows"] == USERS[name]
    finally:
        with companies[PUBLIC].engine.begin() as connection:
            connection.execute(text("ALTER TABLE songplays DROP COLUMN more"))


def test_the_tables_are_dropped_and_the_schema_is_left(company: Sparkify, name: str) -> None:
    schemas = company.settings.schemas
    assert schemas is not None
    migrate.downgrade(company.settings)
    with connected(company.settings) as connection:
        found = inspect(connection)
        assert [found.get_table_names(schema) for schema in schemas.path] == [
            [migrate.VERSION_TABLE], *([] for _ in schemas.path[1:])
        ]  # fmt: skip
    migrate.upgrade(company.settings)
    assert company.load().star["songplays"].inserted > 0


@pytest.mark.parametrize("arguments", [("sql", "songplays"), ("query", "top-users", "--sql"), ("plan", "--sql")])
def test_printed_statements_begin_with_the_search_path(
    company: Sparkify, run_here: Run, capsys: Captured, arguments: tuple[str, ...]
) -> None:
    assert run_here(*arguments) == 0
    assert f"{search_path(company.settings.schemas)[0]};\n" in capsys.readouterr().out


def test_printed_migrations_can_be_run_by_hand(company: Sparkify) -> None:
    printed = io.StringIO()
    command.upgrade(migrate.alembic_config(company.settings, output=printed), "head", sql=True)
    schemas = company.settings.schemas
    assert schemas is not None
    created = [f"CREATE SCHEMA IF NOT EXISTS {name};\n\n" for name in search_path_names(company)]
    assert printed.getvalue().startswith(f"{''.join(created)}{search_path(schemas)[0]};\n\nBEGIN;\n")


def search_path_names(company: Sparkify) -> list[str]:
    return search_path(company.settings.schemas)[0].removeprefix("SET search_path TO ").split(", ")


def test_every_connection_is_pinned_whatever_is_rolled_back(company: Sparkify) -> None:
    path = ", ".join(search_path_names(company))
    with warehouse(company.settings) as engine, engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            connection.rollback()
            assert connection.scalar(text("SHOW search_path")) == path
        first.invalidate()
        first.rollback()
        assert first.scalar(text("SHOW search_path")) == path
