"""Findings about the locations of [S3]: inputs, JSONPaths files, the targets of manifests and exports, bucket regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

from rich.filesize import decimal

from sparkify_dwh.base import StagingTable
from sparkify_dwh.doctor.bucket_regions import region_findings
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.errors import SourceError
from sparkify_dwh.loading.json_paths_files import order_error, valid_paths
from sparkify_dwh.loading.report import Input
from sparkify_dwh.planning.file_warnings import file_warnings
from sparkify_dwh.redshift.copy_rules.json_paths import NO_PATHS
from sparkify_dwh.redshift.copy_rules.path_order import incomparable_paths
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.store import ObjectStore, path_of
from sparkify_dwh.storage.urls import is_hidden
from sparkify_dwh.utils.text import numbered

PROBE_NAME = "sparkify-dwh-doctor-"
PROBE_CONTENT = b"Written by `sparkify-dwh doctor` to see whether it can; may be removed.\n"

Findings = Callable[[], Iterator[Finding]]


def uses_s3(settings: Settings) -> bool:
    """Return whether any location is in S3."""
    return any(url.startswith("s3://") for url in settings.locations.values())


def source_findings(settings: Settings, store: ObjectStore) -> Iterator[tuple[str, Findings]]:
    """Yield the examinations of the locations, each with its subject. An examination may raise SourceError."""
    for staging in settings.warehouse.staging:
        source = staging.source
        if prefix := settings.inputs.get(source.key):
            yield source.key, partial(_input, settings, store, staging, prefix)
        if source.json_paths and (url := settings.inputs.get(source.json_paths)):
            yield source.json_paths, partial(_json_paths, settings, store, staging, url)
    for name in ("MANIFESTS", "EXPORT"):
        url = settings.locations.get(name)
        if url:
            yield name, partial(_writable, store, name, url)
    if uses_s3(settings):
        yield "the buckets' regions", partial(region_findings, settings, settings.locations)


def _input(settings: Settings, store: ObjectStore, staging: type[StagingTable], prefix: str) -> Iterator[Finding]:
    name = staging.source.key
    listing = store.list(prefix)
    source = Input(prefix, [file for file in listing if not is_hidden(file, prefix)])
    if not source.files:
        hidden = f" except {numbered(len(listing), 'hidden file')}" if listing else ""
        raise SourceError(f"{prefix} matches no file{hidden}", "correct it in [S3], or put the files there")
    yield ok("sources", f"{name} has {numbered(len(source.files), 'file')} of {decimal(source.bytes)} under {prefix}.")
    has_manifests = settings.manifests is not None
    for text in file_warnings(staging, source, has_manifests=has_manifests, is_partial=False):
        yield warning("sources", f"{name}: {text}.")


def _json_paths(settings: Settings, store: ObjectStore, staging: type[StagingTable], url: str) -> Iterator[Finding]:
    """Check that the JSONPaths file has a valid path for each column, in the order of the columns."""
    name, columns = staging.source.json_paths, staging.copied()
    paths = valid_paths(store.read(url), staging, url)
    if paths is None:
        yield warning("sources", f"{name}: {url} has no effect: {NO_PATHS}. Correct the file.")
        return
    other_order = order_error(staging, url, paths)
    if other_order and not settings.jsonpaths_in_any_order:
        raise other_order
    sentence = f"{name} has a path for each of the {len(columns)} columns of {staging.__tablename__}."
    if other_order:
        sentence += " Their order is another, as JSONPATHS_IN_ANY_ORDER allows."
    yield ok("sources", sentence)
    if incomparable := incomparable_paths(paths, columns):
        yield ok(
            "sources", f"{name}: paths that name no column, so their order is not known: {', '.join(incomparable)}."
        )


def _writable(store: ObjectStore, name: str, prefix: str) -> Iterator[Finding]:
    """Write a small object, then remove it and the folders that were made for it."""
    url = f"{prefix}{PROBE_NAME}{uuid4().hex}"
    missing_folders = _missing_folders(url)
    store.write(url, PROBE_CONTENT)
    try:
        store.delete(url)
    except SourceError as error:
        yield problem("sources", f"{name}: {error} The test object {url} is still there: remove it.")
        return
    for folder in missing_folders:
        with suppress(OSError):  # another process may have written to it by now
            folder.rmdir()
    yield ok("sources", f"{name} is writable: {prefix}.")


def _missing_folders(url: str) -> list[Path]:
    """Return the folders of a local file that do not exist, the innermost first."""
    if not url.startswith("file:"):
        return []
    return [folder for folder in path_of(url).parents if not folder.exists()]
