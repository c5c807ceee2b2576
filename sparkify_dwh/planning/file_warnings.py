"""Warnings about the files of an input before they are loaded, each with its remedy.

Fewer files than slices are not worth a warning: small data loads at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.filesize import decimal

from sparkify_dwh.sql.copy_statements import by_compression

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.loading.report import Input

MANY_FILES = 1000
TINY_BYTES = 64 * 1024
# Redshift guide, c_best-practices-use-multiple-files: 1 MB to 1 GB after compression, all of about one size
LARGEST_BYTES = 1024**3
# Redshift guide, t_splitting-data-files: from here on COPY splits a file, but neither JSON nor gzip
SPLIT_BYTES = 128 * 1024**2

MAX_NEIGHBOURS_SHOWN = 10


def remarks(staging: type[StagingTable], found: Input, *, has_manifests: bool, is_partial: bool) -> list[str]:
    """Return the warnings about the files of a load. ``is_partial`` says that only chosen files are loaded."""
    return [
        *([] if has_manifests else _no_manifests(found, is_partial)),
        *_neighbours(staging, found),
        *_tiny_files(found),
        *_large_files(found),
    ]


def _no_manifests(found: Input, is_partial: bool) -> Iterator[str]:
    yield (
        "the whole prefix would be loaded, hidden files and those that were loaded before too, for there is no place for "
        "manifests: set MANIFESTS in [S3]"
    )
    if is_partial:
        yield "--since and --files need a place for manifests: a load refuses them without one"
    groups = by_compression(found.files)
    if len(groups) > 1:
        yield (
            f"files of {len(groups)} compressions, of which COPY of a whole prefix takes one, so that a load would be "
            "refused: set MANIFESTS in [S3] (Redshift guide, copy-parameters-file-compression)"
        )


def _neighbours(staging: type[StagingTable], found: Input) -> Iterator[str]:
    """Warn of a key prefix without a slash, which is not a folder: ``logs`` also matches ``logs2/x`` and ``logs.bak``."""
    folders, _, meant = found.prefix.rpartition("/")
    behind = (file.url.removeprefix(f"{folders}/").partition("/") for file in found.files)
    names = Counter(f"{name}{slash}" for name, slash, _ in behind)
    if not meant or not {meant, f"{meant}/"} & names.keys():
        return
    others = [f"{name} ({count:,})" for name, count in names.items() if name not in {meant, f"{meant}/"}]
    if others:
        shown = [*others[:MAX_NEIGHBOURS_SHOWN], *(["and more"] if len(others) > MAX_NEIGHBOURS_SHOWN else [])]
        yield (
            f"the key prefix {found.prefix} has no slash at its end, so its neighbours would be loaded too: "
            f"{', '.join(shown)}. If they are not meant, end {staging.source.key} in [S3] with a slash "
            "(Redshift guide, copy-parameters-data-source-s3)"
        )


def _tiny_files(found: Input) -> Iterator[str]:
    count = len(found.files)
    if count > MANY_FILES and found.bytes < count * TINY_BYTES:
        yield (
            f"{count:,} files of {decimal(found.bytes // count)} on average take far longer than their size would, for COPY "
            f"pays for every object: join them with `sparkify-dwh pack {found.prefix} TARGET`, into a multiple of the "
            "cluster's slices (Redshift guide, c_best-practices-use-multiple-files)"
        )


def _large_files(found: Input) -> Iterator[str]:
    large = [file for file in found.files if file.size > SPLIT_BYTES]
    if not large:
        return
    largest = max(large, key=lambda file: file.size)
    too_large = sum(file.size > LARGEST_BYTES for file in large)
    yield (
        f"files over 128 MB: {len(large):,}, of which over 1 GB: {too_large:,}, the largest {largest.url} of "
        f"{decimal(largest.size)}: Redshift splits neither JSON nor gzip, so that one slice reads each of them while others "
        "may have nothing to do. Write them as more files, all of one size, of 1 MB to 1 GB compressed, and as many as a "
        "multiple of the cluster's slices (Redshift guide, t_splitting-data-files, c_best-practices-use-multiple-files)"
    )
