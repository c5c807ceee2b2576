"""Exit codes of commands that are interrupted or terminated, or whose output is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from support.cli import Captured, Run
from support.warehouse import Sparkify


@pytest.fixture
def signalled(sparkify: Sparkify) -> Iterator[list[int]]:
    """Signals to send to the process, once each, when songs is filled."""
    signals: list[int] = []

    def send(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO songs ") and signals:
            os.kill(os.getpid(), signals.pop())

    event.listen(Engine, "before_cursor_execute", send)
    yield signals
    event.remove(Engine, "before_cursor_execute", send)


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGINT, 130, "Error: Interrupted."),
        (signal.SIGTERM, 143, "Error: Terminated."),
        (signal.SIGHUP, 129, "Error: Hung up."),
    ],
)
def test_an_interrupted_load_is_rolled_back_and_in_the_history(
    delivered: Sparkify,
    configuration: Path,
    signalled: list[int],
    run: Run,
    capfd: Captured,
    number: int,
    code: int,
    message: str,
) -> None:
    signalled.append(number)
    assert run("--config", configuration, "load") == code
    assert message in capfd.readouterr().err
    assert delivered.one("SELECT count(*) FROM artists") == 0
    ((outcome, report),) = delivered.rows("SELECT outcome, report FROM loads")
    assert outcome == "failed"
    assert "The load was interrupted and rolled back." in report
    assert run("--config", configuration, "history") == 0
    assert capfd.readouterr().out.endswith(
        ": The load was interrupted and rolled back.\nThere is no play yet; no load has succeeded yet.\n"
    )


def command(*arguments: str, reader: list[str], **environment: str) -> list[int]:
    """Exit codes of a command and of the reader of its output."""
    program = [sys.executable, "-m", "sparkify_dwh", *arguments]
    with subprocess.Popen(program, stdout=subprocess.PIPE, env=os.environ | environment) as writing:
        done = subprocess.run(reader, stdin=writing.stdout, stdout=subprocess.DEVNULL, check=False)
        assert writing.stdout is not None
        writing.stdout.close()
    return [writing.returncode, done.returncode]


def test_a_closed_output_is_not_an_error() -> None:
    assert command("sql", "songplays", reader=["true"]) == [0, 0]


def test_output_that_cannot_be_written_is_an_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this machine")
    with Path("/dev/full").open("w") as full:
        program = [sys.executable, "-m", "sparkify_dwh", "schema"]
        ended = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        1, "Error: Cannot write the output: No space left on device. What the command did before that is done.\n"
    )  # fmt: skip


def test_colours_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org"""
    pty = pytest.importorskip("pty")
    for value, coloured in (("", True), ("1", False)):
        ours, theirs = pty.openpty()
        arguments = [sys.executable, "-m", "sparkify_dwh", "report", "-o", "-", "--open"]
        subprocess.run(arguments, stderr=theirs, env=os.environ | {"NO_COLOR": value}, check=False)
        os.close(theirs)
        assert (b"\x1b[31m" in os.read(ours, 10_000)) is coloured
        os.close(ours)
