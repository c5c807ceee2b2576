"""sparkify-dwh report: output file, days, and errors."""

from __future__ import annotations

import importlib
import json
import stat
import sys
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.cli import Captured, Run
from support.warehouse import Sparkify


@pytest.fixture
def one_play(delivered: Sparkify, configuration: Path) -> Path:
    """The configuration of a warehouse in which one song was played, on 15 November 2018."""
    delivered.load()
    return configuration


def test_the_report_is_written_and_its_path_printed(one_play: Path, tmp_path: Path, run: Run, capsys: Captured) -> None:
    """The old file is replaced, with the permissions of a new file."""
    target = tmp_path / "new.html"
    target.write_text("old")
    assert run("--config", one_play, "report", "-o", target) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(target.stat().st_mode) & stat.S_IRUSR
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert 800_000 < target.stat().st_size < 3_000_000


def test_an_empty_page_is_pointed_out(one_play: Path, tmp_path: Path, run: Run, capsys: Captured) -> None:
    days = ("--from", "2030-01-01", "--to", "2030-01-31")
    assert run("--config", one_play, "report", "-o", tmp_path / "page.html", *days) == 0
    assert capsys.readouterr().err.endswith(
        "The page is empty: the warehouse has plays from 2018-11-15 to 2018-11-15.\n"
    )


def test_a_dash_is_standard_output(one_play: Path, run: Run, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("report", "-o", "-", "--from", "2018-11-01", "--to", "2018-11-15")
    assert run("--config", one_play, *arguments) == 0
    written = capsysbinary.readouterr().out
    assert written.startswith(b"<!DOCTYPE html>")
    assert written.endswith(b"</html>")
    assert b"1 to 15 November 2018, 15 days" in written


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "nowhere/report.html"], "The directory {here}/nowhere does not exist: create it first."),
        (["-o", "."], "{here} is not a file: name a file for the report"),
        (["-o", "-", "--open"], "--open needs a file"),
        (["--from", "2018-11-16", "--to", "2018-11-15"], "must not come after the last"),
        (["--from", "2016-01-01"], "at most 366 days"),
        (
            ["--from", "2030-01-01"],
            "The last day with plays that is over is 2018-11-15, and",
        ),
        (["-o", "-", "--json"], "--json needs a file"),
    ],
)
def test_an_invalid_call_prints_one_sentence(
    one_play: Path,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("--config", one_play, "report", *arguments) == 2
    assert complaint.format(here=tmp_path.resolve()) in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "report.html").exists()


@pytest.fixture
def browser_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the browser of the environment, which Python looks for once."""

    def browser_of(command: str) -> None:
        monkeypatch.setenv("BROWSER", command)
        monkeypatch.setenv("PATH", "")  # where others might be
        importlib.reload(webbrowser)

    yield browser_of
    monkeypatch.undo()
    importlib.reload(webbrowser)


def test_the_report_is_opened_in_the_browser(
    one_play: Path, tmp_path: Path, run: Run, capsys: Captured,
    browser_of: Callable[[str], None],
) -> None:  # fmt: skip
    target, opened = tmp_path / "what we hear.html", tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    browser_of(str(browser))
    assert run("--config", one_play, "report", "-o", target, "--open") == 0
    assert opened.read_text() == f"{target.as_uri()}\n"
    assert capsys.readouterr().out == f"{target}\n"


def test_json_has_the_days_and_without_a_browser_the_page_is_still_written(
    one_play: Path, tmp_path: Path, run: Run, capsys: Captured,
    browser_of: Callable[[str], None],
) -> None:  # fmt: skip
    target = tmp_path / "new.html"
    browser_of(str(tmp_path / "none"))
    assert run("--config", one_play, "report", "-o", target, "--json", "--open") == 0
    output = capsys.readouterr()
    written = json.loads(output.out)
    assert written.pop("freshness")["newest"]["time"] == "2018-11-15T12:30:00"
    assert written == {"path": str(target), "first": "2018-11-15", "last": "2018-11-15", "plays": 1}
    assert output.err == "Cannot start a browser: open the file yourself.\n"
    assert target.exists()


def test_without_the_extra_the_command_says_what_to_install(
    one_play: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    monkeypatch.chdir(tmp_path)
    assert run("--config", one_play, "report") == 2
    message = "A report needs altair, which is not installed: pip install 'sparkify-dwh[report]'."
    assert message in capsys.readouterr().err
