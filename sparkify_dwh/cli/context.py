"""What every command shares: the settings it runs with, and how it shows that it is at work."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from sparkify_dwh.errors import SparkifyError, UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from sparkify_dwh.cli.layout import Column
    from sparkify_dwh.settings import Settings


@dataclass
class Invocation:
    """One run of the command line."""

    config: Path | None
    debug: bool
    quiet: bool = False

    def settings(self) -> Settings:
        from sparkify_dwh.settings import Settings

        return Settings.read(self.config)


pass_invocation = click.make_pass_decorator(Invocation)


def confirm(question: str, kept: str) -> None:
    """Ask, and go on when the answer is yes.

    Raises :class:`SparkifyError`, which says what is ``kept``, for a no, and :class:`UsageError` where nobody answers.
    """
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort as abort:
        click.echo(err=True)
        if sys.stdin.isatty() or isinstance(abort.__context__, KeyboardInterrupt):
            raise
        raise UsageError(f"Nobody answered, so {kept}. To go on without being asked, pass --yes.") from None
    if not sys.stdin.isatty():
        click.echo(err=True)  # an answer that comes from no terminal brings no line feed there
    if not agreed:
        raise SparkifyError(f"It was not wanted, so {kept}.")


def check_output(file: Path | None) -> None:
    """See that a file can stand where it is to be written, before anything is done for it. Raises :class:`UsageError`."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(
            f"{file} needs a directory that is there, and {file.absolute().parent} is not: create it first."
        )


NO_PLAYS = "the warehouse holds no plays. Load some: sparkify-dwh load."


def plays_held(settings: Settings) -> str | None:
    """Of which days the warehouse has plays, for those who asked for others; None when it has none at all."""
    from sparkify_dwh.analytics import days_of_data, run

    (known,) = run(days_of_data(), settings)
    return f"the warehouse holds plays from {known.first_day} to {known.last_day}" if known.plays else None


def is_quiet() -> bool:
    """Whether the program runs with --quiet."""
    context = click.get_current_context(silent=True)
    invocation = context.find_object(Invocation) if context else None
    return invocation is not None and invocation.quiet


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
def counted(description: str, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
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


def about(docstring: str | None) -> str:
    """What a docstring says, for people who read no reStructuredText."""
    return inspect.cleandoc(docstring or "").replace("``", "")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(title: str, headings: list[str], rows: list[tuple[Any, ...]]) -> None:
    """A table for people; where it is too wide for the terminal, line by line and a value to a line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sparkify_dwh.cli.layout import broken, column, widths

    columns = [column(heading, [row[place] for row in rows]) for place, heading in enumerate(headings)]
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(Text(title, style="bold"), soft_wrap=True)
    fitting = widths(columns, console.width)
    if fitting is None:
        console.print(*_records(columns), sep="\n", soft_wrap=True)
        return
    table = Table()
    for each, width in zip(columns, fitting, strict=True):
        justify: Literal["right", "left"] = "right" if each.is_amount else "left"
        table.add_column(Text(broken(each.heading, width)), justify=justify, overflow="fold", width=width)
    for cells in zip(*(each.cells for each in columns), strict=True):
        table.add_row(*map(Text, cells))
    console.print(table)


def _records(columns: list[Column]) -> Iterator[Text]:
    """What is too wide for a table: nothing of it is cut."""
    from rich.text import Text

    longest = max(len(each.heading) for each in columns)
    for number, cells in enumerate(zip(*(each.cells for each in columns), strict=True), 1):
        yield Text(f"{number:,}", style="bold")
        for each, cell in zip(columns, cells, strict=True):
            yield Text(f"  {each.heading:<{longest}}  {cell}")
