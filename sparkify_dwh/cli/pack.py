"""``sparkify-dwh pack``: join many small JSON objects into few gzip files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import count_option, json_option
from sparkify_dwh.cli.output import echo, print_json, progress_bars
from sparkify_dwh.errors import UsageError
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.compaction import PackReport
    from sparkify_dwh.storage.store import ObjectStore

BYTES_PER_MB = 1024 * 1024
DEFAULT_PART_MB = 64


@click.command()
@click.argument("source")
@click.argument("target")
@count_option("--parts", "Number of files to write; best a multiple of the cluster's slices.", minimum=1)
@click.option(
    "--part-mb", type=click.IntRange(min=1), metavar="MB",
    help=f"Without --parts: size of the files in MB, compressed; default {DEFAULT_PART_MB}.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace what an earlier pack wrote.")
@json_option
@pass_invocation
def pack(  # noqa: PLR0913 (one for each option)
    invocation: Invocation,
    source: str,
    target: str,
    parts: int | None,
    part_mb: int | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Join the many small JSON objects of SOURCE into a few gzip files in the folder TARGET, which load far faster.

    Both are s3://bucket/key, file:///path or a path. SOURCE is a key prefix, as for a load; the path of a directory means
    its contents. The configuration's credentials and region are used for S3, if there is one. A manifest for COPY is
    written to TARGET.manifest.

    \b
    Example:  sparkify-dwh pack s3://sparkify/song_data/ s3://sparkify/songs_packed/ --parts 8
    """
    if parts is not None and part_mb is not None:
        raise UsageError("--parts and --part-mb exclude each other", "leave out one of the two.")
    from dataclasses import asdict

    from sparkify_dwh.compaction import pack as pack_objects

    with _store(invocation, source, target) as store, progress_bars("packing objects", quiet=as_json) as show:
        report = pack_objects(
            _url(source), _url(target), store=store, files=parts, target_bytes=(part_mb or DEFAULT_PART_MB) * BYTES_PER_MB,
            overwrite=overwrite, on_progress=show,
        )  # fmt: skip
    if as_json:
        print_json(asdict(report))
    else:
        echo(_summary(report))


def _url(location: str) -> str:
    """Return the URL of an argument. A directory's URL ends in a slash."""
    from sparkify_dwh.storage.urls import file_url

    if "://" in location:
        return location
    return file_url(f"{location}/" if Path(location).is_dir() else location)


def _store(invocation: Invocation, *locations: str) -> ObjectStore:
    """Return a store with the configuration's credentials and region. Local files, and S3 too, work without one."""
    from sparkify_dwh.config.fields import PREFIX
    from sparkify_dwh.config.file import DEFAULT_FILE
    from sparkify_dwh.storage.store import ObjectStore

    is_configured = (
        invocation.config is not None
        or Path(DEFAULT_FILE).exists()
        or any(name.startswith(PREFIX) for name in os.environ)
    )
    if is_configured and any(location.startswith("s3://") for location in locations):
        return invocation.settings().open_store()
    return ObjectStore()


def _summary(report: PackReport) -> str:
    from rich.filesize import decimal

    skipped = f"Skipped (hidden or without data): {numbered(report.left_out, 'object')}\n" if report.left_out else ""
    return (
        f"{numbered(report.objects, 'object')} ({decimal(report.source_bytes)}) with "
        f"{numbered(report.documents, 'document')} packed into {numbered(len(report.parts), 'file')} "
        f"({decimal(report.bytes)}) under {report.target}\n{skipped}"
        f"Manifest for COPY with GZIP MANIFEST: {report.manifest}\n"
        f"To load them, set their key of [S3], such as LOG_DATA, to {report.target}"
    )
