"""``sparkify-dwh completion``: shell completion of commands and options, by click, and of names of questions and tables.

Load ids are not completed, because that takes a connection, and perhaps a login to AWS, for every key press.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

if TYPE_CHECKING:
    from sparkify_dwh.base import Base
    from sparkify_dwh.warehouse import Warehouse

PROGRAM = "sparkify-dwh"
VARIABLE = "_SPARKIFY_DWH_COMPLETE"  # as click derives it from the program's name
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script with which SHELL completes commands, options, and names of questions and tables.

    \b
    bash:  echo 'eval "$(sparkify-dwh completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(sparkify-dwh completion zsh)"' >> ~/.zshrc
    fish:  sparkify-dwh completion fish > ~/.config/fish/completions/sparkify-dwh.fish

    It takes effect in new shells. bash needs version 4.4; zsh needs `autoload -Uz compinit && compinit` before that line,
    which most configurations have.

    \b
    Example:  sparkify-dwh completion bash
    """
    completion_class = get_completion_class(shell)
    assert completion_class is not None
    click.echo(completion_class(context.find_root().command, {}, PROGRAM, VARIABLE).source())


def _questions(_warehouse: Warehouse) -> Mapping[str, str | None]:
    """Return the names of the questions, each with the question."""
    from sparkify_dwh.cli.questions import heading, questions

    return {name: heading(question) for name, question in questions().items()}


def _all_tables(warehouse: Warehouse) -> Mapping[str, str | None]:
    return _comments(warehouse.models)


def _filled_tables(warehouse: Warehouse) -> Mapping[str, str | None]:
    """Return the tables that a load fills by statements."""
    return _comments((*warehouse.star, *warehouse.staging))


def _star_tables(warehouse: Warehouse) -> Mapping[str, str | None]:
    return _comments(warehouse.star)


def _comments(models: Iterable[type[Base]]) -> Mapping[str, str | None]:
    return {model.__tablename__: model.table().comment for model in models}


DescribedNames = Callable[["Warehouse"], Mapping[str, str | None]]

COMPLETED: dict[tuple[str, str], DescribedNames] = {
    ("query", "name"): _questions,
    ("schema", "table"): _all_tables,
    ("sql", "table"): _filled_tables,
    ("export", "tables"): _star_tables,
}
"""By command and parameter, the names that a shell offers, each with a description. Other texts can still be typed."""


class Names(click.types.StringParamType):
    """A text for which the shell offers names, or none if an error occurs."""

    def __init__(self, names: DescribedNames) -> None:
        self._names = names

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 (as click calls it)
        incomplete: str,
    ) -> list[CompletionItem[Any]]:
        with suppress(Exception):  # an error would be printed into the line that the user is typing
            from sparkify_dwh.settings import sparkify

            known = self._names(ctx.find_root().obj or sparkify()).items()
            return [CompletionItem(name, help=about) for name, about in known if name.startswith(incomplete)]
        return []


def complete_names(program: click.Group) -> None:
    """Set the type of the parameters in ``COMPLETED``, so that the shell offers their names."""
    for (command, name), names in COMPLETED.items():
        for parameter in program.commands[command].params:
            if parameter.name == name:
                parameter.type = Names(names)
