"""Commands that change the warehouse: upgrade, reset, load."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, confirm, pass_invocation, print_json, progress
from sparkify_dwh.cli.options import files_option, force_option, json_option, since_option, wait_option, yes_option
from sparkify_dwh.redshift.limits import MOST_ERRORS

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings


@click.command()
@json_option
@pass_invocation
def upgrade(invocation: Invocation, as_json: bool) -> None:
    """Create the tables, or change them to those of this version.

    \b
    Example:  sparkify-dwh upgrade
    """
    from sparkify_dwh import migrate

    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        step("migrating")
        before = _revision(settings) if as_json else None
        migrate.upgrade(settings)
    if as_json:
        print_json({"revision": migrate.newest_revision(), "revision_before": before})
    else:
        click.echo(f"The warehouse is at revision {migrate.newest_revision()}.")


def _revision(settings: Settings) -> str | None:
    from sparkify_dwh.database import connected
    from sparkify_dwh.migrate import current_revision

    with connected(settings) as connection:
        return current_revision(connection)


@click.command()
@yes_option
@json_option
@pass_invocation
def reset(invocation: Invocation, yes: bool, as_json: bool) -> None:
    """Drop every table of the warehouse, and create them empty. All that was loaded is lost.

    \b
    Example:  sparkify-dwh reset --yes
    """
    from sparkify_dwh import migrate

    settings = invocation.settings()
    url = settings.url
    place = f"{url.host}/{url.database}" if url.host else url.database
    if not yes:
        confirm(f"Drop every table of the warehouse at {place}, and all that is in them?", "nothing was dropped")
    migrate.reset(settings)
    if as_json:
        print_json({"revision": migrate.newest_revision()})
    else:
        click.echo(f"The warehouse is empty, at revision {migrate.newest_revision()}.")


@click.command()
@force_option
@since_option
@files_option
@click.option(
    "--max-errors", type=click.IntRange(0, MOST_ERRORS), default=0, show_default=True,
    help="Rows of each table that may be refused and left out.",
)  # fmt: skip
@wait_option
@json_option
@pass_invocation
def load(  # noqa: PLR0913 (as many as it has options)
    invocation: Invocation,
    force: bool,
    since: date | None,
    files: tuple[str, ...],
    max_errors: int,
    wait: float,
    as_json: bool,
) -> None:
    """Load the files under the configured prefixes that the warehouse does not hold yet, in one transaction.

    A file is loaded once; with --force, again, which changes nothing unless files contradict each other. A load that fails
    leaves the warehouse as it was.

    \b
    Example:  sparkify-dwh load
              sparkify-dwh load --since 2018-11-15 --max-errors 10
    """
    from sparkify_dwh.loading import loader

    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        report = loader.load(
            settings,
            force=force,
            since=since,
            files=files,
            max_errors=max_errors,
            wait_seconds=wait,
            on_step=step,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(report)


COMMANDS = (upgrade, reset, load)
