"""The commands in the help: by what they are for, each with its whole first sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

GROUPS = {
    "First steps": ("demo", "doctor", "cluster", "upgrade", "completion"),
    "Loading": ("plan", "load", "history", "pack", "restore"),
    "Asking": ("query", "report", "export", "schema", "sql"),
    "Looking after the warehouse": ("check", "physical", "reset"),
    "Without a cluster": ("standin", "simulate"),
}
OTHERS = "Others"

# Options of the program, which click takes before the command's name alone.
BEFORE_THE_COMMAND = ("--config", "--debug", "--quiet", "-q", "--verbose", "-v")

_LONGEST_HELP = 1000  # the first sentence, however long it is


class ReaderGone(Exception):
    """Whoever read the output has seen enough."""


class Commands(click.Group):
    """The commands, in groups, of which none fails because its output is no longer wanted; click would exit with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGone from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, names in grouped(self.list_commands(ctx)):
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [
                (name, each.get_short_help_str(_LONGEST_HELP)) for name, each in commands if each and not each.hidden
            ]
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=12)


def grouped(names: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The names under the headings of ``GROUPS``, in their order; what is in no group comes last."""
    for heading, group in GROUPS.items():
        if there := [name for name in group if name in names]:
            yield heading, there
    known = {name for group in GROUPS.values() for name in group}
    if others := [name for name in names if name not in known]:
        yield OTHERS, others


def with_place(error: click.ClickException) -> click.ClickException:
    """The error; for an option of the program that stands behind the command, one that says where it goes."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None or error.option_name not in BEFORE_THE_COMMAND:
        return error
    program, name = error.ctx.find_root().command_path, error.option_name
    command = error.ctx.command_path.removeprefix(program).strip()
    option = f"{name} PATH" if name == "--config" else name
    return click.UsageError(f"{name} goes before the command: {program} {option} {command} ...", error.ctx)
