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
from sparkify_dwh.errors import CheckError, ConfigurationError, NotMigratedError, UsageError
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
    found = {each["name"]: each for each in json.loads(result.stdout)["checks"]}
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


def age_of_newest(sparkify: Sparkify, hours: float) -> None:
    """Move the play to so many hours before now, by the clock of the warehouse."""
    seconds = int(hours * 3600)
    for table in ("songplays", "time"):
        change(sparkify, f"UPDATE {table} SET start_time = DATEADD(second, {-seconds}, GETDATE())")


def test_data_of_recent_times_passes(invocation: Invocation, sparkify: Sparkify) -> None:
    age_of_newest(sparkify, 35.5)
    result = CliRunner().invoke(check, ["--max-age", "36h"], obj=invocation)
    assert result.exit_code == 0, result.output
    freshness = result.stdout.splitlines()[-1]
    assert re.match(r"The newest play is of \d{4}-\d\d-\d\d \d\d:\d\d UTC, 35 h 30 min ago; the last ", freshness)


def test_data_that_is_too_old_ends_with_8(invocation: Invocation, sparkify: Sparkify) -> None:
    age_of_newest(sparkify, 36.1)
    result = CliRunner().invoke(check, ["--max-age", "1d12h"], obj=invocation)
    assert isinstance(result.exception, CheckError)
    assert re.search(r"^The newest play is of .* UTC, 36 h 6 min ago, and the limit is 36 h: ", str(result.exception))


def test_the_maximum_age_of_the_configuration_holds_without_the_option(
    invocation: Invocation, sparkify: Sparkify
) -> None:
    age_of_newest(sparkify, 3)
    add_rules(invocation, "[CHECKS]\nMAX_AGE=2h\n")
    result = CliRunner().invoke(check, ["--json"], obj=invocation)
    assert isinstance(result.exception, CheckError)
    found = json.loads(result.stdout)
    assert (found["is_too_old"], found["max_age_seconds"], found["is_empty"]) == (True, 7200, False)
    assert 10_800 <= found["freshness"]["newest"]["age_seconds"] < 10_900
    assert CliRunner().invoke(check, ["--max-age", "4h"], obj=invocation).exit_code == 0


def test_old_data_and_failing_checks_are_told_together(invocation: Invocation, sparkify: Sparkify) -> None:
    change(sparkify, "UPDATE users SET gender = 'X'")
    result = CliRunner().invoke(check, ["--max-age", "36h"], obj=invocation)
    assert isinstance(result.exception, CheckError)
    assert re.fullmatch(
        r"1 of \d+ checks failed: users\.gender is an allowed value; the newest play is of 2018-11-15 12:30 UTC, "
        r"[\d,]+ days ago, and the limit is 36 h",
        result.exception.message,
    )


def test_a_play_of_the_future_does_not_hide_that_no_others_follow(invocation: Invocation, sparkify: Sparkify) -> None:
    change(sparkify, "INSERT INTO time SELECT DATEADD(hour, 20, GETDATE()), 0, 1, 1, 1, 1, 0")
    columns = "start_time, level, session_id, item_in_session"
    change(
        sparkify, f"INSERT INTO songplays ({columns}) SELECT DATEADD(hour, 20, GETDATE()), level, 1, 1 FROM songplays"
    )
    result = CliRunner().invoke(check, ["--max-age", "36h"], obj=invocation)
    assert "The newest play is of 2018-11-15 12:30 UTC" in str(result.exception)


def test_an_empty_warehouse_is_said_to_be_empty(invocation: Invocation, sparkify: Sparkify) -> None:
    for table in SPARKIFY.tables:
        change(sparkify, f"DELETE FROM {table}")
    result = CliRunner().invoke(check, obj=invocation)
    assert result.exit_code == 0
    assert "The warehouse is empty: no table of the star has rows" in result.stdout
    result = CliRunner().invoke(check, ["--max-age", "36h", "--json"], obj=invocation)
    assert json.loads(result.stdout)["is_empty"] is True
    assert json.loads(result.stdout)["freshness"]["newest"] is None
    assert str(result.exception).startswith("There is no play yet, and the limit is 36 h: ")


@pytest.mark.parametrize("text", ["36", "yesterday", "0h", ""])
def test_a_maximum_age_is_a_duration(invocation: Invocation, text: str) -> None:
    result = CliRunner().invoke(check, ["--max-age", text], obj=invocation)
    assert result.exit_code == 2
    assert f"{text!r} is not a duration like 36h, 90m or 1d12h." in result.stderr


def test_a_list_has_no_age(invocation: Invocation) -> None:
    result = CliRunner().invoke(check, ["--list", "--max-age", "36h"], obj=invocation)
    assert isinstance(result.exception, UsageError)


def test_a_warehouse_that_was_not_migrated_is_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "dwh.cfg"
    with a_standin() as settings:
        path.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={settings.standin_directory}\n")
        result = CliRunner().invoke(check, obj=Invocation(path, debug=False))
    assert isinstance(result.exception, NotMigratedError)
