"""Progress on standard error: steps, and bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from sparkify_dwh.cli.context import is_quiet


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show the steps of something that takes a while: a spinner on a terminal, a line a step elsewhere."""
    if quiet or is_quiet():
        yield lambda _step: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield status.update
    else:
        yield _echo


def _echo(step: str) -> None:
    """Progress is nobody's business but the reader's: one that has gone away stops nothing."""
    with suppress(OSError):
        click.echo(step, err=True)


@contextmanager
def progress_bars(description: str, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far something has come: bars on a terminal, nothing elsewhere. Called with (what, done, of how many)."""
    quiet = quiet or is_quiet()
    if quiet or not sys.stderr.isatty():
        if not quiet:
            click.echo(description, err=True)
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
