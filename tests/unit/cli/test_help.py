"""The help of all commands, and the place of their options."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from support.checkout import ROOT
from support.cli import Captured, Run

from sparkify_dwh.cli import cli
from sparkify_dwh.cli.groups import GROUPS, OTHER_COMMANDS, group_names
from sparkify_dwh.cli.options import SECONDS
from sparkify_dwh.loading.loader import MAX_WAIT_SECONDS

NAMES = sorted(cli.commands)
README = ROOT / "README.md"


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that is not a group, by its path."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def options() -> Iterator[tuple[str, click.Option]]:
    for path, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield path, parameter


def test_every_command_is_in_one_group() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == NAMES


def test_a_command_that_is_in_no_group_is_still_shown() -> None:
    assert list(group_names(["load", "new"])) == [("Loading", ["load"]), (OTHER_COMMANDS, ["new"])]


def test_help_shows_the_groups_and_whole_sentences(run: Run, capsys: Captured) -> None:
    assert run("--help") == 0
    printed = capsys.readouterr().out
    positions = [printed.index(f"\n{heading}:") for heading in GROUPS]
    assert positions == sorted(positions)
    assert "..." not in printed.partition("\n")[2]


def test_options_of_the_program_after_the_command_are_explained(run: Run, capsys: Captured) -> None:
    assert run("load", "--debug") == 2
    errors = capsys.readouterr().err
    assert "Error: --debug goes before the command: " in errors
    assert errors.endswith(" --debug load ...\n")
    assert run("load", "--config", "dwh.cfg") == 2
    assert capsys.readouterr().err.endswith(" --config PATH load ...\n")
    assert run("load", "--jsno") == 2
    assert "No such option" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["--json", "--yes", "--overwrite", "--force", "--dry-run"])
def test_an_option_is_a_flag_in_all_commands_or_in_none(name: str) -> None:
    matches = [option for _, option in options() if name in option.opts]
    assert matches
    assert all(option.is_flag for option in matches)


@pytest.mark.parametrize(
    "name",
    [
        "--json",
        "--yes",
        "--from",
        "--to",
        "--since",
        "--until",
        "--files",
        "--force",
        "--wait",
        "--dry-run",
        "--snapshot",
    ],
)
def test_an_option_has_the_same_help_in_all_commands(name: str) -> None:
    """But --to, which is a day, is whoever gets the rights in `grant`."""
    matches = [option for path, option in options() if name in option.opts and (path, name) != ("grant", "--to")]
    assert len(matches) > 1
    assert len({(option.help, type(option.type), option.metavar) for option in matches}) == 1


def test_commands_that_report_data_have_json() -> None:
    """A demonstration, SQL, a script, policies, which are JSON, and a server that runs until it is stopped."""
    without = {
        path for path, command in commands() if not any("--json" in parameter.opts for parameter in command.params)
    }
    assert without == {"demo", "sql", "completion", "cluster policy", "standin serve"}


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["query", "top-songs", "--from"], "--from"),
        (["query", "top-songs", "--to"], "--to"),
        (["report", "--from"], "--from"),
        (["report", "--to"], "--to"),
        (["load", "--since"], "--since"),
        (["plan", "--since"], "--since"),
    ],
)
@pytest.mark.parametrize("day", ["yesterday", "2018-11-31", "2018-11-15 12:00", "20181115", ""])
def test_an_invalid_date_has_the_same_error_everywhere(
    arguments: list[str], option: str, day: str, run: Run, capsys: Captured
) -> None:
    assert run(*arguments, day) == 2
    sentence = f"Error: Invalid value for '{option}': Invalid date {day!r}: use YYYY-MM-DD.\n"
    assert capsys.readouterr().err.endswith(sentence)


@pytest.mark.parametrize("path", sorted(path for path, _ in commands()))
def test_every_command_has_help_with_an_example_and_is_in_the_readme(path: str) -> None:
    assert f"Example:  sparkify-dwh {path}" in (dict(commands())[path].help or "")
    reference = README.read_text().split("\n## Commands\n")[1].split("\n## ")[0]
    assert re.search(rf"`sparkify-dwh {path}[` ]", reference)


def test_every_option_has_help() -> None:
    assert [(path, option.name) for path, option in options() if not option.help] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["pack", "a", "b", "--part-mb", "0"],
        ["pack", "a", "b", "--parts", "0"],
        ["simulate", "x", "--songs-per-file", "0"],
        ["demo", "--songs", "-1"],
        ["load", "--max-errors", "-1"],
        ["load", "--max-errors", "100000"],
        ["query", "top-songs", "--limit", "2147483648"],
        ["history", "--limit", "2147483648"],
    ],
)
def test_an_invalid_number_is_refused_with_the_name_of_its_option(
    arguments: list[str], run: Run, capsys: Captured
) -> None:
    assert run(*arguments) == 2
    assert f"Invalid value for '{arguments[-2]}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quiet", "-v", "demo"],
        ["--config", "dwh.cfg", "demo"],
        ["pack", "a", "b", "--parts", "2", "--part-mb", "64"],
        ["plan", "--no-trial", "--sample", "2"],
        ["history", "5c3e1eda", "--limit", "1"],
    ],
)
def test_options_that_exclude_each_other_are_refused(arguments: list[str], run: Run, capsys: Captured) -> None:
    assert run(*arguments) == 2
    assert "leave out " in capsys.readouterr().err


@pytest.mark.parametrize("wait", ["nan", "inf", "1e12", "-1"])
@pytest.mark.parametrize("command", ["load", "restore"])
def test_an_endless_wait_is_refused(command: str, wait: str, run: Run, capsys: Captured) -> None:
    assert run(command, "--wait", wait) == 2
    assert "Invalid value for '--wait'" in capsys.readouterr().err
    assert SECONDS.max == MAX_WAIT_SECONDS


@pytest.mark.parametrize("arguments", [["load", "--max-errors", "x"], ["plan", "--sample", "x"]])
def test_a_word_for_a_number_is_called_no_number(run: Run, capsys: Captured, arguments: list[str]) -> None:
    assert run(*arguments) == 2
    assert f"Invalid value for '{arguments[1]}': 'x' is not a valid number." in capsys.readouterr().err


def test_the_command_line_is_imported_without_heavy_imports() -> None:
    """Help and completion answer at once: SQLAlchemy and the like are imported by the commands that need them."""
    heavy = ("sqlalchemy", "alembic", "redshift_connector", "boto3", "psycopg", "pyarrow", "jinja2", "altair")
    code = f"import sys, sparkify_dwh.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
