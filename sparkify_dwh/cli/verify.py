"""``sparkify-dwh verify``: find out whether the configured warehouse does what the product relies on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, confirm, pass_invocation
from sparkify_dwh.cli.options import json_option, yes_option
from sparkify_dwh.cli.output import echo, print_json, progress, require_writable
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import CheckError
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.verification import CleanedUp, Outcome, Result

EXPLAINED = ("failed", "warning", "skipped")  # in a sentence below the table


@click.command()
@click.option(
    "--data",
    metavar="URL",
    help="Prefix under which it writes files, in a folder of its own. Default: MANIFESTS of [S3].",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", default="verification.json",
    show_default=True, help="The report, as JSON without secrets and names of the account.",
)  # fmt: skip
@click.option(
    "--fact", "names", multiple=True, metavar="NAME", help="Only this fact and those that it needs; may be repeated."
)
@click.option("--clean-up", is_flag=True, help="Only remove what a killed verification has left.")
@yes_option
@json_option
@pass_invocation
def verify(  # noqa: PLR0913 (one for each option)
    invocation: Invocation,
    data: str | None,
    output: Path,
    names: tuple[str, ...],
    clean_up: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Try on the configured warehouse what this package relies on.

    It works in a schema and a folder of its own: creates the tables, loads a few thousand generated records several times,
    compares the star with values computed in Python, runs all checks and questions, the report, an export and a restore,
    and tries facts about COPY, locks and values. It says what that costs and asks first. Schema and folder are removed at
    the end, also after an interruption.

    Outcomes: passed, noted (nothing relies on it), warning, skipped, failed, and different, a known difference of the
    stand-in. The exit code is 8 if a fact failed.

    \b
    Example:  sparkify-dwh verify
              sparkify-dwh verify --yes --data s3://my-bucket/scratch/ -o result.json
    """
    from sparkify_dwh import verification

    settings = invocation.settings()
    if clean_up:
        _print_cleaned_up(verification.clean_up(settings, data), as_json)
        return
    require_writable(output)
    facts = verification.chosen(names) if names else verification.FACTS
    verification.require_complete(settings, data)
    if not yes:
        echo(verification.estimate(settings, facts), err=True)
        confirm(f"Verify the warehouse at {_address(settings)}?", "nothing was created")
    with progress(quiet=as_json) as step:
        result = verification.verify(settings, data=data, facts=facts, on_fact=step)
    output.write_text(result.to_json() + "\n", encoding="utf-8")
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result, output)
    _raise_failures(result, output)


def _address(settings: Settings) -> str:
    url = settings.url
    return f"{url.host}/{url.database}" if url.host else str(url.database)


def _print(result: Result, output: Path) -> None:
    for name in result.cleaned_up.removed:
        echo(f"Removed what a killed verification had left: {name}.")
    rows = [(outcome.fact.name, outcome.state, outcome.seconds) for outcome in result.outcomes]
    print_table("Facts", ["fact", "outcome", "seconds"], rows)
    for outcome in result.outcomes:
        if outcome.state in EXPLAINED:
            echo(_explain(outcome, result))
    counts = ", ".join(f"{count} {state}" for state, count in result.counts.items())
    echo(f"{counts}; {result.statements:,} statements in {result.seconds:.0f} s. The report is {output}.")


def _explain(outcome: Outcome, result: Result) -> str:
    return result.redactor.text(f"{outcome.state}: {outcome.fact.name}: {outcome.fact.says} Found: {outcome.found}")


def _raise_failures(result: Result, output: Path) -> None:
    if result.failed:
        names = ", ".join(outcome.fact.name for outcome in result.failed)
        raise CheckError(
            f"{len(result.failed)} of {numbered(len(result.outcomes), 'fact')} do not hold: {names}",
            f"Do not rely on this warehouse for them, and send {output} to the maintainers of sparkify_dwh.",
            results=result.failed,
        )


def _print_cleaned_up(cleaned_up: CleanedUp, as_json: bool) -> None:
    if as_json:
        print_json({"removed": cleaned_up.removed, "in_use": cleaned_up.in_use, "not_ours": cleaned_up.not_ours})
        return
    for name in cleaned_up.removed:
        echo(f"Removed the schema {name} and its files.")
    for name in cleaned_up.in_use:
        echo(f"Left the schema {name}: a verification that runs uses it.")
    for name in cleaned_up.not_ours:
        echo(f"Left the schema {name}: it has no marker of a verification.")
    if not (cleaned_up.removed or cleaned_up.in_use or cleaned_up.not_ours):
        echo("Nothing is left of earlier verifications.")
