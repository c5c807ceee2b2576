"""sparkify-dwh restore: its output and exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Captured, Run
from support.exports import a_company, empty, everything
from support.warehouse import Sparkify, a_standin

from sparkify_dwh import migrate
from sparkify_dwh.database import warehouse
from sparkify_dwh.sparkify import SPARKIFY

CLUSTER = "[CLUSTER]\nHOST=127.0.0.1\nDB_NAME=d\nDB_USER=u\nDB_PASSWORD=pa55\nDB_PORT=1\n"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sparkify]:
    """A company with a warehouse of its own, because a restore creates tables anew."""
    with a_standin() as settings, warehouse(settings) as engine:
        migrate.upgrade(settings)
        yield a_company(settings, engine, tmp_path_factory.mktemp("restore"))


@pytest.fixture
def run(full: Sparkify, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the folder of a dwh.cfg, which names no EXPORT; return its exit code."""
    inputs = f"LOG_DATA={full.settings.inputs['LOG_DATA']}\nLOG_JSONPATH={full.settings.inputs['LOG_JSONPATH']}\n"
    (tmp_path / "dwh.cfg").write_text(
        f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={full.settings.standin_directory}\n[S3]\n{inputs}"
        f"SONG_DATA={full.settings.inputs['SONG_DATA']}\n"
    )
    monkeypatch.chdir(tmp_path)
    return run


def test_a_restore_brings_the_exported_rows_back(full: Sparkify, run: Run, tmp_path: Path, capsys: Captured) -> None:
    """The same rows with the same ids; and not a second time."""
    before = everything(full)
    assert run("export", "out") == 0
    empty(full.engine)
    capsys.readouterr()
    assert run("restore", "out") == 0
    output = capsys.readouterr()
    assert everything(full) == before
    assert [line.split("│")[1:3] for line in output.out.splitlines() if "songplays" in line] == [
        [" songplays ", "    3 "]
    ]
    *steps, hint = output.err.splitlines()
    assert steps == [f"copy {table}" for table in SPARKIFY.tables]
    assert hint.startswith("The next load loads all files again, which changes nothing unless")
    assert run("restore", "out") == 2
    assert (
        "into empty tables, and artists has rows: empty all tables first (sparkify-dwh reset)"
        in capsys.readouterr().err
    )
    assert everything(full) == before


def test_the_configured_folder_is_the_default_and_json_counts_rows(
    full: Sparkify, run: Run, tmp_path: Path, capsys: Captured
) -> None:
    with (tmp_path / "dwh.cfg").open("a") as configuration:
        configuration.write("EXPORT=configured/\n")
    before = everything(full)
    assert run("export") == 0
    empty(full.engine)
    capsys.readouterr()
    assert run("restore", "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == {"rows": {table: len(rows) for table, rows in before.items()}}
    assert output.err == ""
    assert everything(full) == before


def test_an_incomplete_export_is_not_restored(full: Sparkify, run: Run, tmp_path: Path, capsys: Captured) -> None:
    """No manifest, an invalid manifest, and missing files; the tables stay empty."""
    before = everything(full)
    assert run("export", "whole") == 0
    empty(full.engine)
    for name, spoil, sentence in (
        ("none", Path.unlink, "must hold an export, and has no export.json"),
        ("odd", lambda manifest: manifest.write_text("{}"), "must be the manifest of an export, and is not"),
        (
            "short",
            lambda manifest: shutil.rmtree(manifest.parent / "users"),
            "must hold the files that its manifest names",
        ),
    ):
        shutil.copytree(tmp_path / "whole", tmp_path / name)
        spoil(tmp_path / name / "export.json")
        assert run("restore", name) == 6
        assert sentence in capsys.readouterr().err
    assert not any(everything(full).values())
    assert run("restore", "whole") == 0
    assert everything(full) == before


@pytest.mark.parametrize(
    ("arguments", "configuration", "code", "sentence"),
    [
        (["nowhere"], None, 6, "nowhere/ must hold an export, and has no export.json"),
        ([""], None, 2, "An export needs a folder, found an empty text"),
        ([], None, 3, "lacks [S3] EXPORT: add it, or name the folder: sparkify-dwh restore s3://bucket/folder/"),
        (["out"], CLUSTER, 2, "Redshift reads and writes only S3"),
        (["s3://bucket/star/"], CLUSTER, 4, "could not be connected to"),
    ],
)
def test_an_invalid_call_prints_one_sentence_and_exits(
    run: Run, tmp_path: Path, capsys: Captured, arguments: list[str], configuration: str | None, code: int, sentence: str
) -> None:  # fmt: skip
    if configuration is not None:
        (tmp_path / "dwh.cfg").write_text(configuration)
    assert run("restore", *arguments) == code
    errors = capsys.readouterr().err
    assert sentence in errors
    assert not any(word in errors for word in ("Traceback", "pa55"))
