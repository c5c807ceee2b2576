"""``sparkify-dwh reset``: drop all tables and create them empty."""

from __future__ import annotations

import click

from sparkify_dwh.cli.context import Invocation, confirm, pass_invocation
from sparkify_dwh.cli.options import json_option, wait_option, yes_option
from sparkify_dwh.cli.output import echo, print_json, progress


@click.command()
@yes_option
@wait_option
@json_option
@pass_invocation
def reset(invocation: Invocation, yes: bool, wait: float, as_json: bool) -> None:
    """Drop all tables of the warehouse and create them empty. All loaded data are lost.

    While other sessions use the tables, it waits and says which they are.

    \b
    Example:  sparkify-dwh reset --yes
    """
    from sparkify_dwh import migrate
    from sparkify_dwh.locks.table_lock import Wait

    settings = invocation.settings()
    url = settings.url
    address = f"{url.host}/{url.database}" if url.host else str(url.database)
    if settings.schemas:
        address += f", {settings.schemas},"
    if not yes:
        confirm(f"Drop all tables of the warehouse at {address} with all their data?", "nothing was dropped")
    with progress(quiet=as_json) as step:
        migrate.reset(settings, Wait(wait, step))
    if as_json:
        print_json({"revision": migrate.newest_revision(settings.warehouse)})
    else:
        echo(f"The warehouse is empty, at revision {migrate.newest_revision(settings.warehouse)}.")
