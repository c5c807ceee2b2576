"""Data files as decompressed streams. The compression follows from the file's name, as for the COPY of a load."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

_GZIP_MAGIC = b"\x1f\x8b"


class UnreadableFileError(Exception):
    """The bytes of a file do not match its name. The whole COPY fails, whatever its MAXERROR is."""


@contextmanager
def decompressed(url: str, stored: BinaryIO) -> Iterator[BinaryIO]:
    """Yield a file's bytes, decompressed when its name ends in ``.gz`` or ``.bz2``.

    Raises `UnreadableFileError`, also when the stream is read inside the ``with`` block.
    """
    try:
        if url.endswith(".gz"):
            with gzip.GzipFile(fileobj=stored) as plain:
                yield cast("BinaryIO", plain)
        elif url.endswith(".bz2"):
            with bz2.BZ2File(stored) as plain:
                yield cast("BinaryIO", plain)
        else:
            yield _plain(stored)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(f"the file cannot be read: {error}") from error


def _plain(stored: BinaryIO) -> BinaryIO:
    start = stored.read(len(_GZIP_MAGIC))
    if start == _GZIP_MAGIC:
        raise UnreadableFileError("the file is gzip, but a load recognizes gzip by a name that ends in .gz")
    return cast("BinaryIO", _Chained(start, stored))


class _Chained(io.RawIOBase):
    """Some bytes, and the stream after them."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        super().__init__()
        self._start, self._stream = start, stream

    def read(self, size: int = -1, /) -> bytes:
        start, self._start = self._start, b""
        return start or self._stream.read(size)
