"""``sparkify-dwh query``: answer a question from the warehouse."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import from_option, json_option, to_option
from sparkify_dwh.cli.output import echo, require_writable, write_exact
from sparkify_dwh.cli.questions import (
    ALL_ROWS,
    NO_PLAYS,
    OPTIONS,
    arguments_of,
    days_with_plays,
    default_of,
    heading,
    list_questions,
    question_named,
)
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import MAX_ROWS
from sparkify_dwh.storage.atomic_write import write_atomically
from sparkify_dwh.utils.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select

    from sparkify_dwh.settings import Settings

FORMATS = ("table", "csv", "json", "parquet")


def _output_file(_context: click.Context, _option: click.Parameter, value: Path | None) -> Path | None:
    """Return the file, or None for standard output (a dash)."""
    return None if value == Path("-") else value


def _valid_text(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Return the text. Bytes of the command line that are not UTF-8 arrive as characters that cannot be encoded."""
    if value is not None and value.encode(errors="ignore").decode() != value:
        raise UsageError(f"--{option.name} must be UTF-8 text, found {value!a}", "check the terminal's encoding")
    return value


class RowLimit(click.IntRange):
    """A number of rows, or ``all``."""

    name = "rows"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "all":
            return ALL_ROWS
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"Invalid number of rows {value!r}: use a number from 1, or all.", param, ctx)


@click.command()
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="List the questions; with NAME, describe one.")
@from_option
@to_option
@click.option(
    "--limit",
    type=RowLimit(min=1, max=MAX_ROWS),
    metavar="N",
    help="At most N rows, or all. The default depends on the question.",
)
@click.option("--song", metavar="TITLE", callback=_valid_text, help="Song, by its title as logged, or by song_id.")
@click.option("--artist", metavar="NAME", callback=_valid_text, help="Artist, by the name as logged, or by artist_id.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the statement without running it.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Output format.  [default: table]")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", callback=_output_file,
    help="Write to FILE, in the format of its extension.",
)  # fmt: skip
@json_option
@pass_invocation
def query(  # noqa: PLR0913 (one for each option)
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
    """Answer the question NAME from the warehouse, e.g. which songs are played most, or when people listen.

    \b
    Example:  sparkify-dwh query --list
              sparkify-dwh query top-songs --from 2018-11-01 --to 2018-11-30 --limit 20
              sparkify-dwh query plays-per-day --format csv -o plays.csv
    """
    if name is None or list_:
        if list_:
            _require_only_list({"sql": as_sql, "format": format_, "output": output, **given})
        list_questions(name, list_, as_json)
        return
    if as_json and format_ not in (None, "json"):
        raise UsageError(f"--json means --format json, but --format is {format_}", "leave out one of the two.")
    format_ = "json" if as_json else format_
    question = question_named(name)
    select = question(**arguments_of(name, question, given))
    if as_sql:
        _print_sql(invocation, select, format_, output)
        return
    chosen = _output_format(format_, output)
    require_writable(output)
    from sparkify_dwh.analytics import run

    settings = invocation.settings()
    rows = run(select, settings)
    _print_rows(heading(question), select, rows, chosen, output)
    if not rows:
        echo(_explain_empty(name, given, settings), err=True)
    elif given["limit"] is None and len(rows) == (default_limit := default_of(question, "limit")):
        echo(f"Only the first {default_limit:,} rows are shown; --limit all shows all.", err=True)


def _require_only_list(given: dict[str, Any]) -> None:
    """Raise :class:`UsageError` for options that do not apply to the list."""
    for parameter, value in given.items():
        if value is not None and value is not False:
            name = OPTIONS.get(parameter, f"--{parameter}")
            raise UsageError("--list does not run a question", f"leave out {name}.")


def _output_format(format_: str | None, output: Path | None) -> str:
    """Return the format, checked before the query runs. Raises :class:`UsageError` for one that cannot be written."""
    chosen = format_ or ("table" if output is None else output.suffix.lower().lstrip("."))
    if output is not None and chosen not in FORMATS[1:]:
        raise UsageError(
            f"The format of {output} must be {listed(FORMATS[1:], 'or')}", "give it such an extension, or pass --format"
        )
    if chosen == "parquet":
        from sparkify_dwh.analytics.output_formats import require_pyarrow

        require_pyarrow()
        if output is None and sys.stdout.isatty():
            raise UsageError("Parquet cannot be shown on a terminal", "write it to a file with -o FILE")
    return chosen


def _print_sql(invocation: Invocation, select: Select[Any], format_: str | None, output: Path | None) -> None:
    from sparkify_dwh.sql.render import readable

    if format_ is not None:
        raise UsageError("--sql prints a statement instead of rows", "leave out --format and --json.")
    _write("\n".join(f"{statement};\n" for statement in [*invocation.search_path(), readable(select)]), output)


def _print_rows(heading: str, select: Select[Any], rows: Sequence[Row[Any]], format_: str, output: Path | None) -> None:
    from sparkify_dwh.analytics import output_formats

    if format_ != "table":
        _write(output_formats.WRITERS[format_](select, rows), output)
    elif rows:
        print_table(heading, output_formats.columns(select), list(map(tuple, rows)))


def _write(content: str | bytes, output: Path | None) -> None:
    if output is None:
        write_exact(content)
    else:
        write_atomically(output, content.encode() if isinstance(content, str) else content)


def _explain_empty(name: str, given: dict[str, Any], settings: Settings) -> str:
    period = days_with_plays(settings)
    if period is None:
        return f"{name} has no rows: {NO_PLAYS}"
    by_name = given["song"] is not None or given["artist"] is not None
    return f"{name} has no rows; {period}{', and names must match exactly' if by_name else ''}."
