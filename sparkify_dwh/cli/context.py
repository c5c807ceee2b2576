"""The context of a command: its configuration, whether it is quiet, and confirmation by the user."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh.errors import ConfigurationError, SparkifyError, UsageError

if TYPE_CHECKING:
    from sparkify_dwh.checks.rules import CheckRules
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

    def check_rules(self) -> CheckRules:
        """Return what the configuration says about checks. If it cannot be read, say so, and return the declared rules."""
        from sparkify_dwh.checks.rules import DECLARED_RULES

        try:
            return self.settings().checks
        except ConfigurationError as error:
            if self._is_configured():
                click.echo(f"Checks and values are shown as declared, without the configuration: {error}", err=True)
            return DECLARED_RULES

    def _is_configured(self) -> bool:
        from sparkify_dwh.config.fields import PREFIX
        from sparkify_dwh.config.file import configuration_file

        has_variables = any(name.startswith(PREFIX) for name in os.environ)
        return has_variables or configuration_file(self.config, os.environ).is_file()

    def search_path(self) -> list[str]:
        """Return the statement that a printed one needs before it; none without schemas, or without a configuration."""
        from sparkify_dwh.sql.render import search_path

        try:
            return search_path(self.settings().schemas)
        except ConfigurationError:  # nothing that is printed needs one
            return []


pass_invocation = click.make_pass_decorator(Invocation)


def is_quiet() -> bool:
    """Return whether the program runs with --quiet."""
    context = click.get_current_context(silent=True)
    invocation = context.find_object(Invocation) if context else None
    return invocation is not None and invocation.quiet


def confirm(question: str, outcome: str) -> None:
    """Ask the user to confirm. ``outcome`` says what happens otherwise, such as "nothing was deleted".

    Raises :class:`SparkifyError` if the user declines, and :class:`UsageError` without input.
    """
    try:
        confirmed = click.confirm(question, err=True)
    except click.Abort as abort:
        click.echo(err=True)
        if sys.stdin.isatty() or isinstance(abort.__context__, KeyboardInterrupt):
            raise
        raise UsageError(f"No input: {outcome}", "Use --yes to skip the question.") from None
    if not sys.stdin.isatty():
        click.echo(err=True)  # the line feed of an answer that is not typed is not echoed
    if not confirmed:
        raise SparkifyError(f"Cancelled: {outcome}.")
