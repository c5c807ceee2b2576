"""``sparkify-dwh restore``: load an export back into empty tables."""

from __future__ import annotations

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option, wait_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import ConfigurationError

NEXT_LOAD = (
    "The next load loads all files again, which changes nothing unless deliveries conflict: of conflicting deliveries in "
    "one load, the one that sorts first is kept."
)


@click.command()
@click.argument("source", required=False)
@wait_option
@json_option
@pass_invocation
def restore(invocation: Invocation, source: str | None, wait: float, as_json: bool) -> None:
    """Load an export from the folder SOURCE, by default [S3] EXPORT, back into empty tables.

    All rows are restored with the same ids, in one transaction. No load can run meanwhile. SOURCE must contain export.json
    and the files that it names. Grant rights on songplays again afterwards, because the table is created anew. The history
    of loads is not exported: the next load loads all files again.

    \b
    Example:  sparkify-dwh restore
              sparkify-dwh restore s3://sparkify/star/
    """
    from sparkify_dwh.export import restore as load_again

    settings = invocation.settings()
    if source is None and settings.export is None:
        raise ConfigurationError(
            f"{settings.origin} lacks [S3] EXPORT",
            "add it, or name the folder: sparkify-dwh restore s3://bucket/folder/",
        )
    with progress(quiet=as_json) as step:
        rows = load_again(settings, source, wait_seconds=wait, on_step=step)
    if as_json:
        print_json({"rows": rows})
    else:
        print_table("Restored", ["table", "rows"], list(rows.items()))
        echo(NEXT_LOAD, err=True)
