"""The schemas of a warehouse: created by upgrade, asked for by the other commands, and what the user may do in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.pool import Pool
from support.cli import Captured, run_command
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh import load, migrate
from sparkify_dwh.database import connected
from sparkify_dwh.doctor.rights import rights_findings
from sparkify_dwh.errors import LoadError, NotMigratedError
from sparkify_dwh.settings import Settings

MAIN, STAGING = "dwh", "dwh_staging"
STAGED = ["staging_events", "staging_songs"]


@pytest.fixture
def settings(migrated: Settings, sparkify: Sparkify) -> Iterator[Settings]:
    """The settings of a warehouse in a schema that does not exist; afterwards it does not either."""
    yield replace(sparkify.settings, schema=MAIN)
    with connected(migrated) as connection:
        for schema in (MAIN, STAGING):
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.commit()


@pytest.fixture
def upgraded(settings: Settings) -> Settings:
    migrate.upgrade(settings)
    return settings


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def guest(engine: Engine) -> Iterator[Any]:
    """A context in which every new connection is that of a user without any right."""
    run(engine, "CREATE USER guest PASSWORD 'Sparkify1'")

    def become(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET SESSION AUTHORIZATION guest")
        connection.commit()

    @contextmanager
    def as_guest() -> Iterator[None]:
        event.listen(Pool, "connect", become)
        try:
            yield
        finally:
            event.remove(Pool, "connect", become)

    yield as_guest
    for schema in inspect(engine).get_schema_names():
        if schema in (MAIN, STAGING):
            run(
                engine,
                f"REVOKE ALL ON SCHEMA {schema} FROM guest",
                f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM guest",
            )
    run(engine, "DROP USER guest")


def tables(settings: Settings, schema: str) -> list[str]:
    with connected(settings) as connection:
        return inspect(connection).get_table_names(schema)


@pytest.mark.parametrize(
    "arguments", [("load",), ("plan",), ("check",), ("query", "totals"), ("history",), ("export", "out"), ("physical",)]
)
def test_a_schema_that_does_not_exist_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Captured, arguments: tuple[str, ...]
) -> None:
    set_environment(monkeypatch, settings)
    assert run_command(monkeypatch, *arguments) == 5
    assert "The database has no schema dwh. Run: sparkify-dwh upgrade" in capsys.readouterr().err


def test_doctor_says_that_upgrade_can_create_the_schema(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    set_environment(monkeypatch, settings)
    assert run_command(monkeypatch, "doctor") == 5
    printed = " ".join(capsys.readouterr().out.split())
    assert "This user may create the schema dwh, which does not exist yet." in printed
    assert "The database has no schema dwh. Run: sparkify-dwh upgrade." in printed


def set_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The settings as variables of the environment, which are the only configuration."""
    assert settings.standin_directory is not None
    monkeypatch.chdir(settings.standin_directory)
    values = {"CLUSTER_HOST": "standin", "CLUSTER_SCHEMA": settings.schema, "STANDIN_DIR": settings.standin_directory}
    values |= {f"S3_{key}": url for key, url in settings.inputs.items()}
    for key, value in values.items():
        monkeypatch.setenv(f"SPARKIFY_DWH_{key}", str(value))


def test_a_user_who_may_not_create_a_schema_is_told_who_can(settings: Settings, guest: Any) -> None:
    with guest(), pytest.raises(NotMigratedError) as raised:
        migrate.upgrade(replace(settings, staging_schema=STAGING))
    assert raised.value.message == "The database has no schema dwh or dwh_staging, and this user could not create it"
    assert raised.value.hint == (
        "An administrator can run: CREATE SCHEMA dwh AUTHORIZATION this user; CREATE SCHEMA dwh_staging AUTHORIZATION this "
        "user; or: GRANT CREATE ON DATABASE dev TO this user."
    )


@pytest.mark.parametrize(("granted", "lacking"), [("USAGE", "CREATE"), ("CREATE", "USAGE"), (None, "USAGE, CREATE")])
def test_a_user_who_may_not_create_tables_in_the_schema_is_told_the_grant(
    settings: Settings, engine: Engine, guest: Any, granted: str | None, lacking: str
) -> None:
    run(engine, f"CREATE SCHEMA {MAIN}", *([f"GRANT {granted} ON SCHEMA {MAIN} TO guest"] if granted else []))
    with guest(), pytest.raises(NotMigratedError) as raised:
        migrate.upgrade(settings)
    assert raised.value.message == "A migration failed and was rolled back: permission denied for schema dwh"
    assert raised.value.hint == f"The owner of the schema can run: GRANT {lacking} ON SCHEMA dwh TO this user."


def test_a_user_who_may_not_use_the_schema_is_told_the_grant(upgraded: Settings, guest: Any) -> None:
    with (
        guest(),
        pytest.raises(NotMigratedError, match=r"permission denied for schema dwh.*GRANT USAGE ON SCHEMA dwh TO"),
    ):
        load(upgraded)


def test_a_user_who_may_not_use_the_staging_schema_cannot_load(settings: Settings, engine: Engine, guest: Any) -> None:
    apart = replace(settings, staging_schema=STAGING)
    migrate.upgrade(apart)
    run(engine, f"GRANT USAGE ON SCHEMA {MAIN} TO guest", f"GRANT SELECT ON ALL TABLES IN SCHEMA {MAIN} TO guest")
    with guest(), pytest.raises(LoadError, match="GRANT USAGE ON SCHEMA dwh_staging TO this user"):
        load(apart)


def test_staging_tables_follow_a_change_of_their_schema(
    upgraded: Settings, sparkify: Sparkify, caplog: pytest.LogCaptureFixture
) -> None:
    """Until upgrade has run, nothing is loaded into those that the search path finds first."""
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    apart = replace(upgraded, staging_schema=STAGING)
    with pytest.raises(
        NotMigratedError, match="The schema dwh has staging_events and staging_songs, which belong in dwh_st"
    ):
        load(apart)
    caplog.set_level(logging.WARNING)
    migrate.upgrade(apart)
    assert [record.getMessage() for record in caplog.records] == [
        "dropped in the schema dwh: staging_events and staging_songs",
        "created in the schema dwh_staging, and empty until the next load: staging_events and staging_songs",
    ]
    assert tables(apart, STAGING) == STAGED
    assert not {*STAGED} & {*tables(apart, MAIN)}
    load(apart)
    with pytest.raises(
        NotMigratedError, match=r"The warehouse lacks dwh\.staging_events and dwh\.staging_songs\. Run: spark"
    ):
        load(upgraded)
    migrate.upgrade(upgraded)
    load(upgraded)


def test_a_table_of_somebody_else_is_not_dropped(upgraded: Settings, engine: Engine) -> None:
    run(engine, f"DROP TABLE {MAIN}.staging_songs", f"CREATE TABLE {MAIN}.staging_songs (a INT)")
    with pytest.raises(NotMigratedError, match="The schema dwh has a table staging_songs with other columns"):
        migrate.upgrade(replace(upgraded, staging_schema=STAGING))
    assert set(tables(upgraded, MAIN)) >= {*STAGED}


def test_tables_that_are_missing_are_named(upgraded: Settings, engine: Engine) -> None:
    run(engine, f"DROP TABLE {MAIN}.songs")
    with pytest.raises(
        NotMigratedError, match=r"lacks dwh\.songs\. Correct SCHEMA in \[CLUSTER\].* sparkify-dwh reset"
    ):
        load(upgraded)


@pytest.mark.parametrize("remove", [migrate.downgrade, migrate.reset])
def test_only_tables_of_the_warehouse_are_dropped(settings: Settings, engine: Engine, remove: Any) -> None:
    """Others of the same names are in the schema of staging, which is in the search path; the warehouse's are lost."""
    apart = replace(settings, staging_schema=STAGING)
    migrate.upgrade(apart)
    others = ["alembic_version", "loads", "songs"]
    run(engine, *(f"CREATE TABLE {STAGING}.{name} (a INT)" for name in others))
    if remove is migrate.reset:
        run(engine, f"DROP TABLE {MAIN}.songs")
    remove(apart)
    assert set(tables(apart, STAGING)) == {*others, *(STAGED if remove is migrate.reset else ())}


def test_an_upgrade_is_not_taken_for_that_of_another_warehouse(upgraded: Settings) -> None:
    """A warehouse whose staging is in the schema of another one has no tables yet, and may not share staging."""
    with pytest.raises(NotMigratedError, match="already exists"):
        migrate.upgrade(replace(upgraded, schema="dwh_staging", staging_schema=MAIN))


def test_the_schemas_of_commands_that_only_read_are_not_created(settings: Settings) -> None:
    with connected(settings) as connection:
        assert migrate.current_revision(connection) is None
        assert MAIN not in inspect(connection).get_schema_names()


def test_doctor_asks_about_the_tables_of_the_warehouse(settings: Settings, engine: Engine) -> None:
    """And not about others of the same names in the schema of staging."""
    apart = replace(settings, staging_schema=STAGING)
    migrate.upgrade(apart)
    run(
        engine,
        f"CREATE TABLE {STAGING}.songs (a INT)",
        "CREATE USER other",
        f"ALTER TABLE {STAGING}.songs OWNER TO other",
    )
    try:
        with connected(apart) as connection:
            assert {finding.state for finding in rights_findings(connection, apart.warehouse)} == {"ok"}
    finally:
        run(engine, f"DROP TABLE {STAGING}.songs", "DROP USER other")
