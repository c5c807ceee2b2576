"""The help of the command line as a whole, and where its options go."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from fix_cli import run

from sparkify_dwh.cli import cli
from sparkify_dwh.cli.grouping import GROUPS, OTHERS, grouped

NAMES = sorted(cli.commands)


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its path."""
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


def test_every_command_stands_in_one_group() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == NAMES


def test_a_command_that_is_in_no_group_is_still_shown() -> None:
    assert list(grouped(["load", "new"])) == [("Loading", ["load"]), (OTHERS, ["new"])]


def test_help_shows_the_groups_and_whole_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    printed = capsys.readouterr().out
    places = [printed.index(f"\n{heading}:") for heading in GROUPS]
    assert places == sorted(places)
    assert "..." not in printed.partition("\n")[2]


def test_options_of_the_program_are_sent_to_their_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "load", "--debug") == 2
    errors = capsys.readouterr().err
    assert "Error: --debug goes before the command: " in errors
    assert errors.endswith(" --debug load ...\n")
    assert run(monkeypatch, "load", "--jsno") == 2
    assert "No such option" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["--json", "--yes", "--overwrite", "--force", "--dry-run"])
def test_an_option_of_a_name_is_a_flag_everywhere(name: str) -> None:
    found = [option for _, option in options() if name in option.opts]
    assert found
    assert all(option.is_flag for option in found)


@pytest.mark.parametrize("name", ["--json", "--yes"])
def test_an_option_of_a_name_means_the_same_everywhere(name: str) -> None:
    assert len({option.help for _, option in options() if name in option.opts}) == 1


def test_every_option_has_help() -> None:
    assert [(path, option.name) for path, option in options() if not option.help] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["pack", "a", "b", "--file-mb", "0"],
        ["pack", "a", "b", "--files", "0"],
        ["simulate", "x", "--songs-per-file", "0"],
        ["demo", "--songs", "-1"],
        ["load", "--max-errors", "-1"],
    ],
)
def test_a_number_that_makes_no_sense_is_refused_by_its_options_name(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert f"Invalid value for '{arguments[-2]}'" in capsys.readouterr().err


@pytest.mark.parametrize("wait", ["nan", "inf", "1e12"])
def test_a_wait_without_an_end_is_refused(
    wait: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKIFY_DWH_CLUSTER_HOST", "standin")
    assert run(monkeypatch, "load", "--wait", wait) == 2
    assert "wait_seconds (--wait) be from 0 to 2,000,000" in capsys.readouterr().err
