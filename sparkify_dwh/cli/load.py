"""``sparkify-dwh load``: load new files into the warehouse."""

from __future__ import annotations

from datetime import date

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import (
    WholeNumber,
    files_option,
    force_option,
    json_option,
    since_option,
    until_option,
    wait_option,
)
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.redshift.limits import MAX_ERRORS


@click.command()
@force_option
@since_option
@until_option
@files_option
@click.option(
    "--max-errors", type=WholeNumber(0, MAX_ERRORS), default=0, show_default=True,
    help="Rejected rows that are allowed per table; they are skipped.",
)  # fmt: skip
@wait_option
@json_option
@pass_invocation
def load(  # noqa: PLR0913 (one for each option)
    invocation: Invocation,
    force: bool,
    since: date | None,
    until: date | None,
    files: tuple[str, ...],
    max_errors: int,
    wait: float,
    as_json: bool,
) -> None:
    """Load new files under the configured prefixes into the warehouse, in one transaction.

    Each file is loaded once. With --force, files are loaded again, which changes nothing unless deliveries conflict. A
    failed load leaves the warehouse as it was.

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
            until=until,
            files=files,
            max_errors=max_errors,
            wait_seconds=wait,
            on_step=step,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        echo(report)
