"""The command that shows it to others: report."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation, progress
from sparkify_dwh.errors import UsageError

STDOUT = Path("-")


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", default="report.html", show_default=True,
    help="Where to write it; a dash is standard output.",
)  # fmt: skip
@click.option(
    "--from", "first", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), callback=_day,
    help="The first day (UTC), e.g. 2018-11-01.",
)  # fmt: skip
@click.option(
    "--to", "last", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), callback=_day,
    help="The last day (UTC), which is included.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Check everything in the warehouse; else it says what a load last checked.")
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
@pass_invocation
def report(  # noqa: PLR0913 (as many as it has options)
    invocation: Invocation, output: Path, first: date | None, last: date | None, check: bool, open_it: bool
) -> None:
    """Write what people listen to as a page for managers: one HTML file to be opened, mailed, served or printed.

    It is about the last 30 days up to the last day with plays that is over (UTC), or about all days, where there are
    fewer, and compares them with as many days before. --from and --to choose others, at most 366; given one of them,
    the other is as without it. In the page, its reader can choose some of these days.

    Needs the extra: pip install 'sparkify-dwh[report]'.

    \b
    Example:  sparkify-dwh report --open
              sparkify-dwh report -o november.html --from 2018-11-01 --to 2018-11-30
    """
    from sparkify_dwh.report import make_report, write_report

    if output == STDOUT:
        if open_it:
            raise UsageError("--open needs a file, and -o - is standard output: name a file.")
        with progress() as step:
            text = make_report(invocation.settings(), first, last, check=check, on_step=step)
        click.echo(text.encode(), nl=False)
        return
    with progress() as step:
        path = write_report(invocation.settings(), output, first, last, check=check, on_step=step)
    click.echo(path)
    if open_it and click.launch(path.as_uri()):
        click.echo("No browser could be started: open the file yourself.", err=True)


COMMANDS = (report,)
