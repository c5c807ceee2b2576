"""Sections whose keys are the names of checks and columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkify_dwh import Settings
from sparkify_dwh.config.names import key_of
from sparkify_dwh.doctor.configuration import configuration_findings
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.sparkify import SPARKIFY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dwh.cfg"


def read(file: Path, text: str, **environ: str) -> Settings:
    file.write_text(f"[CLUSTER]\nHOST=standin\n{text}\n")
    return Settings.read(file, environ)


def test_every_name_has_a_key_of_its_own() -> None:
    names = [*SPARKIFY.check_names, *SPARKIFY.allowed_values, "MAX_AGE"]
    assert len({key_of(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    "line",
    [
        "users.level is an allowed value = warning, error above 1%",
        "Users.Level IS an allowed value: Warning, error above 1%",
        "users_level_is_an_allowed_value='warning, error above 1%'",
        "  USERS_LEVEL_IS_AN_ALLOWED_VALUE =   warning,error above 1 %",
    ],
)
def test_a_check_is_named_as_it_is_printed_or_with_underscores(file: Path, line: str) -> None:
    severities = read(file, f"[CHECKS]\n{line}").checks.severities
    assert {name: str(rule) for name, rule in severities.items()} == {
        "users.level is an allowed value": "warning, error above 1%"
    }


def test_the_environment_wins(file: Path) -> None:
    variables = {
        "SPARKIFY_DWH_CHECKS_PLAYS_HAVE_A_USER": "off",
        "SPARKIFY_DWH_ALLOWED_VALUES_USERS_LEVEL": "free,paid,premium",
    }
    rules = read(file, "[CHECKS]\nplays have a user=error", **variables).checks
    assert str(rules.severities["plays have a user"]) == "off"
    assert rules.allowed_values == {"users.level": ("free", "paid", "premium")}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[CHECKS]\nplays have a usr=off", "[CHECKS] PLAYS_HAVE_A_USR does not exist, did you mean 'plays have a user'? "
         "`sparkify-dwh check --list` has the names of the checks."),
        ("[CHECKS]\nx=off", "[CHECKS] X does not exist: `sparkify-dwh check --list` has the names of the checks."),
        ("[ALLOWED_VALUES]\nlevel=free", "[ALLOWED_VALUES] LEVEL does not exist, did you mean 'users.level'?"),
        ("[CHECK]\nplays have a user=off", "[CHECK] is not a known section, did you mean [CHECKS]?"),
        ("[CHECKS]\nplays have a user=off\nplays_have_a_user=error", "gives [CHECKS] PLAYS_HAVE_A_USER a second time"),
        ("[CHECKS]\nplays have a user=maybe", "[CHECKS] plays have a user must be error, warning, off, or a warning with a "
         "limit: 'warning, error above 1%' or 'warning, error above 100 rows', found 'maybe'"),
        ("[ALLOWED_VALUES]\nusers.level=free,,paid", "[ALLOWED_VALUES] users.level has an empty value: remove it"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_sentence(file: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read(file, text)
    assert sentence in str(error.value)


def test_an_unknown_name_in_the_environment_is_refused(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="SPARKIFY_DWH_CHECKS_PLAYS_HAVE_USER does not exist, did you mean"):
        read(file, "", SPARKIFY_DWH_CHECKS_PLAYS_HAVE_USER="off")


def test_the_doctor_says_what_differs(file: Path) -> None:
    read(file, "[CHECKS]\nplays have a user=off\n[ALLOWED_VALUES]\nusers.level=free, premium")
    sentences = [finding.sentence for finding in configuration_findings(file, {}, SPARKIFY)]
    assert "The configuration changes the checks: plays have a user = off; users.level = free, premium." in sentences
