"""``sparkify-dwh history``: list past loads, or show one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import echo, print_json
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import MAX_ROWS
from sparkify_dwh.utils.printable import printable

if TYPE_CHECKING:
    from sparkify_dwh.loading.report import LoadReport
    from sparkify_dwh.settings import Settings

DEFAULT_LIMIT = 20


@click.command()
@click.argument("load_id", required=False)
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=MAX_ROWS),
    metavar="N",
    help=f"Show at most N loads. Default: {DEFAULT_LIMIT}.",
)
@json_option
@pass_invocation
def history(invocation: Invocation, load_id: str | None, limit: int | None, as_json: bool) -> None:
    """List past loads, failed ones with the reason; or show everything about the load whose id begins with LOAD_ID.

    The list ends with the age of the newest play and of the last successful load.

    \b
    Example:  sparkify-dwh history
              sparkify-dwh history 5c3e1eda
    """
    if load_id is not None and limit is not None:
        raise UsageError("LOAD_ID and --limit exclude each other", "leave out one of the two.")
    from sparkify_dwh.checks.freshness import read_freshness
    from sparkify_dwh.database import connected, warehouse_now
    from sparkify_dwh.loading.ledger_entries import one_load, recent_loads
    from sparkify_dwh.loading.stored_reports import report_of
    from sparkify_dwh.migrate import require_migrated

    settings = invocation.settings()
    with connected(settings) as connection:
        require_migrated(connection, settings.warehouse)
        if load_id is not None:
            load = one_load(connection, load_id)
            print_json(load) if as_json else _print_load(report_of(load))
            return
        freshness = read_freshness(connection, settings.warehouse.event_time, warehouse_now(connection))
        loads = recent_loads(connection, limit or DEFAULT_LIMIT)
    if as_json:
        print_json({"freshness": freshness.to_dict(), "loads": loads})
    elif loads:
        _print_loads([report_of(load) for load in loads], settings)
        echo(freshness)
    else:
        echo("No load has finished yet. Run: sparkify-dwh load.", err=True)


def _print_loads(loads: list[LoadReport], settings: Settings) -> None:
    headings = ["load", "began (UTC)", "outcome", "s", "files", "plays", "version"]
    title = f"Loads of {settings.schemas}" if settings.schemas else "Loads"
    print_table(title, headings, [_line(load) for load in loads])
    for load in loads:
        if load.error:
            echo(f"{load.load_id[:8]}: {printable(load.error)}")


def _line(load: LoadReport) -> tuple[Any, ...]:
    files = sum(len(source.files) for source in load.files.values())
    plays = load.star["songplays"].inserted if "songplays" in load.star else 0
    began = load.started_at.replace(microsecond=0)
    return load.load_id[:8], began, load.outcome, load.seconds, files, plays, load.version


def _print_load(load: LoadReport) -> None:
    """Print the report of a load as it was printed when it ended, and further details."""
    echo(load)
    if load.error:
        echo(f"  error: {printable(load.error)}")
    attempt = f", at attempt {load.attempts}" if load.attempts > 1 else ""
    echo(f"  began {load.started_at.isoformat(' ', 'milliseconds')} UTC{attempt}, with version {load.version}")
    for step, seconds in load.steps.items():
        echo(f"  step {step:<24}{seconds:>10,.3f} s")
