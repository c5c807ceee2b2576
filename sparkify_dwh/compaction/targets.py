"""Where a pack reads and where it writes: the two apart, and room at the target."""

from __future__ import annotations

import re

from sparkify_dwh.errors import UsageError
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import file_url, local_path, shown, split_s3

_PART = re.compile(r"part-\d{4,}\.json\.gz")


def canonical(url: str) -> str:
    """The URL in the one spelling that listings use."""
    if url.startswith("s3://"):
        return "s3://{}/{}".format(*split_s3(url))
    if url.startswith("file:///"):
        return file_url(local_path(url))
    raise UsageError(f"pack needs URLs like s3://bucket/key or file:///path, found {shown(url)!r}: correct it")


def folder(target: str) -> str:
    """The target's URL with one slash at its end."""
    url = canonical(target).removesuffix("/")
    if url.count("/") < 3 or url.endswith("/"):
        raise UsageError(f"a target needs a name, of which its manifest gets its own, found {target}: add a folder")
    return f"{url}/"


def manifest_of(target: str) -> str:
    return f"{target.removesuffix('/')}.manifest"


def separate(source: str, target: str) -> tuple[str, str]:
    """Both, when neither a part nor the manifest would be a source, and no source is where the parts go."""
    for inner, outer in ((target, source), (manifest_of(target), source), (source, target)):
        if inner.startswith(outer):
            raise UsageError(
                f"what is packed and what is written must not mix, but the key prefix {outer} also matches {inner}: "
                "end the source with a slash, or name another target"
            )
    return source, target


def make_room(store: ObjectStore, target: str, overwrite: bool) -> None:
    """See that nothing is at the target but what an earlier pack left there, and remove that."""
    manifest = manifest_of(target)
    # A folder that was made in the S3 console is an empty object.
    held = [found.url for found in store.list(target) if found.url != target]
    strange = [url for url in held if not _PART.fullmatch(url.removeprefix(target))]
    if strange:
        raise UsageError(f"a target holds packed files alone, but {strange[0]} is there: name another target")
    held += [found.url for found in store.list(manifest) if found.url == manifest]
    if held and not overwrite:
        raise UsageError(
            f"two packs must not mix, but {held[0]} is there already: pass overwrite (--overwrite) to replace it, or name "
            "another target"
        )
    for url in reversed(held):  # the manifest first, so that it never names what is gone
        store.delete(url)
