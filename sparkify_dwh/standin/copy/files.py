"""The decompressed bytes of the files that a COPY reads: streams, and batches of small files.

A file that cannot be read, or is not compressed as the statement says, fails the COPY.
Redshift guide, copy-parameters-file-compression
"""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple, cast

from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.copy_rules.json_documents import BLOCK_BYTES
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.copy.listing import DataFile, data_files
from sparkify_dwh.standin.transfer.store import Store, explained

_MAX_BATCH_FILES = 1024


class DataStream:
    """A stream of a data file that counts bytes after decompression and explains errors."""

    def __init__(self, url: str, stream: BinaryIO) -> None:
        self.url = url
        self.bytes = 0
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        with explained(self.url):
            data = self._stream.read(size)
        self.bytes += len(data)
        return data


class SmallFiles(NamedTuple):
    """Files that were read completely, in their order: URLs and contents."""

    urls: list[str]
    contents: list[bytes]

    def streams(self) -> Iterator[DataStream]:
        """Yield the files one by one."""
        for url, data in zip(self.urls, self.contents, strict=True):
            yield DataStream(url, BytesIO(data))


def read_files(statement: CopyStatement, store: Store) -> Iterator[SmallFiles | DataStream]:
    """Yield the files of the statement in their order: small local ones many at a time, unless they are compressed.

    A stream is closed when the next one is requested. Raise RedshiftError XX000 when there is no file, when a mandatory
    file is missing, and for an invalid manifest.
    """
    files = data_files(statement, store)
    urls, compression = [file.url for file in files], statement.options.compression
    at, found = 0, False
    while at < len(files):
        file = files[at]
        if compression is None and (small := store.read_small(urls[at : at + _MAX_BATCH_FILES], BLOCK_BYTES)):
            yield SmallFiles(urls[at : at + len(small)], small)
            at, found = at + len(small), True
            continue
        if (opened := _open(file, store)) is not None:
            with opened as stored, _decompressed(stored, None if file.is_empty else compression) as stream:
                yield DataStream(file.url, stream)
            found = True
        at += 1
    if not found:
        raise RedshiftError("XX000", f"None of the files in the manifest {statement.url} was found")


def open_files(statement: CopyStatement, store: Store) -> Iterator[DataStream]:
    """Yield the files of the statement, each as a stream."""
    for files in read_files(statement, store):
        if isinstance(files, DataStream):
            yield files
        else:
            yield from files.streams()


def _open(file: DataFile, store: Store) -> BinaryIO | None:
    """Return the stored file; None for a missing file that the manifest lists as not mandatory."""
    if file.is_empty:
        return BytesIO()
    try:
        return store.open(file.url)
    except SourceError as error:
        if file.is_mandatory is False and not _is_there(file.url, store):
            return None
        raise RedshiftError("XX000", str(error)) from error


def _is_there(url: str, store: Store) -> bool:
    """Return whether the object exists, although it cannot be opened."""
    with explained(url):
        return any(found.url == url for found in store.list(url))


def _decompressed(stream: BinaryIO, compression: str | None) -> BinaryIO:
    reader: Any = (
        stream
        if compression is None
        else gzip.GzipFile(fileobj=stream)
        if compression == "gzip"
        else bz2.BZ2File(stream)
        if compression == "bzip2"
        else _zstd(stream)
    )
    return cast("BinaryIO", reader)


def _zstd(stream: BinaryIO) -> Any:
    try:
        return import_module("compression.zstd").ZstdFile(stream)
    except ImportError:
        pass
    try:
        return import_module("zstandard").ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    except ImportError:
        raise RedshiftError(
            "0A000", "COPY option ZSTD needs Python 3.14, or the package zstandard: install it for the stand-in"
        ) from None
