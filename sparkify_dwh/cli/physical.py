"""``sparkify-dwh physical``: compare the tables on the cluster with their design."""

from __future__ import annotations

from dataclasses import asdict
from inspect import Parameter, signature
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import CheckError
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement

    from sparkify_dwh.physical.check import PhysicalReport
    from sparkify_dwh.settings import Settings

EXAMPLE = "Setanta matins"  # a song or an artist, for the questions about one
COLUMNS = {
    "table": "name", "design": "designed", "actual": "found", "sort key": "sort_key", "rows": "rows", "MB": "megabytes",
    "skew": "skew", "% unsorted": "unsorted_percent", "% statistics off": "statistics_off_percent",
}  # fmt: skip
"""The attributes of a table's facts by heading."""


@click.command()
@click.option("--explain", is_flag=True, help="Also print the query plans.")
@json_option
@pass_invocation
def physical(invocation: Invocation, explain: bool, as_json: bool) -> None:
    """Compare the cluster with the design: dist and sort keys, skew, sorting, statistics, data that joins move.

    It reads svv_table_info and the plans (EXPLAIN) of loads, checks and questions, and runs none of them. The exit code is
    8 if tables differ from their models; everything else is advice.

    \b
    Example:  sparkify-dwh physical
              sparkify-dwh physical --explain | less
    """
    with progress(quiet=as_json) as step:
        step("reading the tables and the plans")
        report = _report(invocation.settings())
    if as_json:
        print_json(_as_dict(report, explain))
    else:
        _print(report, explain)
    if report.differing:
        tables = ", ".join(dict.fromkeys(finding.about for finding in report.differing))
        places = numbered(len(report.differing), "place")
        raise CheckError(f"The tables differ from the models in {places}: {tables}", "See the fixes above.")


def _report(settings: Settings) -> PhysicalReport:
    from sparkify_dwh.database import connected
    from sparkify_dwh.migrate import require_migrated
    from sparkify_dwh.physical.check import check_physical

    with connected(settings) as connection:
        require_migrated(connection, settings.warehouse)
        return check_physical(connection, settings.warehouse, example_questions())


def example_questions() -> dict[str, ClauseElement]:
    """Return the questions as they can be asked, with an example for what cannot be left out."""
    from sparkify_dwh.analytics import QUESTIONS

    asked: dict[str, ClauseElement] = {}
    for name, question in QUESTIONS.items():
        parameters = signature(question).parameters.values()
        asked[name] = question(*(EXAMPLE for parameter in parameters if parameter.default is Parameter.empty))
    return asked


def _as_dict(report: PhysicalReport, explain: bool) -> dict[str, Any]:
    plans = {name: list(plan.lines) for name, plan in report.plans.items()}
    return {
        "tables": [asdict(facts) for facts in report.tables],
        "findings": [asdict(finding) for finding in report.findings],
        "notes": list(report.notes),
        **({"plans": plans} if explain else {}),
    }


def _print(report: PhysicalReport, explain: bool) -> None:
    """Print the plans if requested, the tables, and the findings."""
    if explain:
        for name, plan in report.plans.items():
            echo("\n".join([f"-- {name}", *plan.lines, ""]))
    print_table("Tables", list(COLUMNS), [attrgetter(*COLUMNS.values())(table) for table in report.tables])
    for finding in report.findings:
        echo(f"{'differs' if finding.differs else 'advice'}: {finding.sentence}")
    if not report.findings:
        echo("No differences from the design.")
    for note in report.notes:
        echo(f"note: {note}")
