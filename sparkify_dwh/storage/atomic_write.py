"""Atomic writes: readers, and a crash, see the old file or the new one, never a part of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

UNFINISHED_PREFIX = ".sparkify-dwh-unfinished-"
"""Prefix of the names of unfinished files, which listings leave out."""

READABLE = 0o666  # minus the umask
PRIVATE = 0o600


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file, following links; it gets the permissions of new files.

    What exists and is not a file, such as /dev/stdout, is written to directly.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(data)
    else:
        replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write a file in place of the file or link at ``path``."""
    with unfinished_file(path, data) as unfinished:
        unfinished.replace(path)


@contextmanager
def unfinished_file(path: Path, data: bytes, *, mode: int = READABLE, is_flushed: bool = False) -> Iterator[Path]:
    """Write a file beside ``path``, which the caller renames to it; otherwise it is removed.

    With ``is_flushed`` it is on the disk when it is yielded.
    """
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{uuid4().hex}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            if is_flushed:
                stream.flush()
                os.fsync(stream.fileno())
        yield unfinished
    finally:
        with suppress(OSError):
            unfinished.unlink()
