"""``sparkify-dwh check``: run the data quality checks, and say how fresh the data is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.checks.rules import RULES_HINT
from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import DURATION, json_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import CheckError, UsageError
from sparkify_dwh.utils.durations import format_duration
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.checks.check import CheckResult
    from sparkify_dwh.checks.freshness import Freshness
    from sparkify_dwh.settings import Settings

EMPTY = (
    "The warehouse is empty: no table of the star has rows, so no check had rows to look at. Run: sparkify-dwh load."
)
ROWS_HINT = (
    "If a file has the right values, load it again with `sparkify-dwh load --force --files NAME`; otherwise correct the "
    f"rows. {RULES_HINT}"
)
AGE_HINT = (
    "`sparkify-dwh plan` shows whether new files have arrived, and `sparkify-dwh history` whether loads have failed."
)


@dataclass(frozen=True)
class Outcome:
    """What the command has found. ``is_too_old`` is set only where there is a maximum age."""

    results: list[CheckResult]
    freshness: Freshness
    is_empty: bool
    max_age: timedelta | None
    is_too_old: bool


@click.command()
@click.option("--list", "list_them", is_flag=True, help="List the checks with their severities, and run none.")
@click.option(
    "--max-age",
    type=DURATION,
    metavar="DURATION",
    help="Fail when the newest play is older, such as 36h or 2d. Default: [CHECKS] MAX_AGE, or no limit.",
)
@json_option
@pass_invocation
def check(invocation: Invocation, list_them: bool, max_age: timedelta | None, as_json: bool) -> None:
    """Run the data quality checks (keys, references, values, times) and list failing rows.

    It only reads. The exit code is 8 if a check of severity error fails, or if the newest play is too old. [CHECKS] in
    dwh.cfg changes severities by the names that --list shows, [ALLOWED_VALUES] the values of a column. Ages are by the
    clock of the warehouse.

    \b
    Example:  sparkify-dwh check --max-age 36h
              sparkify-dwh check --list
    """
    if list_them:
        if max_age is not None:
            raise UsageError("--list and --max-age exclude each other", "leave out one of the two.")
        _list(invocation, as_json)
        return
    with progress(quiet=as_json) as step:
        step("checking")
        outcome = _run(invocation.settings(), max_age)
    if as_json:
        print_json(_as_dict(outcome))
    else:
        _print(outcome)
    if error := _error(outcome):
        raise error


def _list(invocation: Invocation, as_json: bool) -> None:
    """Print every check, also those that only a load has, with its severity and the declared one. Does not connect."""
    warehouse = invocation.warehouse
    declared = {check.name: str(check.rule) for check in warehouse.every_check()}
    checks = warehouse.every_check(invocation.check_rules())
    if as_json:
        print_json(
            [
                {"name": each.name, "about": each.about, "severity": str(each.rule), "default": declared[each.name]}
                for each in checks
            ]
        )
    else:
        rows = [(each.name, str(each.rule), declared[each.name]) for each in checks]
        print_table("Checks", ["check", "severity", "default"], rows)


def _run(settings: Settings, max_age: timedelta | None) -> Outcome:
    from sparkify_dwh.checks.freshness import is_empty, read_freshness
    from sparkify_dwh.checks.run import run_checks
    from sparkify_dwh.checks.scope import Scope
    from sparkify_dwh.database import connected, warehouse_now
    from sparkify_dwh.migrate import require_migrated

    warehouse, limit = settings.warehouse, max_age or settings.max_age
    with connected(settings) as connection:
        require_migrated(connection, warehouse)
        now = warehouse_now(connection)
        freshness = read_freshness(connection, warehouse.event_time, now)
        is_too_old = limit is not None and freshness.is_older_than(limit)
        results = run_checks(connection, warehouse.star, warehouse.checks, Scope(now), settings.checks)
        return Outcome(results, freshness, is_empty(connection, warehouse.star), limit, is_too_old)


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "checks": [result.to_dict() for result in outcome.results],
        "is_empty": outcome.is_empty,
        "freshness": outcome.freshness.to_dict(),
        "max_age_seconds": None if outcome.max_age is None else int(outcome.max_age.total_seconds()),
        "is_too_old": outcome.is_too_old,
    }


def _print(outcome: Outcome) -> None:
    """Print a table of all checks, a sentence for each one that found rows, and how fresh the data is."""
    from sparkify_dwh.checks.check import explain

    rows = [(result.name, result.state, result.offenders) for result in outcome.results]
    print_table("Checks", ["check", "state", "offenders"], rows)
    for result in outcome.results:
        if result.offenders:
            echo(f"{result.state}: {explain(result)}")
    echo(EMPTY if outcome.is_empty else outcome.freshness)


def _error(outcome: Outcome) -> CheckError | None:
    """Return the error for checks that failed, and for data that is too old."""
    from sparkify_dwh.checks.check import failed

    messages, hints, failures = [], [], failed(outcome.results)
    if failures:
        names, run = ", ".join(result.name for result in failures), [r for r in outcome.results if r.state != "off"]
        messages.append(f"{len(failures)} of {numbered(len(run), 'check')} failed: {names}")
        hints.append(ROWS_HINT)
    if outcome.is_too_old and outcome.max_age:
        messages.append(f"{outcome.freshness.describe_newest()}, and the limit is {format_duration(outcome.max_age)}")
        hints.append(AGE_HINT)
    message = "; ".join(messages)
    return CheckError(message[0].upper() + message[1:], " ".join(hints), failures) if messages else None
