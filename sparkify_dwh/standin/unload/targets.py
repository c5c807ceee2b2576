"""The target of an UNLOAD: names of files, what may be overwritten, and the manifest.

Files are ``<prefix>0000_part_00``, and with PARALLEL OFF ``<prefix>000`` (Redshift guide, r_UNLOAD); the stand-in has one
slice. Any object under the prefix counts as one that might be overwritten.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO, cast
from urllib.parse import quote, unquote

from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.unload.query import ResultColumn
from sparkify_dwh.standin.unload.statement import UnloadStatement
from sparkify_dwh.storage.store import ObjectStore, file_url
from sparkify_dwh.storage.urls import local_path

_UNLOADED_NAME = re.compile(r"(?:[0-9]{4}_part_[0-9]{2,}|[0-9]{3,})(?:\.parquet|\.gz)?$|manifest$")
_MANIFEST_TYPES = {
    "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "varchar": "character varying", "char": "character",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
}  # fmt: skip


@dataclass(frozen=True)
class WrittenFile:
    """A file that was written, with the number of its rows and bytes."""

    url: str
    rows: int
    bytes: int


class UnloadTarget:
    """The objects under one prefix. Errors are RedshiftErrors."""

    def __init__(self, statement: UnloadStatement, store: ObjectStore) -> None:
        self._options = statement.options
        self._url = _listed_url(statement.url)
        self._store = store
        self._cleaned: set[str] = set()
        self.written: list[WrittenFile] = []
        self._manifests: list[str] = []  # none or one

    def prepare(self) -> None:
        """Raise if objects exist that must not be overwritten; with CLEANPATH delete them.

        With PARTITION BY, CLEANPATH empties a partition's folder before the first file is written to it.
        """
        if self._options.clean_path and not self._options.partition_by:
            self._clean("")
        elif not self._options.clean_path and not self._options.allow_overwrite and self._objects(""):
            raise RedshiftError(
                "XX000",
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
                f"removing the target files in S3, or using the ALLOWOVERWRITE option: {self._url}",
            )

    def write(self, folder: str, part: int, file: BinaryIO, rows: int) -> None:
        """Store a finished file; ``part`` counts from 0 in every folder."""
        if self._options.clean_path and self._options.partition_by:
            self._clean(folder)
        name = f"0000_part_{part:02d}" if self._options.parallel else f"{part:03d}"
        extension = ".parquet" if self._options.format == "parquet" else ".gz" if self._options.gzip else ""
        self._put(self._object_url(folder) + name + extension, file, rows)

    def write_manifest(self, columns: tuple[ResultColumn, ...]) -> None:
        """Store the manifest of all files, for COPY. Redshift guide, r_UNLOAD, MANIFEST [VERBOSE]"""
        data = json.dumps(self._manifest(columns), indent=2, ensure_ascii=False).encode()
        with _redshift_errors():
            self._manifests.append(f"{self._url}manifest")
            self._store.write(self._manifests[0], data)

    def remove_written(self) -> None:
        """Delete the files of an UNLOAD that failed."""
        with _redshift_errors():
            for url in [*(file.url for file in self.written), *self._manifests]:
                self._store.delete(url)

    def _put(self, url: str, file: BinaryIO, rows: int) -> None:
        size = file.seek(0, 2)
        with _redshift_errors():
            if size == 0:
                self._store.write(url, b"")
            else:  # mapped, so that large files need no memory
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    self._store.write(url, cast("bytes", data))
        self.written.append(WrittenFile(url, rows, size))

    def _clean(self, folder: str) -> None:
        if folder in self._cleaned:
            return
        self._cleaned.add(folder)
        urls = self._objects(folder)
        prefix = self._object_url(folder)
        for url in urls:  # a wrong URL must not empty someone's home directory
            if url.startswith("file:") and not _is_unloaded(url.removeprefix(prefix), prefix):
                raise RedshiftError(
                    "XX000",
                    f"CLEANPATH in the stand-in removes only files of an UNLOAD, and {url} is not one: remove it yourself",
                )
        with _redshift_errors():
            for url in urls:
                self._store.delete(url)

    def _objects(self, folder: str) -> list[str]:
        with _redshift_errors():
            return [stored.url for stored in self._store.list(self._object_url(folder))]

    def _object_url(self, folder: str) -> str:
        """Return a folder's URL. In ``file:///`` URLs the percent signs of a partition's name are encoded again."""
        return self._url + (quote(folder) if self._url.startswith("file:") else folder)

    def _manifest(self, columns: tuple[ResultColumn, ...]) -> dict[str, object]:
        verbose = self._options.manifest == "verbose"
        entries = [{"url": file.url, "meta": _meta(file.bytes, file.rows, verbose)} for file in self.written]
        if not verbose:
            return {"entries": entries}
        total = _meta(sum(file.bytes for file in self.written), sum(file.rows for file in self.written), verbose)
        elements = [{"name": column.name, "type": {"base": _manifest_type(column)}} for column in columns]
        author = {"name": "Amazon Redshift", "version": "1.0.0"}
        return {"entries": entries, "schema": {"elements": elements}, "meta": total, "author": author}


def _meta(size: int, rows: int, verbose: bool) -> dict[str, int]:
    return {"content_length": size} | ({"record_count": rows} if verbose else {})


def _manifest_type(column: ResultColumn) -> str:
    return _MANIFEST_TYPES.get(column.type, column.type)


def _listed_url(url: str) -> str:
    """Return the URL as it is spelled in listings."""
    with _redshift_errors():
        return file_url(local_path(url)) if url.startswith("file:") else url


def _is_unloaded(rest: str, prefix: str) -> bool:
    """Return whether an UNLOAD to ``prefix`` has written an object; ``rest`` is its URL after the prefix."""
    *folders, name = unquote(rest).split("/")
    in_folders = all("=" in folder for folder in folders) and (not folders or prefix.endswith("/"))
    return in_folders and _UNLOADED_NAME.match(name) is not None


def temporary_file() -> BinaryIO:
    """Return a temporary file for a file of an UNLOAD."""
    return cast("BinaryIO", TemporaryFile(prefix="sparkify-dwh-unload-"))


@contextmanager
def _redshift_errors() -> Iterator[None]:
    """Turn errors of the store into RedshiftErrors."""
    try:
        yield
    except SourceError as error:
        raise RedshiftError("XX000", str(error)) from error
