"""The object store that a warehouse is loaded from and exported to, in S3 or in local files.

    store = ObjectStore(region="us-west-2")
    for file in store.list("s3://bucket/logs/"):
        with store.open(file.url) as stream: ...

Both behave alike: a listing is by key prefix, has no directories, and is in the order of the URLs' bytes. The stand-in reads
local files; Redshift itself reads only S3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from types import TracebackType
from typing import BinaryIO, Protocol

from sparkify_dwh.aws.sessions import AccessKey
from sparkify_dwh.errors import SourceError
from sparkify_dwh.storage.local import Contents, LocalFiles, explained
from sparkify_dwh.storage.s3 import S3Objects
from sparkify_dwh.storage.urls import StoredObject, file_url, path_of, shown

__all__ = ["ObjectStore", "StoredObject", "file_url", "path_of"]

Listing = list[StoredObject]


class _Objects(Protocol):
    """The interface of ``LocalFiles`` and ``S3Objects``."""

    def list(self, prefix_url: str) -> Iterator[StoredObject]: ...
    def open(self, url: str) -> BinaryIO: ...
    def write(self, url: str, data: bytes) -> None: ...
    def delete(self, url: str) -> None: ...


class ObjectStore:
    """Objects by URL, ``s3://bucket/key`` or ``file:///path``; failures are SourceErrors.

    Credentials for S3 come from environment and profile unless there is an ``access_key``, and another server is named by
    AWS_ENDPOINT_URL. Nothing is imported, and no connection made, before an object in S3 is asked for. A store may be used
    by several threads, and as a context manager, which closes its connections.
    """

    def __init__(self, *, access_key: AccessKey | None = None, region: str | None = None) -> None:
        self._s3 = S3Objects(access_key=access_key, region=region)
        self._files = LocalFiles()

    def list(self, prefix_url: str) -> Listing:
        """Return every object whose URL starts with ``prefix_url``, in the order of the URLs' bytes.

        It is a key prefix, not a folder: ``file:///d/logs`` also lists ``/d/logs2/x`` and ``/d/logs.bak``.
        Empty objects are listed, directories are not. Symbolic links are followed, but not back into a directory
        that is being listed; those that lead nowhere, and devices and pipes, are left out.
        """
        return sorted(self._objects(prefix_url).list(prefix_url), key=attrgetter("url"))

    def read(self, url: str) -> bytes:
        """Return the content of an object."""
        with self.open(url) as stream, explained("read", url):
            return stream.read()

    def read_small(self, urls: Sequence[str], max_bytes: int) -> Contents:
        """Return the contents of the first of these objects, as long as they are small local files that can be read.

        It stops when they have ``max_bytes`` together, and never fails: ``open`` says why an object cannot be read.
        It takes microseconds per file.
        """
        return self._files.read_small(urls, max_bytes)

    def open(self, url: str) -> BinaryIO:
        """Return the object as a stream, which the caller closes. Unread bytes are not fetched."""
        return self._objects(url).open(url)

    def write(self, url: str, data: bytes) -> None:
        """Write the object atomically, in place of an existing one.

        Directories are created as needed. A file is not forced to the disk before this returns.
        """
        self._objects(url).write(url, data)

    def delete(self, url: str) -> None:
        """Delete the object, if it exists. Directories stay."""
        self._objects(url).delete(url)

    def close(self) -> None:
        """Close the connections to S3, if there are any."""
        self._s3.close()

    def __enter__(self) -> ObjectStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _objects(self, url: str) -> _Objects:
        if url.startswith("s3://"):
            return self._s3
        if url.startswith("file:"):
            return self._files
        raise SourceError(
            f"An object needs a URL like s3://bucket/key or file:///path, found {shown(url)!r}", "correct it"
        )
