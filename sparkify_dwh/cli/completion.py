"""What a shell completes: commands and options by click itself, and the names that some of them take.

Ids of loads are not completed: to ask for them takes a connection, and perhaps a login with AWS, for every press of a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

PROGRAM = "sparkify-dwh"
VARIABLE = "_SPARKIFY_DWH_COMPLETE"  # as click derives it from the program's name
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands, options, and the names of questions and tables.

    \b
    bash:  echo 'eval "$(sparkify-dwh completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(sparkify-dwh completion zsh)"' >> ~/.zshrc
    fish:  sparkify-dwh completion fish > ~/.config/fish/completions/sparkify-dwh.fish

    It works in shells that are opened afterwards. bash needs version 4.4; zsh needs `autoload -Uz compinit && compinit`
    before that line, which most set-ups have.

    \b
    Example:  sparkify-dwh completion bash
    """
    completing = get_completion_class(shell)
    assert completing is not None
    click.echo(completing(context.find_root().command, {}, PROGRAM, VARIABLE).source())


def _questions() -> Mapping[str, str | None]:
    """The questions, each with what it asks."""
    from sparkify_dwh.cli.questions import heading, questions

    return {name: heading(question) for name, question in questions().items()}


def _tables() -> Mapping[str, str | None]:
    from sparkify_dwh.cli.models import models

    return {name: model.table().comment for name, model in models().items()}


def _filled_tables() -> Mapping[str, str | None]:
    """Those that a load fills by statements."""
    from sparkify_dwh.staging import STAGING
    from sparkify_dwh.star import STAR

    return {model.__tablename__: model.table().comment for model in (*STAR, *STAGING)}


def _star_tables() -> Mapping[str, str | None]:
    from sparkify_dwh.star import STAR

    return {model.__tablename__: model.table().comment for model in STAR}


COMPLETED: dict[tuple[str, str], Callable[[], Mapping[str, str | None]]] = {
    ("query", "name"): _questions,
    ("schema", "table"): _tables,
    ("sql", "table"): _filled_tables,
    ("export", "tables"): _star_tables,
}
"""By command and parameter, the names that a shell offers, each with its meaning. Any text may still be typed."""


class Names(click.types.StringParamType):
    """A text, for which the shell offers names; where these cannot be found, none."""

    def __init__(self, names: Callable[[], Mapping[str, str | None]]) -> None:
        self._names = names

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 (as click calls it)
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[Any]]:
        with suppress(Exception):  # an error would be written into the line that somebody is typing
            known = self._names().items()
            return [CompletionItem(name, help=about) for name, about in known if name.startswith(incomplete)]
        return []


def complete_names(program: click.Group) -> None:
    """Have the names of ``COMPLETED`` offered for the parameters of the program's commands."""
    for (command, name), names in COMPLETED.items():
        for parameter in program.commands[command].params:
            if parameter.name == name:
                parameter.type = Names(names)
