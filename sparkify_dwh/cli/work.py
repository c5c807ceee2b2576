"""Commands that change the warehouse: upgrade, reset, load."""

from __future__ import annotations

import click

from sparkify_dwh.cli.context import Invocation, json_option, pass_invocation, print_json, progress


@click.command()
@pass_invocation
def upgrade(invocation: Invocation) -> None:
    """Create the tables, or change them to those of this version.

    \b
    Example:  sparkify-dwh upgrade
    """
    from sparkify_dwh import migrate

    settings = invocation.settings()
    with progress() as step:
        step("migrating")
        migrate.upgrade(settings)
    click.echo(f"The warehouse is at revision {migrate.newest_revision()}.")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_invocation
def reset(invocation: Invocation, yes: bool) -> None:
    """Drop every table of the warehouse, and create them empty. All that was loaded is lost.

    \b
    Example:  sparkify-dwh reset --yes
    """
    from sparkify_dwh import migrate

    settings = invocation.settings()
    url = settings.url
    place = f"{url.host}/{url.database}" if url.host else url.database
    if not yes:
        click.confirm(f"Drop every table of the warehouse at {place}, and all that is in them?", abort=True, err=True)
    migrate.reset(settings)
    click.echo(f"The warehouse is empty, at revision {migrate.newest_revision()}.")


@click.command()
@json_option
@pass_invocation
def load(invocation: Invocation, as_json: bool) -> None:
    """Load everything under the configured prefixes: S3 to staging to star, in one transaction.

    Loading the same files again changes nothing. A load that fails leaves the warehouse as it was.

    \b
    Example:  sparkify-dwh load
    """
    from sparkify_dwh import loader

    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        report = loader.load(settings, on_step=step)
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(report)


COMMANDS = (upgrade, reset, load)
