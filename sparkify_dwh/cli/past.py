"""The command that looks back: history."""

from __future__ import annotations

from typing import Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation, print_json, print_table
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.limits import MOST_ROWS


@click.command()
@click.argument("load_id", required=False)
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=MOST_ROWS),
    metavar="N",
    default=20,
    show_default=True,
    help="Show N loads at most.",
)
@json_option
@pass_invocation
def history(invocation: Invocation, load_id: str | None, limit: int, as_json: bool) -> None:
    """Show the loads of the past, one line each, failed ones with the reason; or everything about the one LOAD_ID begins.

    \b
    Example:  sparkify-dwh history
              sparkify-dwh history 5c3e1eda
    """
    from sparkify_dwh.database import connected
    from sparkify_dwh.history import one_load, recent_loads
    from sparkify_dwh.migrate import require_migrated

    with connected(invocation.settings()) as connection:
        require_migrated(connection)
        found = [one_load(connection, load_id)] if load_id else recent_loads(connection, limit)
    if as_json:
        print_json(found[0] if load_id else found)
    elif load_id:
        _print_load(found[0])
    else:
        print_table(
            "Loads",
            ["load", "began (UTC)", "outcome", "s", "files", "plays", "version"],
            [_line(load) for load in found],
        )
        for load in found:
            if load.get("error"):
                click.echo(f"{load['load_id'][:8]}: {load['error']}")
        if not found:
            click.echo("No load has ended yet. Load some: sparkify-dwh load.", err=True)


def _line(load: dict[str, Any]) -> tuple[Any, ...]:
    files = sum(table["loaded"] for table in (load["files"] or {}).values())
    plays = load["star"].get("songplays", {}).get("inserted", 0)
    return load["load_id"][:8], load["started_at"][:19], load["outcome"], load["seconds"], files, plays, load["version"]


def _print_load(load: dict[str, Any]) -> None:
    """Everything about one load, section by section."""
    for name in ("load_id", "started_at", "seconds", "version", "attempts", "outcome", "error"):
        if load.get(name) is not None:
            click.echo(f"{name:<11}{load[name]}")
    for section in ("files", "staged", "star"):
        for table, numbers in (load[section] or {}).items():
            shown = ", ".join(f"{what} {number:,}" for what, number in numbers.items() if isinstance(number, int))
            click.echo(f"{section:<11}{table}: {shown}")
    for step, seconds in load["steps"].items():
        click.echo(f"{'step':<11}{step}: {seconds:.3f} s")
    for check in load["checks"] or []:
        if check["offenders"]:
            click.echo(f"{'check':<11}{check['name']}: {check['offenders']:,} rows ({check['severity']})")
    for section in ("rejected", "warnings"):
        for line in load[section] or []:
            click.echo(f"{section:<11}{line}")


COMMANDS = (history,)
