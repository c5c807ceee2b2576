"""Commands that work on the files in S3, or on local ones: pack."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import print_json
from sparkify_dwh.cli.progress import progress_bars
from sparkify_dwh.errors import UsageError
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.compaction import Packed
    from sparkify_dwh.storage.store import ObjectStore

BYTES_PER_MB = 1024 * 1024
PART_MB = 64


@click.command()
@click.argument("source")
@click.argument("target")
@click.option(
    "--parts",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many files to make: best a multiple of the cluster's slices.",
)
@click.option(
    "--part-mb", type=click.IntRange(min=1), metavar="MB",
    help=f"Without --parts: about how large, in MB, compressed; else {PART_MB}.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace what an earlier pack wrote.")
@json_option
@pass_invocation
def pack(  # noqa: PLR0913 (as many as it has options)
    invocation: Invocation,
    source: str,
    target: str,
    parts: int | None,
    part_mb: int | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Join the many small JSON objects of SOURCE into a few gzip files in the folder TARGET, which load far faster.

    Both are s3://bucket/key, file:///path or a path. SOURCE is a key prefix, as for a load, and a path that is a
    directory means what is in it. S3 is reached as the configuration says, if there is one. A manifest for COPY is
    written to TARGET.manifest.

    \b
    Example:  sparkify-dwh pack s3://sparkify/song_data/ s3://sparkify/songs_packed/ --parts 8
    """
    if parts is not None and part_mb is not None:
        raise UsageError("--parts says how many files to make, and --part-mb how large: leave out one of the two.")
    from dataclasses import asdict

    from sparkify_dwh.compaction import pack as join

    with _store(invocation, source, target) as store, progress_bars("packing objects", quiet=as_json) as show:
        packed = join(
            _url(source), _url(target), store=store, files=parts, target_bytes=(part_mb or PART_MB) * BYTES_PER_MB,
            overwrite=overwrite, on_progress=show,
        )  # fmt: skip
    if as_json:
        print_json(asdict(packed))
    else:
        click.echo(_summary(packed))


def _url(location: str) -> str:
    """The URL of what stands on the command line; a directory's ends in a slash."""
    from sparkify_dwh.storage.urls import file_url

    if "://" in location:
        return location
    return file_url(f"{location}/" if Path(location).is_dir() else location)


def _store(invocation: Invocation, *locations: str) -> ObjectStore:
    """A store with the configuration's credentials and region; files need no configuration, and S3 may do without."""
    from sparkify_dwh.config.file import DEFAULT_FILE, PREFIX
    from sparkify_dwh.storage.store import ObjectStore

    is_configured = (
        invocation.config is not None
        or Path(DEFAULT_FILE).exists()
        or any(name.startswith(PREFIX) for name in os.environ)
    )
    if is_configured and any(location.startswith("s3://") for location in locations):
        return ObjectStore(**invocation.settings().store_options())
    return ObjectStore()


def _summary(packed: Packed) -> str:
    from rich.filesize import decimal

    left_out = f"Left out, hidden or without data: {numbered(packed.left_out, 'object')}\n" if packed.left_out else ""
    return (
        f"{numbered(packed.objects, 'object')} ({decimal(packed.source_bytes)}) with "
        f"{numbered(packed.documents, 'document')} in {numbered(len(packed.parts), 'file')} "
        f"({decimal(packed.bytes)}) under {packed.target}\n{left_out}"
        f"The manifest, for COPY with GZIP MANIFEST, is {packed.manifest}\n"
        f"To load them, set SONG_DATA or LOG_DATA in [S3] to {packed.target}"
    )
