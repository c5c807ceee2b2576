"""What killed verifications leave is removed, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.cli import run_command
from support.verified import Verifiable

from sparkify_dwh import verification
from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.database import warehouse
from sparkify_dwh.errors import UsageError
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.verification.fact import Fact
from sparkify_dwh.verification.scratch import MARKER, NAME, OURS, Scratch, _create, scratch_warehouse
from sparkify_dwh.verification.trial import Trial


def left_behind(of: Verifiable) -> Scratch:
    """Leave what a verification that is killed leaves: a schema with its marker and a table, and a file."""
    scratch = Scratch.new(f"{of.files.as_uri()}/")
    with warehouse(of.settings) as engine, engine.connect() as connection:
        _create(connection, scratch)
    of.execute(f"CREATE TABLE {scratch.schema}.songplays (n INTEGER)")
    with of.settings.open_store() as store:
        store.write(f"{scratch.folder}log_data/a.json", b"{}")
    return scratch


def clean_up(of: Verifiable, monkeypatch: pytest.MonkeyPatch) -> int:
    return run_command(monkeypatch, "--config", of.configuration, "verify", "--clean-up")


def test_leftovers_are_removed(
    verifiable: Verifiable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = left_behind(verifiable)
    assert clean_up(verifiable, monkeypatch) == 0
    assert capsys.readouterr().out == f"Removed the schema {scratch.schema} and its files.\n"
    verifiable.require_clean()
    assert clean_up(verifiable, monkeypatch) == 0
    assert capsys.readouterr().out == "Nothing is left of earlier verifications.\n"


def test_the_next_verification_removes_them_too(verifiable: Verifiable) -> None:
    scratch = left_behind(verifiable)
    result = verification.verify(verifiable.settings, facts=[])
    assert result.cleaned_up.removed == (scratch.schema,)
    verifiable.require_clean()


def test_a_verification_that_runs_is_left_alone(
    verifiable: Verifiable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = Scratch.new(f"{verifiable.files.as_uri()}/")
    settings = verifiable.settings
    with settings.open_store() as store, scratch_warehouse(settings, scratch, store, lambda _step: None):
        store.write(f"{scratch.folder}a", b"")
        assert clean_up(verifiable, monkeypatch) == 0
        assert capsys.readouterr().out == f"Left the schema {scratch.schema}: a verification that runs uses it.\n"
        assert scratch.schema in verifiable.schemas()
        assert [file.url for file in store.list(scratch.folder)] == [f"{scratch.folder}a"]
    verifiable.require_clean()


@pytest.mark.parametrize(
    "marker",
    [
        "CREATE TABLE {schema}.mine (n INTEGER)",
        "CREATE TABLE {schema}.{marker} (n INTEGER)",
        "CREATE TABLE {schema}.{marker} (schema_name VARCHAR(64))",
        "CREATE TABLE {schema}.{marker} AS SELECT CAST('another' AS VARCHAR(64)) AS schema_name",
    ],
)
def test_a_schema_that_is_not_ours_is_never_dropped(
    marker: str, verifiable: Verifiable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named like ours, and has no marker that names it."""
    schema = f"{NAME}{'0' * 32}"
    verifiable.execute(f"CREATE SCHEMA {schema}", marker.format(schema=schema, marker=MARKER))
    assert clean_up(verifiable, monkeypatch) == 0
    assert capsys.readouterr().out == f"Left the schema {schema}: it has no marker of a verification.\n"
    assert verifiable.schemas() == ["public", schema]
    verifiable.execute(f"DROP SCHEMA {schema} CASCADE")


def test_schemas_with_other_names_are_not_looked_at(verifiable: Verifiable) -> None:
    schema = f"{NAME}of_ada"
    assert not OURS.fullmatch(schema)
    marker = f"CREATE TABLE {schema}.{MARKER} AS SELECT CAST('{schema}' AS VARCHAR(64)) AS schema_name"
    verifiable.execute(f"CREATE SCHEMA {schema}", marker)
    assert verification.clean_up(verifiable.settings) == verification.CleanedUp()
    verifiable.execute(f"DROP SCHEMA {schema} CASCADE")


def test_a_schema_that_exists_already_is_neither_used_nor_dropped(
    verifiable: Verifiable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are random: another one of the same name is somebody else's."""
    scratch = Scratch.named(f"{NAME}{'1' * 32}", f"{verifiable.files.as_uri()}/")
    verifiable.execute(f"CREATE SCHEMA {scratch.schema}", f"CREATE TABLE {scratch.schema}.mine (n INTEGER)")
    monkeypatch.setattr(Scratch, "new", lambda _base: scratch)
    with pytest.raises(Exception, match="scratch schema of the verification could not be created"):
        verification.verify(verifiable.settings, facts=[])
    assert scratch.schema in verifiable.schemas()
    verifiable.execute(f"DROP SCHEMA {scratch.schema} CASCADE")


@pytest.mark.usefixtures("s3_environment")
def test_files_in_s3_are_removed_too(verifiable: Verifiable, bucket: str, store: ObjectStore) -> None:
    facts = verification.chosen(["manifests-name-files", "partitions-are-folders", "no-rows-make-no-files"])
    prefix = f"{bucket}verifications"
    store.write(f"{prefix}/mine", b"")
    result = verification.verify(verifiable.settings, data=prefix, facts=facts)
    assert result.counts == {"passed": len(facts)}
    assert [file.url for file in store.list(prefix)] == [f"{prefix}/mine"]


def test_other_files_under_the_prefix_are_kept(verifiable: Verifiable) -> None:
    mine = verifiable.files / "mine.manifest"
    mine.write_text("{}")
    left_behind(verifiable)
    verification.clean_up(verifiable.settings)
    assert list(verifiable.files.iterdir()) == [mine]
    mine.unlink()


def test_another_prefix_must_be_one_that_redshift_reads(verifiable: Verifiable) -> None:
    with pytest.raises(UsageError, match=r"--data must be s3://bucket/key"):
        verification.verify(verifiable.settings, data="https://example.com/", facts=[])


def test_tables_are_created_in_the_scratch_schema_alone(verifiable: Verifiable) -> None:
    def schemas_of_tables(trial: Trial) -> list[str]:
        with trial.connect() as connection:
            rows = connection.exec_driver_sql("SELECT schemaname FROM pg_tables WHERE tablename = 'songplays'")
            return [row[0] for row in rows]

    where = Fact("where", "They are there.", "r_CREATE_TABLE_NEW", schemas_of_tables)
    result = verification.verify(
        verifiable.settings, facts=[*verification.chosen(["upgrade-creates-the-tables"]), where]
    )
    ((schema,),) = [outcome.found for outcome in result.outcomes if outcome.fact is where]
    assert OURS.fullmatch(schema)


def test_the_scratch_warehouse_has_the_declared_checks() -> None:
    """What the configuration says about checks is for its own data."""
    rules = CheckRules.of(severities={"plays have a user": "off"})
    configured = Settings(host="standin", checks=rules, max_age=timedelta(hours=1))
    settings = Scratch.new("s3://sparkify-verify/").settings(configured)
    assert (settings.checks, settings.max_age) == (CheckRules(), None)
