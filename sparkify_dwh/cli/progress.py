"""Progress on standard error: steps, and bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from sparkify_dwh.cli.context import is_quiet


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show the steps of a long operation: a spinner on a terminal, one line per step elsewhere."""
    if quiet or is_quiet():
        yield lambda _step: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield status.update
    else:
        yield _echo


def _echo(step: str) -> None:
    """Print a step. The operation continues if standard error is closed."""
    with suppress(OSError):
        click.echo(step, err=True)


@contextmanager
def progress_bars(description: str, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress bars on a terminal, elsewhere only the description. Yield a function of a bar's name, done and total."""
    quiet = quiet or is_quiet()
    if quiet or not sys.stderr.isatty():
        if not quiet:
            click.echo(description, err=True)
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
