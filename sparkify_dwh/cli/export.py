"""``sparkify-dwh export``: write the star as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.cli.tables import print_table

if TYPE_CHECKING:
    from sparkify_dwh.export import Export, ExportedTable


@click.command()
@click.argument("target", required=False)
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="Export only this table; may be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier export.")
@json_option
@pass_invocation
def export(invocation: Invocation, target: str | None, tables: tuple[str, ...], overwrite: bool, as_json: bool) -> None:
    """Write the star as Parquet to the folder TARGET, by default [S3] EXPORT: one folder per table.

    TARGET is s3://bucket/folder/; on the stand-in also file:///path or a path. songs is partitioned by year, songplays and
    time by year and month. All tables are of one snapshot. The manifest TARGET/export.json is written last: without it the
    export is incomplete.

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


def _print(exported: Export) -> None:
    print_table(
        f"Export {exported.export_id[:8]}",
        ["table", "rows", "files", "bytes", "partitioned by"],
        [_line(name, table) for name, table in exported.tables.items()],
    )
    load = f"load {exported.last_load[:8]}" if exported.last_load else "no load"
    echo(f"As of {load}, in {exported.seconds:.1f} s. Manifest: {exported.manifest}")


def _line(name: str, table: ExportedTable) -> tuple[str, int, int, int, str]:
    return name, table.rows, len(table.files), table.bytes, ", ".join(table.partition_by)
