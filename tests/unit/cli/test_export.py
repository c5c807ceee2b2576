"""sparkify-dwh export: its output and exit codes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from support.cli import Captured, Run
from support.exports import FILES, files
from support.warehouse import Sparkify

from sparkify_dwh.sparkify import SPARKIFY

CLUSTER = "[CLUSTER]\nHOST=127.0.0.1\nDB_NAME=d\nDB_USER=u\nDB_PASSWORD=pa55\nDB_PORT=1\n"
WITH_ROLE = f"{CLUSTER}[IAM_ROLE]\nARN=arn:aws:iam::123456789012:role/dwhRole\n"


@pytest.fixture
def export(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in the folder of dwh.cfg; return its exit code."""
    monkeypatch.chdir(tmp_path)
    return partial(run, "export")


@pytest.fixture(autouse=True)
def _configured(configuration: Path) -> None:
    """A dwh.cfg that names no EXPORT."""


def test_the_command_shows_what_was_written(star: Sparkify, export: Run, capsys: Captured) -> None:
    assert export("out") == 0
    assert files(star.directory / "out") == FILES
    output = capsys.readouterr()
    plays = next(line for line in output.out.splitlines() if "songplays" in line)
    size = sum(path.stat().st_size for path in (star.directory / "out" / "songplays").rglob("*.parquet"))
    assert [cell.strip() for cell in plays.strip("│").split("│")] == ["songplays", "2", "2", f"{size:,}", "year, month"]
    assert "As of no load, in" in output.out
    assert f"Manifest: {(star.directory / 'out').as_uri()}/export.json" in output.out
    steps = ["look at the target", *(f"unload {table}" for table in SPARKIFY.tables)]
    assert output.err.splitlines() == steps


def test_the_command_prints_only_the_manifest_as_json(star: Sparkify, export: Run, capsys: Captured) -> None:
    assert export((star.directory / "out").as_uri(), "--table", "songs", "--table", "users", "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == json.loads((star.directory / "out" / "export.json").read_text())
    assert list(json.loads(output.out)["tables"]) == ["songs", "users"]
    assert output.err == ""


def test_an_earlier_export_is_replaced_on_request(star: Sparkify, export: Run, capsys: Captured) -> None:
    assert export("out") == 0
    assert export("out") == 2
    errors = capsys.readouterr().err
    assert "Error: The target already holds an export: file:///" in errors
    assert "Pass --overwrite to" in errors
    assert export("out", "--overwrite") == 0


def test_the_configured_folder_is_the_default(star: Sparkify, export: Run) -> None:
    with (star.directory / "dwh.cfg").open("a") as configuration:
        configuration.write("EXPORT=configured/\n")
    assert export() == 0
    assert files(star.directory / "configured") == FILES


def test_without_a_folder_the_configuration_lacks_one(star: Sparkify, export: Run, capsys: Captured) -> None:
    assert export() == 3
    assert "lacks [S3] EXPORT: add it, or name a target: sparkify-dwh export s3://bucket/folder/" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "configuration", "code", "sentence"),
    [
        (["here"], WITH_ROLE, 2, "Redshift reads and writes only S3"),
        (["s3://bucket/star/"], CLUSTER, 3, "lacks [IAM_ROLE] ARN"),
        (["s3://bucket/star/", "--table", "plays"], "[CLUSTER]\nHOST=standin\n", 2, "no table 'plays' in the star"),
        (["s3://bucket/star/"], WITH_ROLE, 4, "could not be connected to"),
    ],
)
def test_an_invalid_call_prints_one_sentence_and_exits(
    tmp_path: Path, export: Run, capsys: Captured, arguments: list[str], configuration: str, code: int, sentence: str
) -> None:
    """An invalid call is reported before connecting to the cluster."""
    (tmp_path / "dwh.cfg").write_text(configuration)
    assert export(*arguments) == code
    errors = capsys.readouterr().err
    assert sentence in errors
    assert not any(word in errors for word in ("Traceback", "pa55"))


def test_a_failed_export_is_exit_code_9(star: Sparkify, export: Run, capsys: Captured) -> None:
    with star.engine.begin() as connection:
        connection.execute(text("UPDATE users SET ts = 'infinity'"))
    assert export("out") == 9
    errors = capsys.readouterr().err
    assert "Error: The export failed at file:///" in errors
    assert "There is no manifest, and 4 files are left" in errors
    assert "Traceback" not in errors
