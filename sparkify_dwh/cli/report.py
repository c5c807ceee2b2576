"""``sparkify-dwh report``: write the report page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import from_option, json_option, to_option
from sparkify_dwh.cli.output import echo, print_json, progress, write_exact
from sparkify_dwh.cli.questions import NO_PLAYS, days_with_plays
from sparkify_dwh.errors import UsageError

STDOUT = Path("-")


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", default="report.html", show_default=True,
    help="Output file; a dash means standard output.",
)  # fmt: skip
@from_option
@to_option
@click.option("--check", is_flag=True, help="Run the data quality checks; otherwise show those of the latest load.")
@click.option("--open", "open_it", is_flag=True, help="Open the page in the browser.")
@json_option
@pass_invocation
def report(  # noqa: PLR0913 (one for each option)
    invocation: Invocation,
    output: Path,
    first: date | None,
    last: date | None,
    check: bool,
    open_it: bool,
    as_json: bool,
) -> None:
    """Write a page about what people listen to: one HTML file to open, mail, serve or print.

    By default it covers the last 30 days up to the last complete day with plays (UTC), or all days if there are fewer, and
    compares them with as many days before. --from and --to choose other days, at most 366. In the page, readers can
    select some of these days.

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
            raise UsageError(f"{option} needs a file, but -o - is standard output", "name a file")
        with progress() as step:
            text = make_report(invocation.settings(), first, last, check=check, on_step=step)
        write_exact(text.encode())
        return
    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        written = write_report(settings, output, first, last, check=check, on_step=step)
    if as_json:
        print_json(written.to_dict())
    else:
        echo(written.path)
    if not written.plays:
        period = days_with_plays(settings)
        echo(f"The page is empty: {NO_PLAYS if period is None else f'{period}.'}", err=True)
    if open_it and not webbrowser.open(written.path.as_uri()):
        echo("Cannot start a browser: open the file yourself.", err=True)
