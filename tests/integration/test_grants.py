"""`grant` gives analysts and loaders what they need, and nothing else: they work as users of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError
from support.cli import Run
from support.inputs import inputs_under
from support.records import JSON_PATHS, a_song, an_event, write_lines
from support.warehouse import a_standin

from sparkify_dwh import load, migrate
from sparkify_dwh.database import connected, error_fields
from sparkify_dwh.errors import NotMigratedError, SparkifyError, UsageError
from sparkify_dwh.export import export, restore
from sparkify_dwh.grants import Grantee, GrantReport, grant
from sparkify_dwh.settings import Settings

TABLES = "songplays, users, songs, artists, time"


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    """A stand-in for users and roles, which belong to a whole server."""
    with a_standin() as settings:
        yield settings


@pytest.fixture(scope="module")
def warehouse(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse in schemas of its own, with one file of each kind loaded by its owner, and one more of events."""
    tmp_path = tmp_path_factory.mktemp("warehouse")
    name = f"music_{uuid4().hex[:8]}"
    write_lines(tmp_path / "log_data/2018-11-15.json", [an_event()])
    write_lines(tmp_path / "song_data/a.json", [a_song()])
    (tmp_path / "log_json_path.json").write_text(json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}))
    settings = replace(
        server, schema=name, staging_schema=f"{name}_staging", inputs=inputs_under(tmp_path.as_uri()),
        export=(tmp_path / "export").as_uri() + "/",
    )  # fmt: skip
    migrate.upgrade(settings)
    load(settings)
    write_lines(tmp_path / "log_data/2018-11-16.json", [an_event(itemInSession=7)])
    return settings


@pytest.fixture
def name(server: Settings) -> str:
    """The name of a new user."""
    return made(server, "USER {} PASSWORD 'Abcdefg1'")


def made(settings: Settings, words: str) -> str:
    """The name of what CREATE makes of these words."""
    name = f"n{uuid4().hex[:10]}"
    run_sql(settings, f"CREATE {words.format(name)}")
    return name


def run_sql(settings: Settings, *statements: str) -> None:
    with connected(settings) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


@contextmanager
def connected_as(user: str) -> Iterator[None]:
    """Every new connection is that of the user."""

    def become(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f'SET SESSION AUTHORIZATION "{user}"')
        connection.commit()

    event.listen(Engine, "connect", become)
    try:
        yield
    finally:
        event.remove(Engine, "connect", become)


def configured(settings: Settings, directory: Path) -> Path:
    """A dwh.cfg for the warehouse."""
    file = directory / "dwh.cfg"
    locations = "".join(f"{key}={url}\n" for key, url in (settings.inputs | {"EXPORT": settings.export}).items())
    file.write_text(
        f"[CLUSTER]\nHOST=standin\nSCHEMA={settings.schema}\nSTAGING_SCHEMA={settings.staging_schema}\n"
        f"[STANDIN]\nDIR={settings.standin_directory}\n[S3]\n{locations}"
    )
    return file


def states(report: GrantReport) -> set[str]:
    return {statement.state for statement in report.statements}


def is_refused(settings: Settings, statement: str) -> bool:
    with connected(settings) as connection, pytest.raises(DBAPIError) as error:
        connection.execute(text(statement))
    return error_fields(error.value)["C"] == "42501"


@pytest.mark.parametrize(
    ("kind", "create", "join"),
    [
        ("ROLE", "ROLE {}", "GRANT ROLE {} TO {}"),
        ("GROUP", "GROUP {}", "ALTER GROUP {} ADD USER {}"),
        ("USER", "USER {} PASSWORD 'Abcdefg1'", ""),
    ],
)
def test_an_analyst_can_read_and_nothing_else(
    warehouse: Settings, name: str, kind: Any, create: str, join: str, tmp_path: Path, run: Run
) -> None:  # fmt: skip
    grantee = Grantee(kind, made(warehouse, create) if join else name)
    if join:
        run_sql(warehouse, join.format(grantee.name, name))
    assert states(grant(warehouse, "analyst", grantee)) == {"granted"}
    with connected_as(name):
        for command in (["query", "top_songs"], ["check"], ["history"], ["report", "-o", tmp_path / "report.html"]):
            assert run("--config", configured(warehouse, tmp_path), *command) == 0, command
        for statement in (
            *(f"DELETE FROM {table}" for table in f"{TABLES}, loads".split(", ")),
            f"SELECT 1 FROM {warehouse.staging_schema}.staging_events",
            "CREATE TABLE mine (a INT)",
            "LOCK TABLE load_lock",
        ):
            assert is_refused(warehouse, statement), statement
        with pytest.raises((SparkifyError, DBAPIError)):
            load(warehouse)


def test_a_loader_loads_tables_of_another_owner(warehouse: Settings, name: str, tmp_path: Path, run: Run) -> None:
    report = grant(warehouse, "loader", Grantee("USER", name))
    assert states(report) == {"granted"}
    assert "`sparkify-dwh upgrade`, `restore` and `reset` change or drop tables" in report.notes[0]
    with connected_as(name):
        report = load(replace(warehouse, analyze_above_rows=0))
        assert report.star["songplays"].inserted == 1
        assert "staging_events was not analyzed, which only its owner may: the load may be slower" in report.warnings
        assert load(warehouse, force=True).star["songplays"].inserted == 0
        for command in ("check", "export", "history", "plan"):
            assert run("--config", configured(warehouse, tmp_path), command) == 0, command
        assert is_refused(warehouse, "ALTER TABLE songs ADD COLUMN a INT")
        assert is_refused(warehouse, "TRUNCATE songs")


def test_a_loader_creates_a_warehouse_of_its_own(server: Settings, name: str) -> None:
    schema = f"own_{name}"
    settings = replace(server, schema=schema)
    run_sql(server, f"CREATE SCHEMA {schema}", f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {name}")
    with connected_as(name):
        migrate.upgrade(settings)
        migrate.reset(settings)


def test_what_was_granted_is_not_granted_again(warehouse: Settings, name: str) -> None:
    grantee = Grantee("USER", name)
    planned = grant(warehouse, "analyst", grantee, dry_run=True)
    assert states(planned) == {"missing"}
    first, second = grant(warehouse, "analyst", grantee), grant(warehouse, "analyst", grantee)
    assert (states(first), states(second)) == ({"granted"}, {"already"})
    run_sql(warehouse, f"REVOKE SELECT ON songs FROM {name}")
    third = grant(warehouse, "analyst", grantee)
    assert [statement.state for statement in third.statements] == ["already", "granted", "already", "already"]


def test_the_statements_name_schemas_and_quote_names(warehouse: Settings) -> None:
    statements = [each.sql for each in grant(warehouse, "loader", Grantee("ROLE", "user"), dry_run=True).statements]
    main, staging = warehouse.schema, warehouse.staging_schema
    written = "SELECT, INSERT, UPDATE, DELETE"
    assert statements == [
        f'GRANT USAGE, CREATE ON SCHEMA {main}, {staging} TO ROLE "user"',
        f"GRANT {written} ON TABLE {main}.artists, {main}.songs, {main}.users, {main}.songplays, {main}.time, "
        f'{main}.loads, {main}.load_files, {main}.load_lock, {main}.alembic_version TO ROLE "user"',
        f'GRANT {written} ON TABLE {staging}.staging_events, {staging}.staging_songs TO ROLE "user"',
        'GRANT TEMP ON DATABASE dev TO ROLE "user"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA {main} GRANT {written} ON TABLES TO ROLE "user"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA {staging} GRANT {written} ON TABLES TO ROLE "user"',
    ]


def test_tables_that_the_owner_creates_later_are_included(warehouse: Settings, name: str) -> None:
    grant(warehouse, "analyst", Grantee("USER", name))
    run_sql(warehouse, "CREATE TABLE later (a INT)")
    with connected_as(name), connected(warehouse) as connection:
        assert connection.scalar(text("SELECT count(*) FROM later")) == 0


def test_rights_survive_a_reset_and_a_restore(warehouse: Settings, name: str) -> None:
    """Both create tables again, for which the defaults are."""
    export(warehouse, overwrite=True)
    settings = replace(warehouse, schema=name, staging_schema=None)
    migrate.upgrade(settings)
    grant(settings, "analyst", Grantee("USER", name))
    migrate.reset(settings)
    restored = restore(settings)
    with connected_as(name), connected(settings) as connection:
        assert connection.scalar(text("SELECT count(*) FROM songplays")) == restored["songplays"] > 0
        assert connection.scalar(text("SELECT count(*) FROM loads")) == 0


def test_a_superuser_grants_for_the_owner(server: Settings, name: str) -> None:
    """Defaults are those of the owner, who creates the tables."""
    run_sql(server, f"CREATE SCHEMA {name} AUTHORIZATION {name}")
    settings = replace(server, schema=name)
    with connected_as(name):
        migrate.upgrade(settings)
    other = made(server, "USER {} PASSWORD 'Abcdefg1'")
    report = grant(settings, "analyst", Grantee("USER", other))
    assert report.statements[-1].sql.startswith(
        f"ALTER DEFAULT PRIVILEGES FOR USER {name} IN SCHEMA {name} GRANT SELECT"
    )


@pytest.mark.parametrize("kind", ["ROLE", "GROUP", "USER"])
def test_a_grantee_that_does_not_exist_is_named(warehouse: Settings, kind: Any) -> None:
    with pytest.raises(
        UsageError, match=rf"The database has no {kind.lower()} nobody: .* create it: CREATE {kind} nobody"
    ):
        grant(warehouse, "analyst", Grantee(kind, "nobody"))


def test_who_may_not_grant_is_told_who_may(warehouse: Settings, name: str) -> None:
    """With a right on the tables that does not include granting it, PostgreSQL only warns."""
    other = Grantee("USER", made(warehouse, "USER {} PASSWORD 'Abcdefg1'"))
    for profile in ("analyst", "loader"):
        grant(warehouse, "analyst", Grantee("USER", name))
        with (
            connected_as(name),
            pytest.raises(SparkifyError, match=rf"The user {name} may not grant .* nothing was granted") as error,
        ):
            grant(warehouse, profile, other)
        assert error.value.hint == "Run it as postgres, who owns the tables, or as a superuser."
    assert states(grant(warehouse, "loader", other, dry_run=True)) == {"missing"}


def test_without_tables_there_is_nothing_to_grant_on(server: Settings, name: str) -> None:
    with pytest.raises(NotMigratedError, match="Run: sparkify-dwh upgrade"):
        grant(replace(server, schema="nowhere"), "analyst", Grantee("USER", name))


def test_the_command_prints_statements_states_and_notes(
    warehouse: Settings, name: str, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    file = configured(warehouse, tmp_path)
    command = ("--config", file, "grant", "loader", "--to", "user", name)
    assert run(*command, "--dry-run") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        f"GRANT USAGE, CREATE ON SCHEMA {warehouse.schema}, {warehouse.staging_schema} TO {name};\n"
    )
    assert run(*command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"granted  {printed.splitlines()[0]}"
    assert lines[-2] == f"The user {name} has the rights of a loader."
    assert run(*command, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert {statement["state"] for statement in document["statements"]} == {"already"}
    assert document["grantee"] == {"kind": "USER", "name": name}
    for wrong in (
        ("reader", "--to", "USER", "a"),
        ("analyst", "--to", "ROLES", "a"),
        ("analyst", "--to", "ROLE", " "),
        ("analyst",),
    ):
        assert run("--config", file, "grant", *wrong) == 2
    capsys.readouterr()
    assert run("--config", file, "grant", "analyst", "--to", "ROLE", "nobody") == 2
    assert (
        "Error: The database has no role nobody: correct --to, or create it: CREATE ROLE nobody."
        in capsys.readouterr().err
    )
