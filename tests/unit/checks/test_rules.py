"""What dwh.cfg says about checks holds in a load, in `check`, in the history and on the report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection
from support.records import a_song, an_event
from support.sql import sql
from support.stars import fill, run, scope_of_batch, stage
from support.warehouse import Sparkify

from sparkify_dwh.checks.check import CheckResult, explain
from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.checks.run import all_checks, all_screens, run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.errors import CheckError, ConfigurationError
from sparkify_dwh.loading.ledger_entries import one_load
from sparkify_dwh.loading.report import LoadReport
from sparkify_dwh.loading.stored_reports import report_of
from sparkify_dwh.sparkify import SPARKIFY

LEVEL = "songplays.level is an allowed value"
LEVELS = {"users.level": ("free", "paid", "premium"), "songplays.level": ("free", "paid", "premium")}


def with_rules(
    sparkify: Sparkify,
    severities: Mapping[str, str] | None = None,
    allowed_values: Mapping[str, Sequence[str]] | None = None,
) -> Sparkify:
    rules = CheckRules.of(severities=severities, allowed_values=allowed_values)
    sparkify.settings = replace(sparkify.settings, checks=rules)
    return sparkify


def deliver(sparkify: Sparkify, *events: dict[str, Any]) -> None:
    sparkify.logs("a.json", *events)
    sparkify.songs("a.json", a_song())


def states(report: LoadReport) -> dict[str, str]:
    return {result.name: result.state for result in report.checks}


def results(connection: Connection, rules: CheckRules, scope: Scope | None = None) -> dict[str, CheckResult]:
    found = run_checks(connection, SPARKIFY.star, SPARKIFY.checks, scope or Scope(), rules)
    return {result.name: result for result in found}


def test_a_value_that_is_allowed_in_the_configuration_is_loaded(sparkify: Sparkify) -> None:
    deliver(sparkify, an_event(level="premium"))
    with pytest.raises(CheckError, match=r"set \[CHECKS\] or \[ALLOWED_VALUES\] in dwh\.cfg"):
        sparkify.load()
    report = with_rules(sparkify, allowed_values=LEVELS).load()
    assert report.warnings == []
    assert set(states(report).values()) == {"ok"}
    assert sparkify.rows("SELECT level FROM songplays") == [("premium",)]


def test_the_values_of_the_configuration_are_all_that_is_allowed(sparkify: Sparkify) -> None:
    deliver(sparkify, an_event(level="paid"))
    with pytest.raises(CheckError, match="Every level of users is free or premium; not so: user_id 15, level paid"):
        with_rules(sparkify, allowed_values={"users.level": ("free", "premium")}).load()


def test_an_error_that_is_a_warning_is_loaded_and_reported(sparkify: Sparkify) -> None:
    deliver(sparkify, an_event(level="premium"))
    warned = dict.fromkeys(("users.level is an allowed value", LEVEL), "warning")
    report = with_rules(sparkify, warned).load()
    assert states(report)[LEVEL] == "warning"
    assert [warning.partition(";")[0] for warning in report.warnings] == [
        "Every level of users is free or paid",
        "Every level of songplays is free or paid",
    ]


def test_a_warning_that_is_an_error_rolls_the_load_back(sparkify: Sparkify) -> None:
    deliver(sparkify, an_event(length=-1))
    with pytest.raises(CheckError, match="more than 0 seconds") as error:
        with_rules(sparkify, {"plays have a positive length": "error"}).load()
    assert [result.severity for result in error.value.results] == ["error"]
    assert sparkify.one("SELECT count(*) FROM songplays") == 0


def test_a_check_that_is_off_is_not_run_and_named(sparkify: Sparkify) -> None:
    deliver(sparkify, an_event(length=-1))
    report = with_rules(sparkify, {"plays have a positive length": "off"}).load()
    assert states(report)["plays have a positive length"] == "off"
    assert report.warnings == []
    assert str(report).splitlines()[-1] == "  1 check off: plays have a positive length"
    with sparkify.engine.connect() as connection:
        stored = one_load(connection, report.load_id)
    assert str(report_of(stored)) == str(report)


def test_no_statement_reads_for_a_check_that_is_off() -> None:
    """The combined statements leave it out too; those of keys go when both checks of a key are off."""
    off = [f"{model.__tablename__} has all that was staged" for model in SPARKIFY.star]
    off += [
        f"{model.__tablename__}.{name} is unique"
        for model in SPARKIFY.star
        for name in [model.key()[0] if len(model.key()) == 1 else "natural_key"]
    ]
    rules = CheckRules.of(severities=dict.fromkeys([*off, LEVEL], "off"))
    scope = Scope(ranges={})
    checks = [check for check in all_checks(SPARKIFY.star, SPARKIFY.checks, scope, rules) if check.severity != "off"]
    screens = all_screens(SPARKIFY.star, scope, checks)
    assert len(screens) == len(SPARKIFY.star)
    assert not any("songplays.level" in sql(screen.finds) for screen in screens)


@pytest.mark.parametrize(
    ("limit", "state"), [("2 rows", "warning"), ("1 row", "failed"), ("50%", "warning"), ("49.9%", "failed")]
)
def test_a_warning_above_its_limit_rolls_the_load_back(sparkify: Sparkify, limit: str, state: str) -> None:
    """The percentage is one of the rows of the batch, whatever the table holds besides."""
    deliver(sparkify, *(an_event(itemInSession=number) for number in range(20)))
    sparkify.load()
    next_day = 1542371400796
    of_batch = [an_event(ts=next_day + number, length=length) for number, length in enumerate((1.5, 1.5, 0, -1))]
    sparkify.logs("b.json", *of_batch)
    with_rules(sparkify, {"plays have a positive length": f"warning, error above {limit}"})
    if state == "warning":
        assert states(sparkify.load())["plays have a positive length"] == "warning"
    else:
        with pytest.raises(CheckError, match=rf"\(2( of 4)? rows, an error above {limit}\)"):
            sparkify.load()


def test_everything_is_checked_by_the_same_rules(connection: Connection) -> None:
    stage(connection)
    fill(connection)
    run(connection, "UPDATE songplays SET level = 'premium', song_length = 0")
    rules = CheckRules.of(
        severities={"plays have a positive length": "warning, error above 10%", "artists are on earth": "off"},
        allowed_values=LEVELS,
    )
    for scope in (Scope(), scope_of_batch(connection)):
        found = results(connection, rules, scope)
        assert (found[LEVEL].state, found["artists are on earth"].state) == ("ok", "off")
        length = found["plays have a positive length"]
        assert (length.state, length.checked, length.tolerance) == ("failed", 1, "10%")
        assert explain(length).endswith("song_length 0.0 (1 of 1 rows, an error above 10%).")


def test_staged_records_that_are_missing_are_counted_among_the_staged(connection: Connection) -> None:
    stage(connection)
    name = "songplays has all that was staged"
    rules = CheckRules.of(severities={name: "warning, error above 100%"})
    result = results(connection, rules, scope_of_batch(connection))[name]
    assert (result.state, result.offenders, result.checked) == ("warning", 1, 1)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"severities": {"plays have an user": "off"}}, r"\[CHECKS\] plays have an user does not exist, did you mean 'plays "
         r"have a user'\? `sparkify-dwh check --list` has the names"),
        ({"allowed_values": {"user.level": ["free"]}}, r"\[ALLOWED_VALUES\] user\.level does not exist, did you mean "
         r"'users\.level'\? `sparkify-dwh schema TABLE` has"),
        ({"severities": {"plays have a user": "warn"}}, r"The severity of 'plays have a user' must be error, .* 'warn'"),
    ],
)  # fmt: skip
def test_names_and_severities_that_do_not_exist_are_refused(
    sparkify: Sparkify, rules: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(sparkify.settings, checks=CheckRules.of(**rules))


def test_a_result_that_an_earlier_version_stored_can_be_read() -> None:
    result = CheckResult("plays have a user", "Every play is by a user.", "warning", 0, [])
    stored = json.loads(json.dumps(result.to_dict()))
    del stored["tolerance"], stored["checked"]
    assert CheckResult.from_dict(stored) == result
