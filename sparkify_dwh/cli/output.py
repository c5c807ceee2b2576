"""Output that several commands share: JSON, plain text from docstrings, files that can be written."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import click

from sparkify_dwh.errors import UsageError


def plain_text(docstring: str | None) -> str:
    """What a docstring says, for people who read no reStructuredText."""
    return inspect.cleandoc(docstring or "").replace("``", "")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def check_output(file: Path | None) -> None:
    """See that a file can stand where it is to be written, before anything is done for it. Raises :class:`UsageError`."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(
            f"{file} needs a directory that is there, and {file.absolute().parent} is not: create it first."
        )
