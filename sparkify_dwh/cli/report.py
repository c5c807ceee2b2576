"""The command that shows it to others: report."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import from_option, json_option, to_option
from sparkify_dwh.cli.output import print_json
from sparkify_dwh.cli.progress import progress
from sparkify_dwh.cli.questions import NO_PLAYS, plays_held
from sparkify_dwh.errors import UsageError

STDOUT = Path("-")


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", default="report.html", show_default=True,
    help="Where to write it; a dash is standard output.",
)  # fmt: skip
@from_option
@to_option
@click.option("--check", is_flag=True, help="Check everything in the warehouse; else it says what a load last checked.")
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
@json_option
@pass_invocation
def report(  # noqa: PLR0913 (as many as it has options)
    invocation: Invocation,
    output: Path,
    first: date | None,
    last: date | None,
    check: bool,
    open_it: bool,
    as_json: bool,
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
    import webbrowser

    from sparkify_dwh.report import make_report, write_report

    if output == STDOUT:
        if open_it or as_json:
            option = "--open" if open_it else "--json"
            raise UsageError(f"{option} needs a file, and -o - is standard output: name a file.")
        with progress() as step:
            text = make_report(invocation.settings(), first, last, check=check, on_step=step)
        click.echo(text.encode(), nl=False)
        return
    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        written = write_report(settings, output, first, last, check=check, on_step=step)
    if as_json:
        print_json(asdict(written))
    else:
        click.echo(written.path)
    if not written.plays:
        held = plays_held(settings)
        click.echo(f"The page is empty: {NO_PLAYS if held is None else f'{held}.'}", err=True)
    if open_it and not webbrowser.open(written.path.as_uri()):
        click.echo("No browser could be started: open the file yourself.", err=True)
