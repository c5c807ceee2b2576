"""``sparkify-dwh plan``: show what a load would do."""

from __future__ import annotations

from datetime import date

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import count_option, files_option, force_option, json_option, since_option, until_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.errors import UsageError


@click.command()
@count_option("--sample", "Validate only N files of each input, spread evenly.", minimum=1)
@click.option("--no-trial", is_flag=True, help="Do not validate the files.")
@click.option("--sql", "with_sql", is_flag=True, help="Also print the SQL statements.")
@force_option
@since_option
@until_option
@files_option
@json_option
@pass_invocation
def plan(  # noqa: PLR0913 (one for each option)
    invocation: Invocation,
    sample: int | None,
    no_trial: bool,
    with_sql: bool,
    force: bool,
    since: date | None,
    until: date | None,
    files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what a load would do: its files, problems with them and how to fix them, and its SQL.

    The files are read and validated against the columns of the tables. Nothing is written. The exit code is 7 if COPY
    would reject a row.

    \b
    Example:  sparkify-dwh plan
              sparkify-dwh plan --sample 100 --sql
    """
    if no_trial and sample:
        raise UsageError("--no-trial and --sample exclude each other", "leave out one of the two.")
    from sparkify_dwh.planning.plan import make_plan

    with progress(quiet=as_json) as step:
        planned = make_plan(
            invocation.settings(),
            force=force,
            since=since,
            until=until,
            files=files,
            sample=sample,
            validate=not no_trial,
            on_step=step,
        )
    if as_json:
        print_json(planned.to_dict())
    else:
        echo(f"{planned}\n\n{planned.sql}" if with_sql else planned)
    if planned.error:
        raise planned.error
