"""The target of an export: a folder with an empty folder for each table.

Neither of UNLOAD's own options would do. CLEANPATH empties only the partitions that it writes, and ALLOWOVERWRITE leaves
what has another name, so that rows of an earlier export would be read with the new ones (Redshift guide, r_UNLOAD). So what
an earlier export wrote is removed here, its manifest first, and UNLOAD refuses what comes up meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sparkify_dwh.errors import ConfigurationError, ExportError, SourceError, UsageError
from sparkify_dwh.export.manifest import NAME, ExportedFile
from sparkify_dwh.storage.urls import configured_location, shown

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.storage.store import ObjectStore, StoredObject

# Redshift guide, r_UNLOAD: the names of its files. A folder that was made in the S3 console is an empty object.
_UNLOADED = re.compile(r"(?:[a-z_]+=[^/]+/)*(?:\d{4,}_part_\d{2,}\.parquet)?")
_DELETED_AT_ONCE = 8  # S3 takes about 30 ms for each; boto3 keeps 10 connections


def target_url(settings: Settings, target: str | None) -> str:
    """The folder of an export as listings spell it, with its slash: ``target``, or [S3] EXPORT when it is None.

    Raises:
        ConfigurationError: there is neither.
        UsageError: it is no folder, it is local and Redshift is to write it, or a load would read it as input.
    """
    given = settings.export if target is None else target
    if given is None:
        raise ConfigurationError(
            f"{settings.origin} lacks [S3] EXPORT: add it, or name a target: sparkify-dwh export s3://bucket/folder/"
        )
    if not settings.is_standin and not given.lower().startswith("s3:"):
        raise UsageError(
            f"Redshift reads and writes S3 alone, but the folder of the export is {shown(given)!r}: name "
            "s3://bucket/folder/, or set [CLUSTER] HOST=standin."
        )
    url = _spelled(given).rstrip("/") + "/"
    if url == "file:/":
        raise UsageError("An export needs a folder of its own, found the root directory: add a name.")
    _require_apart(url, settings)
    return url


def _require_apart(url: str, settings: Settings) -> None:
    """Inputs are key prefixes: ``s3://bucket/inv`` would load ``s3://bucket/invoices/``."""
    places = [url + NAME, *(f"{url}{name}/" for name in settings.warehouse.tables)]
    for name, prefix in settings.input_prefixes.items():
        for place in places:
            if place.startswith(prefix) or prefix.startswith(place):
                raise UsageError(
                    f"What is exported must lie apart from what is loaded, but {place} and [S3] {name}, {prefix}, are "
                    "one within the other: name another target."
                )


def _spelled(given: str) -> str:
    if not given:
        raise UsageError("An export needs a folder, found an empty text: name one.")
    try:
        return configured_location("The folder of an export", given, Path.cwd())
    except ConfigurationError as error:
        raise UsageError(str(error)) from error


class Target:
    """A folder of an export, whose URL ends in a slash. Objects that are no table's are none of its business."""

    def __init__(self, url: str, store: ObjectStore) -> None:
        self.url = url
        self.manifest = url + NAME
        self._store = store
        self._written: dict[str, list[StoredObject]] = {}

    def folder(self, table: str) -> str:
        return f"{self.url}{table}/"

    def files(self, table: str) -> tuple[ExportedFile, ...]:
        """Return the files in a table's folder, in the order of their names."""
        found = self._written[table] = self._store.list(self.folder(table))
        return tuple(ExportedFile(self._path(each), each.size) for each in found)

    def require_untouched(self) -> None:
        """Raises :class:`ExportError` when a folder no longer holds the files that `files` has found in it."""
        for table, written in self._written.items():
            if self._store.list(self.folder(table)) != written:
                raise ExportError(
                    f"Somebody else has written to {self.folder(table)} since this export began: export again when they are "
                    "done"
                )

    def make_room(self, tables: Iterable[str], known: Iterable[str], *, overwrite: bool) -> None:
        """See that the folders of all ``known`` tables are empty; with ``overwrite`` remove an earlier one of ``tables``.

        Raises:
            UsageError: something is there and may not be removed: it is no file of an export, it is of another table, or
                there is no ``overwrite``.
        """
        held = {table: self._store.list(self.folder(table)) for table in known}
        for table, objects in held.items():
            self._require_unloaded(table, objects)
        manifest = [found for found in self._store.list(self.manifest) if found.url == self.manifest]
        found = manifest + [each for objects in held.values() for each in objects]
        if found and not overwrite:
            raise UsageError(
                f"The target already holds an export: {found[0].url}",
                "Pass overwrite (--overwrite) to replace it, or name another target.",
            )
        chosen = set(tables)
        for table in (table for table, objects in held.items() if objects and table not in chosen):
            raise UsageError(
                f"An export replaces an earlier one as a whole, but {self.folder(table)} holds {table}, which is not to be "
                "exported now: export all tables, or name another target."
            )
        self._remove(found)

    def read_manifest(self) -> bytes:
        """Raises :class:`SourceError` when there is none."""
        if not any(found.url == self.manifest for found in self._store.list(self.manifest)):
            raise SourceError(
                f"{self.url} must hold an export, and has no {NAME}, which an export writes last: name another folder, "
                "or export again"
            )
        return self._store.read(self.manifest)

    def write_manifest(self, data: bytes) -> None:
        self._store.write(self.manifest, data)

    def left(self, tables: Iterable[str]) -> str:
        """Return a sentence about the files that a failed export has left."""
        try:
            count = sum(len(self._store.list(self.folder(table))) for table in tables)
        except SourceError as error:
            return f"What is left under {self.url} cannot be listed: {error}."
        if not count:
            return f"Nothing is left under {self.url}."
        files = "one file is" if count == 1 else f"{count:,} files are"
        return f"There is no manifest, and {files} left under {self.url}: export again with overwrite (--overwrite)."

    def _path(self, found: StoredObject) -> str:
        """The path from the folder of the export; ``file:///`` URLs are percent-encoded, S3's are not."""
        path = found.url.removeprefix(self.url)
        return unquote(path) if found.url.startswith("file:") else path

    def _require_unloaded(self, table: str, objects: Iterable[StoredObject]) -> None:
        for found in objects:
            if not _UNLOADED.fullmatch(self._path(found).removeprefix(f"{table}/")):
                raise UsageError(
                    f"The folder of an exported table holds its files alone, but {found.url} is there: move it away, or "
                    "name another target."
                )

    def _remove(self, objects: Iterable[StoredObject]) -> None:
        """Remove the objects, first the manifest, which must not name files that are gone."""
        urls = [found.url for found in objects]
        for url in urls[:1]:
            self._store.delete(url)
        with ThreadPoolExecutor(_DELETED_AT_ONCE) as threads:
            list(threads.map(self._store.delete, urls[1:]))
