"""``sparkify-dwh restore``: load an export back into empty tables."""

from __future__ import annotations

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option, wait_option
from sparkify_dwh.cli.output import print_json
from sparkify_dwh.cli.progress import progress
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import ConfigurationError

NEXT_LOAD = (
    "The next load takes in all files once more, and changes nothing unless they contradict each other: of deliveries of "
    "one record in one load, the one that sorts first is kept."
)


@click.command()
@click.argument("source", required=False)
@wait_option
@json_option
@pass_invocation
def restore(invocation: Invocation, source: str | None, wait: float, as_json: bool) -> None:
    """Load what an export wrote into the folder SOURCE, by default [S3] EXPORT, back into tables that are empty.

    The rows are those that were exported, with the same numbers, in one transaction: all of them, or none. No load can run
    meanwhile. SOURCE must hold the export.json that an export writes last, and the files that it names. Rights that were
    granted on songplays are to be granted again, for the table is made anew. The history of loads is not in an export: the
    next load takes in all files once more.

    \b
    Example:  sparkify-dwh restore
              sparkify-dwh restore s3://sparkify/star/
    """
    from sparkify_dwh.export import restore as load_again

    settings = invocation.settings()
    if source is None and settings.export is None:
        raise ConfigurationError(
            f"{settings.origin} lacks [S3] EXPORT: add it, or name the folder: sparkify-dwh restore s3://bucket/folder/"
        )
    with progress(quiet=as_json) as step:
        rows = load_again(settings, source, wait_seconds=wait, on_step=step)
    if as_json:
        print_json({"rows": rows})
    else:
        print_table("Restored", ["table", "rows"], list(rows.items()))
        click.echo(NEXT_LOAD, err=True)
