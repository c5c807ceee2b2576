"""Objects in local files, and the meaning of the system's errors."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from sparkify_dwh.errors import MissingObjectError, SourceError
from sparkify_dwh.storage.atomic_write import UNFINISHED_PREFIX, replace
from sparkify_dwh.storage.urls import StoredObject, file_url, local_path, shown

Contents = list[bytes]

MAX_SMALL_BYTES = 16 * 1024

# Without O_NONBLOCK, opening a pipe waits for a writer. It has no effect on files.
_READING = os.O_RDONLY | os.O_NONBLOCK

# The same in a path and in a URL.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.\-]+")
_PLAIN_URL = re.compile(r"file://(/[A-Za-z0-9_.\-/]*[A-Za-z0-9_.\-])")


class LocalFiles:
    """Objects by ``file:///`` URL; failures are SourceErrors. ``ObjectStore`` documents the methods."""

    def list(self, prefix_url: str) -> Iterator[StoredObject]:
        top, start = os.path.split(local_path(prefix_url))
        with explained("list", prefix_url):
            yield from _walk(top, start)

    def open(self, url: str) -> BinaryIO:
        path = _path(url)
        try:
            return _opened(path)
        except OSError as error:
            raise _explanation("read", url, error) from error

    def read_small(self, urls: Sequence[str], max_bytes: int) -> Contents:
        contents: Contents = []
        with suppress(OSError, SourceError):
            for url in urls:
                if (data := _small_file(_path(url))) is None:
                    break
                contents.append(data)
                max_bytes -= len(data)
                if max_bytes <= 0:
                    break
        return contents

    def write(self, url: str, data: bytes) -> None:
        path = Path(_path(url))
        with explained("write", url):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, data)

    def delete(self, url: str) -> None:
        with explained("delete", url):
            Path(_path(url)).unlink(missing_ok=True)


def _path(url: str) -> str:
    if plain := _PLAIN_URL.fullmatch(url):
        return plain[1]
    if url.endswith("/"):
        raise SourceError(f"An object's URL ends in a name, found the directory {shown(url)}", "name a file in it")
    return local_path(url)


def _opened(path: str) -> BinaryIO:
    """Return the file as a stream. A small one is read at once, which takes half as long as a stream of the file."""
    descriptor = os.open(path, _READING)
    try:
        status = os.fstat(descriptor)
        _require_file(status.st_mode)
        if not 0 < status.st_size <= MAX_SMALL_BYTES:
            return open(descriptor, "rb")  # noqa: PTH123 (it is open)
        data = os.read(descriptor, status.st_size)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return BytesIO(data)


def _require_file(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is neither a file nor a link to one")


def _small_file(path: str) -> bytes | None:
    """Return the content of a file; None when it is long. Raises OSError for a pipe, before reading from it."""
    descriptor = os.open(path, _READING)
    try:
        data = os.pread(descriptor, MAX_SMALL_BYTES, 0)
        return None if os.pread(descriptor, 1, len(data)) else data
    finally:
        os.close(descriptor)


def _walk(top: str, start: str) -> Iterator[StoredObject]:
    """Yield the files in ``top`` whose names start with ``start``, and all files in the directories whose names do."""
    try:
        pending = [(top, file_url(f"{top}/"), start, frozenset({_identity(Path(top).stat())}))]
    except FileNotFoundError:
        return
    while pending:
        directory, base, start, above = pending.pop()
        for entry, status in _entries(directory, start):
            name = entry.name
            if not _PLAIN_NAME.fullmatch(name):
                name = quote_from_bytes(os.fsencode(name))
            if stat.S_ISREG(status.st_mode):
                yield StoredObject(base + name, status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}")
            elif stat.S_ISDIR(status.st_mode) and _identity(status) not in above:
                pending.append((f"{directory}/{entry.name}", f"{base}{name}/", "", above | {_identity(status)}))


def _entries(directory: str, start: str) -> list[tuple[os.DirEntry[str], os.stat_result]]:
    """Return the entries of a directory whose names start with ``start``, with links followed; none if it is gone."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return []
    found = []
    try:
        with os.scandir(descriptor) as entries:  # faster than by the path of the directory
            for entry in entries:
                if entry.name.startswith(start) and not entry.name.startswith(UNFINISHED_PREFIX):
                    try:
                        found.append((entry, entry.stat()))
                    except OSError as error:  # a link that leads nowhere, and a file that is gone, are left out
                        if error.errno not in (errno.ENOENT, errno.ELOOP):
                            raise OSError(error.errno, error.strerror, f"{directory}/{entry.name}") from error
    finally:
        os.close(descriptor)
    return found


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


@contextmanager
def explained(action: str, url: str) -> Iterator[None]:
    """Turn the system's errors into SourceErrors."""
    try:
        yield
    except OSError as error:
        raise _explanation(action, url, error) from error


def _explanation(action: str, url: str, error: OSError) -> SourceError:
    """Return the error with what the system's error means, and what to do."""
    if isinstance(error, FileNotFoundError):
        return MissingObjectError(f"Cannot {action} {url}: nothing is there", "correct the URL or put the file there")
    if isinstance(error, PermissionError):
        why, hint = f"this user has no permission for {error.filename}", "grant it or run as another user"
    elif isinstance(error, NotADirectoryError | FileExistsError):
        why, hint = f"{error.filename} is not a directory", "correct the URL or move that file away"
    elif isinstance(error, IsADirectoryError):
        why, hint = "it is a directory", "name a file in it"
    else:
        why, hint = str(error.strerror), "correct it and try again"
    return SourceError(f"Cannot {action} {url}: {why}", hint)
