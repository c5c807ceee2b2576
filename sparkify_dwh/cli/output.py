"""Output that several commands share: JSON, docstrings as plain text, progress on standard error as steps or bars."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from sparkify_dwh.cli.context import is_quiet
from sparkify_dwh.errors import UsageError
from sparkify_dwh.utils.printable import printable, printable_json, printable_lines


def plain_text(docstring: str | None) -> str:
    """Return a docstring without the marks of reStructuredText."""
    return inspect.cleandoc(docstring or "").replace("``", "")


def echo(message: object, *, err: bool = False) -> None:
    """Print a message, in which texts from data may be: control characters other than line feeds are escaped."""
    click.echo(printable_lines(str(message)), err=err)


def print_json(value: Any) -> None:
    click.echo(printable_json(json.dumps(value, indent=2, ensure_ascii=False, default=str)))


def write_exact(content: str | bytes) -> None:
    """Write what a program reads, such as CSV, as it is; on a terminal, a text is escaped like a message."""
    if isinstance(content, str) and sys.stdout.isatty():
        content = printable_lines(content)
    click.echo(content, nl=False)


def require_writable(file: Path | None) -> None:
    """Raise :class:`UsageError` if the directory of an output file does not exist. Called before a long operation."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(
            f"Cannot write {file}: the directory {file.absolute().parent} does not exist", "create it first"
        )


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show the steps of a long operation: a spinner on a terminal, one line per step elsewhere."""
    if quiet or is_quiet():
        yield lambda _step: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        with Console(stderr=True).status("starting") as status:
            yield lambda step: status.update(Text(printable(step)))
    else:
        yield _echo


def _echo(step: str) -> None:
    """Print a step. The operation continues if standard error is closed."""
    with suppress(OSError):
        echo(printable(step), err=True)


@contextmanager
def progress_bars(description: str, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress bars on a terminal, elsewhere only the description. Yield a function of a bar's name, done and total."""
    quiet = quiet or is_quiet()
    if quiet or not sys.stderr.isatty():
        if not quiet:
            echo(description, err=True)
        yield lambda _name, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield show
