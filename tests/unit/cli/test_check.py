"""sparkify-dwh check: its table, its JSON and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from support.warehouse import Sparkify, a_standin

from sparkify_dwh.checks.run import all_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.cli.check import check
from sparkify_dwh.cli.context import Invocation
from sparkify_dwh.errors import CheckError, ConfigurationError, NotMigratedError
from sparkify_dwh.sparkify import SPARKIFY


def change(sparkify: Sparkify, statement: str) -> None:
    with sparkify.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def invocation(loaded: Sparkify) -> Invocation:
    """A run of the command line with the warehouse of the tests, in which one song was played."""
    path = loaded.directory / "dwh.cfg"
    path.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={loaded.settings.standin_directory}\n")
    return Invocation(path, debug=False)


def test_the_command_prints_every_check(invocation: Invocation) -> None:
    result = CliRunner().invoke(check, obj=invocation)
    assert result.exit_code == 0
    assert all(each.name in result.stdout for each in all_checks(SPARKIFY.star, SPARKIFY.checks, Scope()))
    assert not re.search("failed|warning", result.stdout)


def test_the_command_names_the_rows_and_ends_with_8(invocation: Invocation, sparkify: Sparkify) -> None:
    change(sparkify, "UPDATE users SET gender = 'X'")
    change(sparkify, "UPDATE songplays SET user_id = NULL")
    result = CliRunner().invoke(check, obj=invocation)
    assert "failed: Every gender of users is F or M; not so: user_id 15, gender X." in result.stdout
    assert "warning: Every play is by a user; not so: session_id 818" in result.stdout
    assert isinstance(result.exception, CheckError)
    assert result.exception.exit_code == 8
    assert "users.gender is an allowed value" in str(result.exception)


def test_a_warning_does_not_change_the_exit_code(invocation: Invocation, sparkify: Sparkify) -> None:
    change(sparkify, "UPDATE songplays SET user_id = NULL")
    assert CliRunner().invoke(check, obj=invocation).exit_code == 0


def test_the_command_as_json_prints_nothing_else(invocation: Invocation, sparkify: Sparkify) -> None:
    change(sparkify, "UPDATE users SET level = 'gold'")
    result = CliRunner().invoke(check, ["--json"], obj=invocation)
    found = {each["name"]: each for each in json.loads(result.stdout)}
    assert found["users.level is an allowed value"]["examples"] == [{"user_id": 15, "level": "gold"}]
    assert found["users.level is an allowed value"]["state"] == "failed"
    assert isinstance(result.exception, CheckError)


def add_rules(invocation: Invocation, lines: str) -> None:
    assert invocation.config is not None
    with invocation.config.open("a") as file:
        file.write(lines)


def test_the_configuration_changes_what_a_failing_row_means(invocation: Invocation, sparkify: Sparkify) -> None:
    change(sparkify, "UPDATE users SET gender = 'X', level = 'premium'")
    change(sparkify, "UPDATE songplays SET user_id = NULL, song_length = 0")
    add_rules(
        invocation,
        "[CHECKS]\nusers.gender is an allowed value=warning\nplays have a user=warning, error above 0.5%\n"
        "plays have a positive length=off\n[ALLOWED_VALUES]\nusers.level=free, paid, premium\n",
    )
    result = CliRunner().invoke(check, obj=invocation)
    assert "warning: Every gender of users is F or M; not so: user_id 15" in result.stdout
    assert "user_id NULL (1 of 1 rows, an error above 0.5%)." in result.stdout
    assert re.search(r"plays have a positive length +│ off +│", result.stdout)
    assert isinstance(result.exception, CheckError)
    assert result.exception.message.endswith(" checks failed: plays have a user")


def test_the_list_shows_severities_beside_the_declared_ones(invocation: Invocation) -> None:
    """Also those of checks that only a load has."""
    add_rules(invocation, "[CHECKS]\nplays have a user=error\n[ALLOWED_VALUES]\nusers.level=free, premium\n")
    result = CliRunner().invoke(check, ["--list"], obj=invocation)
    assert result.exit_code == 0
    assert re.search(r"plays have a user +│ error +│ warning +│", result.stdout)
    assert re.search(r"songplays has all that was staged +│ error +│ error +│", result.stdout)
    listed = json.loads(CliRunner().invoke(check, ["--list", "--json"], obj=invocation).stdout)
    assert [each["name"] for each in listed] == list(SPARKIFY.check_names)
    (level,) = [each for each in listed if each["name"] == "users.level is an allowed value"]
    assert level == {
        "name": "users.level is an allowed value",
        "about": "Every level of users is free or premium.",
        "severity": "error",
        "default": "error",
    }


def test_the_list_helps_with_a_name_that_does_not_exist(invocation: Invocation) -> None:
    """Running the checks is refused."""
    add_rules(invocation, "[CHECKS]\nplays have no user=error\n")
    result = CliRunner().invoke(check, ["--list"], obj=invocation)
    assert result.exit_code == 0
    assert "did you mean 'plays have a user'?" in result.stderr
    assert "plays have a user" in result.stdout
    assert isinstance(CliRunner().invoke(check, obj=invocation).exception, ConfigurationError)


def test_a_warehouse_that_was_not_migrated_is_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "dwh.cfg"
    with a_standin() as settings:
        path.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={settings.standin_directory}\n")
        result = CliRunner().invoke(check, obj=Invocation(path, debug=False))
    assert isinstance(result.exception, NotMigratedError)
