"""Output that several commands share: JSON, docstrings as plain text, a check of the output file."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import click

from sparkify_dwh.errors import UsageError


def plain_text(docstring: str | None) -> str:
    """Return a docstring without the marks of reStructuredText."""
    return inspect.cleandoc(docstring or "").replace("``", "")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def require_writable(file: Path | None) -> None:
    """Raise :class:`UsageError` if the directory of an output file does not exist. Called before a long operation."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(f"Cannot write {file}: the directory {file.absolute().parent} does not exist; create it first")
