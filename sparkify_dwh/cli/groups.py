"""The commands in the help: in groups, each with its first sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

GROUPS = {
    "First steps": ("demo", "doctor", "cluster", "upgrade", "completion"),
    "Loading": ("plan", "load", "history", "pack", "restore"),
    "Querying": ("query", "report", "export", "schema", "sql"),
    "Maintenance": ("check", "physical", "grant", "verify", "reset"),
    "Without a cluster": ("standin", "simulate"),
}
OTHER_COMMANDS = "Other commands"

# Options of the program, which click accepts only before the command's name.
PROGRAM_OPTIONS = ("--config", "--debug", "--quiet", "-q", "--verbose", "-v")

MAX_HELP_CHARACTERS = 1000  # so that the first sentence is never cut


class OutputClosed(Exception):
    """The reader of the output has closed it."""


class Commands(click.Group):
    """Commands in groups. A closed output is raised as :class:`OutputClosed`; click itself would exit with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise OutputClosed from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, names in group_names(self.list_commands(ctx)):
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [
                (name, command.get_short_help_str(MAX_HELP_CHARACTERS))
                for name, command in commands
                if command and not command.hidden
            ]
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=12)


def group_names(names: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the headings of ``GROUPS`` with their names, and other names last."""
    for heading, group in GROUPS.items():
        if present := [name for name in group if name in names]:
            yield heading, present
    known = {name for group in GROUPS.values() for name in group}
    if others := [name for name in names if name not in known]:
        yield OTHER_COMMANDS, others


def explain_option(error: click.ClickException) -> click.ClickException:
    """Return the error, or a clearer one for an option of the program that was given after the command."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None or error.option_name not in PROGRAM_OPTIONS:
        return error
    program, name = error.ctx.find_root().command_path, error.option_name
    command = error.ctx.command_path.removeprefix(program).strip()
    option = f"{name} PATH" if name == "--config" else name
    return click.UsageError(f"{name} goes before the command: {program} {option} {command} ...", error.ctx)
