"""The files that a COPY reads: under a key prefix or listed in a manifest, decompressed.

Sources: Redshift guide, copy-parameters-data-source-s3, loading-data-files-using-manifest and
copy-parameters-file-compression.

Every object under the prefix is a data file, hidden ones too; those without bytes load nothing. A file that cannot be
read, or is not compressed as the statement says, fails the COPY.
"""

from __future__ import annotations

import bz2
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol, cast

from sparkify_dwh.errors import SourceError
from sparkify_dwh.locations import local_path
from sparkify_dwh.source import file_url
from sparkify_dwh.standin.errors import RedshiftError

if TYPE_CHECKING:
    from sparkify_dwh.source import StoredObject
    from sparkify_dwh.standin.copy.statement import CopyStatement


class Store(Protocol):
    """What is asked of a store of objects; `sparkify_dwh.source.ObjectStore` is one. Its errors are SourceErrors."""

    def list(self, prefix_url: str, /) -> list[StoredObject]: ...
    def open(self, url: str, /) -> BinaryIO: ...
    def read(self, url: str, /) -> bytes: ...


class DataFile(NamedTuple):
    """A file to load; ``is_mandatory`` is None for a file that was listed, and so is there."""

    url: str
    is_mandatory: bool | None = None
    is_empty: bool = False


class DataStream:
    """A data file as it is read: counts bytes after decompression, and explains what goes wrong."""

    def __init__(self, url: str, stream: BinaryIO) -> None:
        self.url = url
        self.bytes = 0
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            data = self._stream.read(size)
        except Exception as error:
            if (explanation := _explanation(self.url, error)) is None:
                raise
            raise explanation from error
        self.bytes += len(data)
        return data


def open_files(statement: CopyStatement, store: Store) -> Iterator[DataStream]:
    """The files of the statement, one after the other; each is closed when the next is asked for.

    Raises RedshiftError XX000 when there is none, for a mandatory file that is missing, and for a manifest that is not one.
    """
    found, compression = False, statement.options.compression
    for file in (
        _manifest_files(statement.url, store) if statement.options.manifest else _prefix_files(statement, store)
    ):
        opened = _open(file, store)
        if opened is None:
            continue
        found = True
        with opened as stored:
            if compression is None or file.is_empty:
                yield DataStream(file.url, stored)
            else:
                with _decompressed(stored, compression) as stream:
                    yield DataStream(file.url, stream)
    if not found:
        raise RedshiftError("XX000", f"None of the files in the manifest {statement.url} was found")


def read_object(url: str, store: Store) -> bytes:
    """The whole object that a statement names, such as its JSONPaths file."""
    with _explained(url):
        return store.read(url)


def _prefix_files(statement: CopyStatement, store: Store) -> list[DataFile]:
    with _explained(statement.url):
        objects = store.list(statement.url)
    if not objects:
        # The text: https://github.com/3scale/apisonator/issues/196
        message = f"The specified S3 prefix '{_prefix(statement.url)}' does not exist"
        raise RedshiftError("XX000", message, _detail(message))
    _refuse_paths_as_data(statement.json, [found.url for found in objects])
    return [DataFile(found.url, is_empty=found.size == 0) for found in objects]


def _refuse_paths_as_data(json_option: str, urls: list[str]) -> None:
    """Under the data's prefix a JSONPaths file is read as data, and COPY fails. Guide, copy-parameters-data-format"""
    url = file_url(local_path(json_option)) if json_option.startswith("file:") else json_option
    if url in urls:
        raise RedshiftError(
            "XX000",
            f"The JSONPaths file {url} is under the prefix of the data, and would be read as data: end the prefix with a "
            "slash, or move the file",
        )


def _prefix(url: str) -> str:
    """The key of an object in S3, the path of a local file without its first slash."""
    return url.split("/", 3)[3] if url.count("/") > 2 else ""


def _detail(message: str) -> str:
    """The box that Redshift draws below an internal error."""
    line = "-" * 47
    return (
        f"\n  {line}\n  error:  {message}\n  code:      8001\n  context:   \n  query:     0\n"
        f"  location:  s3_utility.cpp:568\n  process:   padbmaster\n  {line}\n"
    )


def _manifest_files(url: str, store: Store) -> list[DataFile]:
    try:
        data = store.read(url)
    except SourceError as error:
        # What Redshift says of any manifest it cannot read: https://github.com/PostHog/posthog/issues/61603
        message = "COPY with MANIFEST parameter requires full path of an S3 object"
        raise RedshiftError("XX000", f"{message}: {error}", _detail(message)) from error
    try:
        entries = json.loads(data.decode("utf-8"))["entries"]
        return [_manifest_file(entry) for entry in list(entries)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RedshiftError(
            "XX000",
            f"Manifest file {url} is not in correct json format: it needs one object in UTF-8, "
            '{"entries": [{"url": "s3://bucket/key", "mandatory": true}]}',
        ) from error


def _manifest_file(entry: Any) -> DataFile:
    url, is_mandatory = entry["url"], entry.get("mandatory", False)
    if not isinstance(url, str) or not url.startswith(("s3://", "file:///")) or not isinstance(is_mandatory, bool):
        raise ValueError("no entry of a manifest")
    return DataFile(url, is_mandatory)


def _open(file: DataFile, store: Store) -> BinaryIO | None:
    """The file as it is stored; None when a manifest lists it, as not mandatory, and it is not there."""
    if file.is_empty:
        return BytesIO()
    try:
        return store.open(file.url)
    except SourceError as error:
        if file.is_mandatory is False and not _is_there(file.url, store):
            return None
        raise RedshiftError("XX000", str(error)) from error


def _is_there(url: str, store: Store) -> bool:
    """Whether the object exists, though it cannot be opened."""
    with _explained(url):
        return any(found.url == url for found in store.list(url))


def _decompressed(stream: BinaryIO, compression: str) -> BinaryIO:
    reader: Any = (
        gzip.GzipFile(fileobj=stream)
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


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if (explanation := _explanation(url, error)) is None:
            raise
        raise explanation from error


def _explanation(url: str, error: Exception) -> RedshiftError | None:
    """What tells the client of an error in reading; None for an error that has nothing to do with reading."""
    if isinstance(error, SourceError):
        return RedshiftError("XX000", str(error))
    is_unreadable = isinstance(error, OSError | EOFError | zlib.error)
    if is_unreadable or type(error).__name__ == "ZstdError":  # whichever module it is of, there may be none to import
        return RedshiftError("XX000", f"Cannot read {url}: {error}")
    return None
