"""The command line as a person runs it: with a dwh.cfg for the warehouse of the tests."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparkify_dwh.cli import main

if TYPE_CHECKING:
    from support.warehouse import Sparkify

Captured = pytest.CaptureFixture[str]
Run = Callable[..., int]


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def configuration(sparkify: Sparkify) -> Path:
    """A dwh.cfg for the warehouse of the tests."""
    settings = sparkify.settings
    path = sparkify.directory / "dwh.cfg"
    inputs = "".join(f"{key}={url}\n" for key, url in settings.inputs.items())
    path.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={settings.standin_directory}\n[S3]\n{inputs}")
    return path


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command line with these arguments; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["sparkify-dwh", *map(str, arguments)])
    try:
        main()
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run_command`` for one test."""
    return partial(run_command, monkeypatch)
