"""The commands that take the star out, and bring it back: export, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation, print_json, print_table, progress
from sparkify_dwh.cli.options import json_option, wait_option
from sparkify_dwh.errors import ConfigurationError

if TYPE_CHECKING:
    from sparkify_dwh.export import Export, ExportedTable


NEXT_LOAD = (
    "The next load takes in all files once more, and changes nothing unless they contradict each other: of deliveries of "
    "one record in one load, the one that sorts first is kept."
)


@click.command()
@click.argument("target", required=False)
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="Export only this table; may be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace what an earlier export wrote.")
@json_option
@pass_invocation
def export(invocation: Invocation, target: str | None, tables: tuple[str, ...], overwrite: bool, as_json: bool) -> None:
    """Write the star as Parquet into the folder TARGET, by default [S3] EXPORT: a folder for each table.

    TARGET is s3://bucket/folder/; on the stand-in also file:///path or a path. songs are partitioned by year, songplays
    and time by year and month. All tables are as of one moment. TARGET/export.json says what was exported; it is written
    last, and where it is missing the export is not complete.

    \b
    Example:  sparkify-dwh export
              sparkify-dwh export s3://sparkify/star/ --table songs --table artists --overwrite
    """
    from sparkify_dwh.export import export as unload

    settings = invocation.settings()
    with progress(quiet=as_json) as step:
        exported = unload(settings, target, tables=tables, overwrite=overwrite, on_step=step)
    if as_json:
        print_json(exported.to_dict())
    else:
        _print(exported)


@click.command()
@click.argument("source", required=False)
@wait_option
@json_option
@pass_invocation
def restore(invocation: Invocation, source: str | None, wait: float, as_json: bool) -> None:
    """Load what an export wrote into the folder SOURCE, by default [S3] EXPORT, back into tables that are empty.

    The rows are those that were exported, with the same numbers, in one transaction: all of them, or none. No load can run
    meanwhile. SOURCE must hold the export.json that an export writes last, and the files that it names. Rights that were
    granted on songplays are to be granted again, for the table is made anew. The history of loads is not in an export: the
    next load takes in all files once more.

    \b
    Example:  sparkify-dwh restore
              sparkify-dwh restore s3://sparkify/star/
    """
    from sparkify_dwh.export import restore as load_again

    settings = invocation.settings()
    if source is None and settings.export is None:
        raise ConfigurationError(
            f"{settings.origin} lacks [S3] EXPORT: add it, or name the folder: sparkify-dwh restore s3://bucket/folder/"
        )
    with progress(quiet=as_json) as step:
        rows = load_again(settings, source, wait_seconds=wait, on_step=step)
    if as_json:
        print_json({"rows": rows})
    else:
        print_table("Restored", ["table", "rows"], list(rows.items()))
        click.echo(NEXT_LOAD, err=True)


def _print(exported: Export) -> None:
    print_table(
        f"Export {exported.export_id[:8]}",
        ["table", "rows", "files", "bytes", "partitioned by"],
        [_line(name, table) for name, table in exported.tables.items()],
    )
    load = f"load {exported.last_load[:8]}" if exported.last_load else "no load"
    click.echo(f"As of {load}, in {exported.seconds:.1f} s. The manifest is {exported.manifest}")


def _line(name: str, table: ExportedTable) -> tuple[str, int, int, int, str]:
    return name, table.rows, len(table.files), table.bytes, ", ".join(table.partition_by)


COMMANDS = (export, restore)
