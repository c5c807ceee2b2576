"""Warnings about the files of an input before they are loaded, each with its remedy.

Fewer files than slices are not worth a warning: small data loads at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.filesize import decimal

from sparkify_dwh.loading.input_files import empty_file_warnings
from sparkify_dwh.sql.copy_statements import by_compression

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.loading.report import Input

MAX_SMALL_FILES = 1000
SMALL_FILE_BYTES = 64 * 1024
# Redshift guide, c_best-practices-use-multiple-files: 1 MB to 1 GB after compression, all of about one size
MAX_FILE_BYTES = 1024**3
# Redshift guide, t_splitting-data-files: COPY splits larger files, but neither JSON nor gzip
SPLIT_BYTES = 128 * 1024**2

MAX_NEIGHBOURS_SHOWN = 10


def file_warnings(staging: type[StagingTable], files: Input, *, has_manifests: bool, is_partial: bool) -> list[str]:
    """Return the warnings about the files of a load. ``is_partial`` says that only chosen files are loaded."""
    return [
        *([] if has_manifests else _no_manifests(files, is_partial)),
        *_neighbours(staging, files),
        *_small_files(files),
        *_large_files(files),
        *empty_file_warnings(files),
    ]


def _no_manifests(files: Input, is_partial: bool) -> Iterator[str]:
    yield (
        "without MANIFESTS in [S3], a load copies the whole prefix, including hidden files and files that were loaded "
        "before: set MANIFESTS in [S3]"
    )
    if is_partial:
        yield "--since, --until and --files need manifests, so a load would be refused: set MANIFESTS in [S3]"
    groups = by_compression(files.files)
    if len(groups) > 1:
        yield (
            f"the files have {len(groups)} kinds of compression, but COPY of a whole prefix takes one, so a load would be "
            "refused: set MANIFESTS in [S3] (Redshift guide, copy-parameters-file-compression)"
        )


def _neighbours(staging: type[StagingTable], files: Input) -> Iterator[str]:
    """Warn of a key prefix without a slash, which is not a folder: ``logs`` also matches ``logs2/x`` and ``logs.bak``."""
    folders, _, intended = files.prefix.rpartition("/")
    paths = (file.url.removeprefix(f"{folders}/").partition("/") for file in files.files)
    names = Counter(f"{name}{slash}" for name, slash, _ in paths)
    if not intended or not {intended, f"{intended}/"} & names.keys():
        return
    others = [f"{name} ({count:,})" for name, count in names.items() if name not in {intended, f"{intended}/"}]
    if others:
        shown = [*others[:MAX_NEIGHBOURS_SHOWN], *(["and more"] if len(others) > MAX_NEIGHBOURS_SHOWN else [])]
        yield (
            f"the key prefix {files.prefix} does not end with a slash, so it also matches its neighbours: "
            f"{', '.join(shown)}. To leave them out, end {staging.source.key} in [S3] with a slash "
            "(Redshift guide, copy-parameters-data-source-s3)"
        )


def _small_files(files: Input) -> Iterator[str]:
    count = len(files.files)
    if count > MAX_SMALL_FILES and files.bytes < count * SMALL_FILE_BYTES:
        yield (
            f"{count:,} files of {decimal(files.bytes // count)} on average load slowly, because COPY has a cost for every "
            f"file: join them with `sparkify-dwh pack {files.prefix} TARGET`, into a multiple of the cluster's slices "
            "(Redshift guide, c_best-practices-use-multiple-files)"
        )


def _large_files(files: Input) -> Iterator[str]:
    large = [file for file in files.files if file.size > SPLIT_BYTES]
    if not large:
        return
    largest = max(large, key=lambda file: file.size)
    too_large = sum(file.size > MAX_FILE_BYTES for file in large)
    yield (
        f"files over 128 MB: {len(large):,}, over 1 GB: {too_large:,}, the largest {largest.url} ({decimal(largest.size)}): "
        "Redshift splits neither JSON nor gzip, so one slice reads each of these files while others may be idle. Write more "
        "files of one size, from 1 MB to 1 GB compressed, as many as a multiple of the cluster's slices "
        "(Redshift guide, t_splitting-data-files, c_best-practices-use-multiple-files)"
    )
