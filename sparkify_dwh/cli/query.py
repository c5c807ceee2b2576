"""The command that asks the warehouse: query."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import from_option, json_option, to_option
from sparkify_dwh.cli.output import require_writable
from sparkify_dwh.cli.questions import (
    ALL_ROWS,
    NO_PLAYS,
    OPTIONS,
    arguments_of,
    default_of,
    heading,
    list_questions,
    plays_held,
    question_named,
)
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import MOST_ROWS
from sparkify_dwh.storage.atomic_write import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select

    from sparkify_dwh.settings import Settings

FORMATS = ("table", "csv", "json", "parquet")


def _file(_context: click.Context, _option: click.Parameter, value: Path | None) -> Path | None:
    """A dash is standard output, as everywhere."""
    return None if value == Path("-") else value


def _text(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A text that can be sent: bytes of the command line that are no UTF-8 come as what cannot be encoded."""
    if value is not None and value.encode(errors="ignore").decode() != value:
        raise UsageError(
            f"--{option.name} needs a text in UTF-8, and {value!a} is none: check the terminal's encoding."
        )
    return value


class RowLimit(click.IntRange):
    """A number of rows, or all of them."""

    name = "rows"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "all":
            return ALL_ROWS
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"a number of rows from 1, or the word all, is needed, and {value!r} is none.", param, ctx)


@click.command()
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="List the questions; with NAME, all about that one.")
@from_option
@to_option
@click.option(
    "--limit",
    type=RowLimit(min=1, max=MOST_ROWS),
    metavar="N",
    help="Give N rows at most, or all; else as many as the question says.",
)
@click.option("--song", metavar="TITLE", callback=_text, help="The song: its title as logged, or a song_id.")
@click.option("--artist", metavar="NAME", callback=_text, help="The artist: the name as logged, or an artist_id.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the statement, and do not run it.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How to print the rows.  [default: table]")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", callback=_file,
    help="Write to FILE, in the format of its ending.",
)  # fmt: skip
@json_option
@pass_invocation
def query(  # noqa: PLR0913 (as many as it has options)
    invocation: Invocation,
    /,
    name: str | None,
    list_: bool,
    as_sql: bool,
    format_: str | None,
    output: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Ask the warehouse the question NAME, e.g. which songs are played most, and when people listen.

    \b
    Example:  sparkify-dwh query --list
              sparkify-dwh query top-songs --from 2018-11-01 --to 2018-11-30 --limit 20
              sparkify-dwh query plays-per-day --format csv -o plays.csv
    """
    if name is None or list_:
        if list_:
            _refuse_with_list({"sql": as_sql, "format": format_, "output": output, **given})
        list_questions(name, list_, as_json)
        return
    if as_json and format_ not in (None, "json"):
        raise UsageError(f"--json is --format json, and found --format {format_}: leave one of them out.")
    format_ = "json" if as_json else format_
    question = question_named(name)
    select = question(**arguments_of(name, question, given))
    if as_sql:
        _print_sql(select, format_, output)
        return
    chosen = _format(format_, output)
    require_writable(output)
    from sparkify_dwh.analytics import run

    settings = invocation.settings()
    rows = run(select, settings)
    _show(heading(question), select, rows, chosen, output)
    if not rows:
        click.echo(_why_empty(name, given, settings), err=True)
    elif given["limit"] is None and len(rows) == (most := default_of(question, "limit")):
        click.echo(f"The first {most:,} rows: --limit all gives every row.", err=True)


def _refuse_with_list(given: dict[str, Any]) -> None:
    """Raises :class:`UsageError` for an option that asks for something else than the list."""
    for parameter, value in given.items():
        if value is not None and value is not False:
            name = OPTIONS.get(parameter, f"--{parameter}")
            raise UsageError(f"--list lists questions and asks none: leave out {name}.")


def _format(format_: str | None, output: Path | None) -> str:
    """The format to write, checked before anything is asked. Raises :class:`UsageError` where it cannot be written."""
    chosen = format_ or ("table" if output is None else output.suffix.lower().lstrip("."))
    if output is not None and chosen not in FORMATS[1:]:
        raise UsageError(f"{output} needs a format of {', '.join(FORMATS[1:])}: end its name so, or pass --format.")
    if chosen == "parquet":
        from sparkify_dwh.analytics.output_formats import require_pyarrow

        require_pyarrow()
        if output is None and sys.stdout.isatty():
            raise UsageError("Parquet is not for a terminal: write it to a file with -o FILE.")
    return chosen


def _print_sql(select: Select[Any], format_: str | None, output: Path | None) -> None:
    from sparkify_dwh.sql.render import readable

    if format_ is not None:
        raise UsageError("--sql prints a statement and no rows: leave out --format and --json.")
    _write(f"{readable(select)};\n", output)


def _show(heading: str, select: Select[Any], rows: Sequence[Row[Any]], format_: str, output: Path | None) -> None:
    from sparkify_dwh.analytics import output_formats

    if format_ != "table":
        _write(output_formats.WRITERS[format_](select, rows), output)
    elif rows:
        print_table(heading, output_formats.columns(select), list(map(tuple, rows)))


def _write(content: str | bytes, output: Path | None) -> None:
    if output is None:
        click.echo(content, nl=False)
    else:
        write_whole(output, content.encode() if isinstance(content, str) else content)


def _why_empty(name: str, given: dict[str, Any], settings: Settings) -> str:
    held = plays_held(settings)
    if held is None:
        return f"{name} has no rows: {NO_PLAYS}"
    to_the_letter = (
        ", and compares names to the letter" if given["song"] is not None or given["artist"] is not None else ""
    )
    return f"{name} has no rows; {held}{to_the_letter}."
