"""Source and target of a pack: their URLs, that they do not overlap, and that the target is free."""

from __future__ import annotations

import re

from sparkify_dwh.errors import UsageError
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import file_url, local_path, shown, split_s3

_PART_NAME = re.compile(r"part-\d{4,}\.json\.gz")


def canonical_url(url: str) -> str:
    """Return the URL as listings spell it. Raises :class:`UsageError` for other kinds of URLs."""
    if url.startswith("s3://"):
        return "s3://{}/{}".format(*split_s3(url))
    if url.startswith("file:///"):
        return file_url(local_path(url))
    raise UsageError(f"pack needs URLs like s3://bucket/key or file:///path, found {shown(url)!r}", "correct it")


def folder_url(target: str) -> str:
    """Return the target's URL with one slash at its end."""
    url = canonical_url(target).removesuffix("/")
    if url.count("/") < 3 or url.endswith("/"):
        raise UsageError(f"The target must be a folder with a name, found {target}", "add a folder")
    return f"{url}/"


def manifest_url(target: str) -> str:
    """Return the URL of the target's manifest, which is not under the target's prefix."""
    return f"{target.removesuffix('/')}.manifest"


def require_separate(source: str, target: str) -> None:
    """Raise :class:`UsageError` if the source's prefix matches a part or the manifest, or the target's matches a source."""
    for inner, outer in ((target, source), (manifest_url(target), source), (source, target)):
        if inner.startswith(outer):
            raise UsageError(
                f"Source and target must not overlap, but the key prefix {outer} also matches {inner}",
                "end the source with a slash, or choose another target",
            )


def clear_target(store: ObjectStore, target: str, overwrite: bool) -> None:
    """Remove an earlier pack from the target. Raises :class:`UsageError` for other files, and without ``overwrite``."""
    manifest = manifest_url(target)
    # A folder that was made in the S3 console is an empty object.
    urls = [stored.url for stored in store.list(target) if stored.url != target]
    other_files = [url for url in urls if not _PART_NAME.fullmatch(url.removeprefix(target))]
    if other_files:
        raise UsageError(
            f"The target may hold only packed files, but {other_files[0]} is there", "choose another target"
        )
    urls += [stored.url for stored in store.list(manifest) if stored.url == manifest]
    if urls and not overwrite:
        raise UsageError(
            f"The target already holds a pack, {urls[0]}",
            "pass --overwrite to replace it, or choose another target",
        )
    for url in reversed(urls):  # the manifest first, so that it never names a missing part
        store.delete(url)
