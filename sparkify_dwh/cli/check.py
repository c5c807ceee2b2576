"""``sparkify-dwh check``: run the data quality checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.checks.rules import RULES_HINT
from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import print_json, progress
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import CheckError
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.checks.check import CheckResult
    from sparkify_dwh.settings import Settings


@click.command()
@click.option("--list", "list_them", is_flag=True, help="List the checks with their severities, and run none.")
@json_option
@pass_invocation
def check(invocation: Invocation, list_them: bool, as_json: bool) -> None:
    """Run the data quality checks (keys, references, values, times) and list failing rows.

    It only reads. The exit code is 8 if a check of severity error fails. [CHECKS] in dwh.cfg changes severities by the
    names that --list shows, [ALLOWED_VALUES] the values of a column.

    \b
    Example:  sparkify-dwh check
              sparkify-dwh check --list
    """
    from sparkify_dwh.checks.check import failed

    if list_them:
        _list(invocation, as_json)
        return
    with progress(quiet=as_json) as step:
        step("checking")
        results = _results(invocation.settings())
    if as_json:
        print_json([result.to_dict() for result in results])
    else:
        _print(results)
    failures = failed(results)
    if failures:
        names = ", ".join(result.name for result in failures)
        raise CheckError(
            f"{len(failures)} of {numbered(len(results), 'check')} failed: {names}",
            "If a file has the right values, load it again with `sparkify-dwh load --force --files NAME`; otherwise correct "
            f"the rows. {RULES_HINT}",
            results=failures,
        )


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


def _results(settings: Settings) -> list[CheckResult]:
    from sparkify_dwh.checks.run import run_checks
    from sparkify_dwh.checks.scope import Scope
    from sparkify_dwh.database import connected, warehouse_now
    from sparkify_dwh.migrate import require_migrated

    with connected(settings) as connection:
        warehouse = settings.warehouse
        require_migrated(connection, warehouse)
        return run_checks(
            connection, warehouse.star, warehouse.checks, Scope(warehouse_now(connection)), settings.checks
        )


def _print(results: list[CheckResult]) -> None:
    """Print a table of all checks, and a sentence for each one that found rows."""
    from sparkify_dwh.checks.check import explain

    print_table("Checks", ["check", "state", "offenders"], [(r.name, r.state, r.offenders) for r in results])
    for result in results:
        if result.offenders:
            click.echo(f"{result.state}: {explain(result)}")
