"""Completion in shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from support.cli import Captured, Run

from sparkify_dwh.analytics import QUESTIONS
from sparkify_dwh.cli import cli, completion


def completed(*words: str) -> list[str]:
    """Return the completions of the last word."""
    completing = ShellComplete(cli, {}, completion.PROGRAM, completion.VARIABLE)
    return [item.value for item in completing.get_completions(list(words[:-1]), words[-1])]


def test_commands_and_options_are_completed() -> None:
    assert completed("up") == ["upgrade"]
    assert completed("cluster", "re") == ["resume"]
    assert completed("load", "--m") == ["--max-errors"]


def test_questions_are_completed() -> None:
    assert completed("query", "") == list(QUESTIONS)
    assert completed("query", "top-s") == ["top-songs", "top-states"]


def test_tables_are_completed() -> None:
    assert completed("schema", "load") == ["loads", "load_files", "load_lock"]
    assert completed("sql", "s") == ["songs", "songplays", "staging_events", "staging_songs"]
    assert completed("export", "--table", "s") == ["songs", "songplays"]


def test_every_completed_parameter_exists() -> None:
    for command, name in completion.COMPLETED:
        assert name in [parameter.name for parameter in cli.commands[command].params]


def test_names_that_cannot_be_read_are_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sparkify_dwh.analytics", None)
    assert completed("query", "top") == []


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_gets_a_script(shell: str, run: Run, capsys: Captured) -> None:
    assert run("completion", shell) == 0
    assert f"{completion.VARIABLE}={shell}_complete" in capsys.readouterr().out


def test_bash_completes() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    script = (
        'eval "$(sparkify-dwh completion bash)"; COMP_WORDS=(sparkify-dwh history --l); COMP_CWORD=2; '
        '_sparkify_dwh_completion sparkify-dwh --l history; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", script], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "--limit\n"
