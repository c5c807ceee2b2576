"""The objects that a warehouse is loaded from and exported to: listed, read and written, in S3 or in local files.

    store = ObjectStore(region="us-west-2")
    for found in store.list("s3://sparkify/log_data/"):
        with store.open(found.url) as stream: ...

The same words mean the same thing for both: a listing goes by key prefix, knows no directories, and comes in the order
of the URLs' bytes. Local files are what the stand-in reads; Redshift itself reads S3 alone.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import quote_from_bytes
from uuid import uuid4

from sparkify_dwh.errors import SourceError
from sparkify_dwh.locations import StoredObject, file_url, local_path, path_of, shown
from sparkify_dwh.s3 import S3Objects

if TYPE_CHECKING:
    from sparkify_dwh.secret import Secret

__all__ = ["ObjectStore", "StoredObject", "file_url", "path_of"]

Listing = list[StoredObject]

# An object that is being written has a name that starts so, and is no object yet.
_UNFINISHED = ".sparkify-dwh-unfinished-"

_SMALL_BYTES = 16 * 1024

# What looks the same in a path and in a URL.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")


class _Objects(Protocol):
    """What each kind of store can do; the errors are SourceErrors."""

    def list(self, prefix_url: str) -> Iterator[StoredObject]: ...
    def open(self, url: str) -> BinaryIO: ...
    def write(self, url: str, data: bytes) -> None: ...
    def delete(self, url: str) -> None: ...


class ObjectStore:
    """Objects by URL, ``s3://bucket/key`` or ``file:///path``; every failure is a SourceError.

    S3 is reached as boto3 reaches it: credentials by its usual chain unless ``key`` and ``secret`` are given, another
    server by AWS_ENDPOINT_URL. Nothing is imported, and no connection made, before an object in S3 is asked for. A
    store may be used by several threads, and as a context manager, which closes its connections.
    """

    def __init__(
        self,
        *,
        key: Secret | None = None,
        secret: Secret | None = None,
        token: Secret | None = None,
        region: str | None = None,
    ) -> None:
        self._s3 = S3Objects(key=key, secret=secret, token=token, region=region)
        self._files = _Files()

    def list(self, prefix_url: str) -> Listing:
        """Every object whose URL starts with ``prefix_url``, by the bytes of the URL; an empty list when there is none.

        A key prefix and no folder: ``file:///d/log_data`` also lists ``/d/log_data2/x`` and ``/d/log_data.bak``.
        Objects of no bytes are listed, directories are not. Symbolic links are followed, but not back into a directory
        that is being listed; those that lead nowhere, and devices and pipes, are left out.
        """
        return sorted(self._objects(prefix_url).list(prefix_url), key=lambda found: found.url)

    def read(self, url: str) -> bytes:
        """The whole object."""
        with self.open(url) as stream, _explained("read", url):
            return stream.read()

    def open(self, url: str) -> BinaryIO:
        """The object as a stream, for the caller to close; what is not read is not fetched."""
        return self._objects(url).open(url)

    def write(self, url: str, data: bytes) -> None:
        """Write the object, in place of one that is there: readers see the old or the new, nothing between.

        Directories are made as needed. A file is not forced to the disk before this returns.
        """
        self._objects(url).write(url, data)

    def delete(self, url: str) -> None:
        """Remove the object; it is no error when there is none. Directories stay."""
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
            f"an object needs a URL like s3://bucket/key or file:///path, found {shown(url)!r}: correct it"
        )


class _Files:
    """The objects in local files."""

    def list(self, prefix_url: str) -> Iterator[StoredObject]:
        top, start = os.path.split(local_path(prefix_url))
        with _explained("list", prefix_url):
            yield from _walk(top, start)

    def open(self, url: str) -> BinaryIO:
        path = _file(url)
        try:
            return _opened(path)
        except OSError as error:
            raise _explanation("read", url, error) from error

    def write(self, url: str, data: bytes) -> None:
        path = Path(_file(url))
        unfinished = path.with_name(f"{_UNFINISHED}{uuid4().hex}")
        with _explained("write", url):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(data)
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def delete(self, url: str) -> None:
        with _explained("delete", url):
            Path(_file(url)).unlink(missing_ok=True)


def _file(url: str) -> str:
    if url.endswith("/"):
        raise SourceError(f"an object's URL ends in a name, found the directory {shown(url)}: name a file in it")
    if url.startswith("file:///") and _PLAIN_NAME.fullmatch(url, len("file:///")):
        return url.removeprefix("file://")
    return local_path(url)


def _opened(path: str) -> BinaryIO:
    """The file as a stream. A small one is read at once, which takes half as long as to make a stream that reads it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= _SMALL_BYTES:
            return open(descriptor, "rb")  # noqa: PTH123 (it is open)
        data = os.read(descriptor, status.st_size)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return BytesIO(data)


def _walk(top: str, start: str) -> Iterator[StoredObject]:
    """The files in ``top`` whose names start with ``start``, and all files in the directories whose names do."""
    try:
        pending = [(top, start, frozenset({_identity(Path(top).stat())}))]
    except FileNotFoundError:
        return
    while pending:
        directory, start, above = pending.pop()
        base = file_url(f"{directory}/")
        for entry, status in _entries(directory, start):
            if stat.S_ISREG(status.st_mode):
                name = entry.name
                if not _PLAIN_NAME.fullmatch(name):
                    name = quote_from_bytes(os.fsencode(name))
                yield StoredObject(base + name, status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}")
            elif stat.S_ISDIR(status.st_mode) and _identity(status) not in above:
                pending.append((entry.path, "", above | {_identity(status)}))


def _entries(directory: str, start: str) -> list[tuple[os.DirEntry[str], os.stat_result]]:
    """What ``directory`` holds under names that start so, and what each leads to; nothing when it is gone by now."""
    try:
        scan = os.scandir(directory)
    except FileNotFoundError:
        return []
    found = []
    with scan as entries:
        for entry in entries:
            if entry.name.startswith(start) and not entry.name.startswith(_UNFINISHED):
                try:
                    found.append((entry, entry.stat()))
                except OSError as error:  # but for a link that leads nowhere, or a file gone by now
                    if error.errno not in (errno.ENOENT, errno.ELOOP):
                        raise
    return found


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


@contextmanager
def _explained(action: str, url: str) -> Iterator[None]:
    """Turn the system's errors into SourceErrors."""
    try:
        yield
    except OSError as error:
        raise _explanation(action, url, error) from error


def _explanation(action: str, url: str, error: OSError) -> SourceError:
    """What the system's error means, and what to do."""
    if isinstance(error, FileNotFoundError):
        why = "nothing is there; correct the URL or put the file there"
    elif isinstance(error, PermissionError):
        why = f"this user has no permission for {error.filename}; grant it or run as another user"
    elif isinstance(error, NotADirectoryError | FileExistsError):
        why = f"{error.filename} is not a directory; correct the URL or move that file away"
    elif isinstance(error, IsADirectoryError):
        why = "it is a directory; name a file in it"
    else:
        why = f"{error.strerror}; see to it and try again"
    return SourceError(f"cannot {action} {url}: {why}")
