"""The context of a command: its configuration, whether it is quiet, and questions to the person who runs it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh.errors import SparkifyError, UsageError

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.warehouse import Warehouse


@dataclass
class Invocation:
    """One run of the command line."""

    config: Path | None
    debug: bool
    quiet: bool = False
    other_warehouse: Warehouse | None = None

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse that the commands work on: Sparkify's, unless ``main`` was given another."""
        from sparkify_dwh.settings import sparkify

        return self.other_warehouse or sparkify()

    def settings(self) -> Settings:
        from sparkify_dwh.settings import Settings

        return Settings.read(self.config, warehouse=self.warehouse)


pass_invocation = click.make_pass_decorator(Invocation)


def is_quiet() -> bool:
    """Whether the program runs with --quiet."""
    context = click.get_current_context(silent=True)
    invocation = context.find_object(Invocation) if context else None
    return invocation is not None and invocation.quiet


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
