"""``sparkify-dwh grant``: the rights of analysts and loaders in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import dry_run_option, json_option
from sparkify_dwh.cli.output import echo, print_json
from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sparkify_dwh.grants import GrantReport

KINDS = click.Choice(["ROLE", "GROUP", "USER"], case_sensitive=False)


@click.command()
@click.argument("profile", type=click.Choice(["analyst", "loader"]))
@click.option(
    "--to", "grantee", type=(KINDS, str), required=True, metavar="ROLE|GROUP|USER NAME",
    help="Who gets the rights, such as: --to ROLE analysts.",
)  # fmt: skip
@dry_run_option
@json_option
@pass_invocation
def grant(invocation: Invocation, profile: str, grantee: tuple[str, str], dry_run: bool, as_json: bool) -> None:
    """Grant a role, group or user of the database the rights of an analyst or of a loader.

    An analyst may read the star and the history of loads, for query, report, check and history. A loader may run loads,
    checks and exports, and create tables; the tables may belong to another user. Both get the rights on tables that the
    owner creates later. What was granted before is not granted again, where this user may see it.

    \b
    Example:  sparkify-dwh grant analyst --to ROLE analysts --dry-run
              sparkify-dwh grant loader --to USER airflow
    """
    from sparkify_dwh import grants

    kind, name = grantee
    if not name.strip():
        raise UsageError("--to names nobody", "add a name, such as --to ROLE analysts.")
    report = grants.grant(invocation.settings(), profile, grants.Grantee(kind, name), dry_run=dry_run)  # type: ignore[arg-type]
    if as_json:
        print_json({"dry_run": dry_run} | report.to_dict())
    elif dry_run:
        echo("\n".join(f"{statement.sql};" for statement in report.statements))
    else:
        _print(report)


def _print(report: GrantReport) -> None:
    for statement in report.statements:
        echo(f"{statement.state:<8} {statement.sql};")
    granted = sum(statement.state == "granted" for statement in report.statements)
    outcome = "has the rights" if granted else "had all the rights"
    article = "an analyst" if report.profile == "analyst" else "a loader"
    echo(f"The {report.grantee} {outcome} of {article}.")
    for note in report.notes:
        echo(note)
