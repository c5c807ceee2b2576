"""``sparkify-dwh upgrade``: create or migrate the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option, wait_option
from sparkify_dwh.cli.output import echo, print_json, progress

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings


@click.command()
@wait_option
@json_option
@pass_invocation
def upgrade(invocation: Invocation, wait: float, as_json: bool) -> None:
    """Create the tables, or migrate them to this version.

    While other sessions use tables that it changes, it waits and says which they are.

    \b
    Example:  sparkify-dwh upgrade
    """
    from sparkify_dwh import migrate
    from sparkify_dwh.locks.table_lock import Wait

    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        step("migrating")
        before = _revision(settings) if as_json else None
        migrate.upgrade(settings, wait=Wait(wait, step))
    if as_json:
        print_json({"revision": migrate.newest_revision(settings.warehouse), "revision_before": before})
    else:
        echo(f"The warehouse is at revision {migrate.newest_revision(settings.warehouse)}.")


def _revision(settings: Settings) -> str | None:
    from sparkify_dwh.database import connected
    from sparkify_dwh.migrate import current_revision

    with connected(settings) as connection:
        return current_revision(connection)
