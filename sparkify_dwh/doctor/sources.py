"""Findings about the places of [S3]: the inputs, the JSONPaths file, where manifests and exports are written, the region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

from rich.filesize import decimal

from sparkify_dwh.base import StagingTable
from sparkify_dwh.doctor.buckets import region_findings
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.errors import SourceError
from sparkify_dwh.loading.report import Input
from sparkify_dwh.planning.file_warnings import remarks
from sparkify_dwh.planning.paths import BadPaths, paths_of
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import STAGING
from sparkify_dwh.storage.store import ObjectStore, path_of
from sparkify_dwh.storage.urls import is_hidden

PROBE = "sparkify-dwh-doctor-"
PROBE_CONTENT = b"Written by `sparkify-dwh doctor` to see that it can be; may be removed.\n"

Findings = Callable[[], Iterator[Finding]]


def is_of_s3(settings: Settings) -> bool:
    """Whether any place is in S3."""
    return any(url.startswith("s3://") for url in places(settings).values())


def places(settings: Settings) -> dict[str, str]:
    """The places that are configured, by their keys in [S3]."""
    keys = ("log_data", "song_data", "log_jsonpath", "manifests", "export")
    return {key.upper(): url for key in keys if (url := getattr(settings, key))}


def source_findings(settings: Settings, store: ObjectStore) -> Iterator[tuple[str, Findings]]:
    """What is to be looked at, by its name; each may raise a SourceError."""
    for staging in STAGING:
        prefix = getattr(settings, staging.source)
        if prefix:
            yield staging.source.upper(), partial(_input, settings, store, staging, prefix)
        if staging.json_paths and (url := getattr(settings, staging.json_paths)):
            yield staging.json_paths.upper(), partial(_json_paths, store, staging, url)
    for name in ("MANIFESTS", "EXPORT"):
        url = places(settings).get(name)
        if url:
            yield name, partial(_place, store, name, url)
    if is_of_s3(settings):
        yield "the buckets' regions", partial(region_findings, settings, places(settings))


def _input(settings: Settings, store: ObjectStore, staging: type[StagingTable], prefix: str) -> Iterator[Finding]:
    name = staging.source.upper()
    listed = store.list(prefix)
    found = Input(prefix, [file for file in listed if not is_hidden(file, prefix)])
    if not found.files:
        hidden = f", but for {len(listed):,} hidden ones" if listed else ""
        raise SourceError(f"{prefix} matches no file{hidden}: correct it in [S3], or put the files there")
    files = "1 file" if len(found.files) == 1 else f"{len(found.files):,} files"
    yield ok("sources", f"{name} has {files} of {decimal(found.bytes)} under {prefix}.")
    has_manifests = settings.manifests is not None
    for remark in remarks(staging, found, has_manifests=has_manifests, is_partial=False):
        yield warning("sources", f"{name}: {remark}.")


def _json_paths(store: ObjectStore, staging: type[StagingTable], url: str) -> Iterator[Finding]:
    """The file by which columns find their values: one path for each column, in their order."""
    name = str(staging.json_paths).upper()
    try:
        _paths, strange = paths_of(staging.copied(), store.read(url))
    except BadPaths as error:
        yield problem("sources", f"{name}: COPY would refuse {url}, for {error}. Correct the file.")
        return
    if strange:
        yield warning("sources", f"{name}: {url} does nothing, for {strange}. Correct the file.")
    else:
        yield ok(
            "sources", f"{name} has a path for each of the {len(staging.copied())} columns of {staging.__tablename__}."
        )


def _place(store: ObjectStore, name: str, prefix: str) -> Iterator[Finding]:
    """Write a small object, and remove it, and the folders that had to be made for it."""
    url = f"{prefix}{PROBE}{uuid4().hex}"
    made = _folders_to_be_made(url)
    store.write(url, PROBE_CONTENT)
    try:
        store.delete(url)
    except SourceError as error:
        yield problem(
            "sources", f"{name}: {str(error).rstrip('.')}. What was written, {url}, is still there: remove it."
        )
        return
    for folder in made:
        with suppress(OSError):  # somebody else has put something there by now
            folder.rmdir()
    yield ok("sources", f"{name} can be written to and removed from: {prefix}.")


def _folders_to_be_made(url: str) -> list[Path]:
    """The folders of a local file that are not there, the innermost first."""
    if not url.startswith("file:"):
        return []
    return [folder for folder in path_of(url).parents if not folder.exists()]
