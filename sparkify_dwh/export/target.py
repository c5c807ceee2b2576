"""The target of an export: a folder with an empty folder for each table.

Neither of UNLOAD's own options would do. CLEANPATH empties only the partitions that it writes, and ALLOWOVERWRITE leaves
files with other names, whose rows would be read with the new ones (Redshift guide, r_UNLOAD). So the files of an earlier
export are removed here, its manifest first, and UNLOAD refuses files that appear in the meantime.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sparkify_dwh.errors import ConfigurationError, ExportError, SourceError, SparkifyError, UsageError
from sparkify_dwh.export.manifest import NAME, ExportedFile
from sparkify_dwh.storage.urls import configured_location, shown

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.storage.store import ObjectStore, StoredObject

# Redshift guide, r_UNLOAD: the names of its files. A folder that was made in the S3 console is an empty object.
_UNLOADED = re.compile(r"(?:[a-z_]+=[^/]+/)*(?:\d{4,}_part_\d{2,}\.parquet)?")
_DELETED_AT_ONCE = 8  # S3 takes about 30 ms for each; boto3 keeps 10 connections


def target_url(settings: Settings, target: str | None) -> str:
    """Return the URL of an export's folder, with its slash: ``target``, or [S3] EXPORT when it is None.

    Raises:
        ConfigurationError: neither is given.
        UsageError: it is not a folder, it is local and a cluster is to write it, or a load would read it as input.
    """
    given = settings.export if target is None else target
    if given is None:
        raise ConfigurationError(
            f"{settings.origin} lacks [S3] EXPORT: add it, or name a target: sparkify-dwh export s3://bucket/folder/"
        )
    if not settings.is_standin and not given.lower().startswith("s3:"):
        raise UsageError(
            f"Redshift reads and writes only S3, but the folder of the export is {shown(given)!r}: name "
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
    """The folder of an export, whose URL ends in a slash. Objects outside the folders of tables are ignored."""

    def __init__(self, url: str, store: ObjectStore) -> None:
        self.url = url
        self.manifest = url + NAME
        self._store = store
        self._written: dict[str, list[StoredObject]] = {}

    def folder(self, table: str) -> str:
        return f"{self.url}{table}/"

    def files(self, table: str) -> tuple[ExportedFile, ...]:
        """Return the files in a table's folder, in the order of their names."""
        files = self._written[table] = self._store.list(self.folder(table))
        return tuple(ExportedFile(self._path(file), file.size) for file in files)

    def require_untouched(self) -> None:
        """Raise :class:`ExportError` when a folder no longer holds the files that :meth:`files` returned."""
        for table, written in self._written.items():
            if self._store.list(self.folder(table)) != written:
                raise ExportError(
                    f"Another program has written to {self.folder(table)} since this export began: export again when it is "
                    "done"
                )

    def make_room(self, tables: Iterable[str], known: Iterable[str], *, overwrite: bool) -> None:
        """Require empty folders for all ``known`` tables; with ``overwrite``, remove an earlier export of ``tables``.

        Raises:
            UsageError: there are files that no export wrote, files of another table, or files without ``overwrite``.
        """
        held = {table: self._store.list(self.folder(table)) for table in known}
        for table, objects in held.items():
            self._require_unloaded(table, objects)
        present = self._listed_manifest() + [file for objects in held.values() for file in objects]
        if present and not overwrite:
            raise UsageError(
                f"The target already holds an export: {present[0].url}",
                "Pass --overwrite to replace it, or name another target.",
            )
        chosen = set(tables)
        for table in (table for table, objects in held.items() if objects and table not in chosen):
            raise UsageError(
                f"An export replaces an earlier one as a whole, but {self.folder(table)} holds {table}, which is not to be "
                "exported now: export all tables, or name another target."
            )
        self._remove(present)

    def read_manifest(self) -> bytes:
        """Return the content of the manifest. Raise :class:`SourceError` when there is none."""
        if not self._listed_manifest():
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
        except SparkifyError as error:
            return f"What is left under {self.url} cannot be listed: {error}"
        if not count:
            return f"Nothing is left under {self.url}."
        files = "one file is" if count == 1 else f"{count:,} files are"
        return f"There is no manifest, and {files} left under {self.url}: export again with --overwrite."

    def _listed_manifest(self) -> list[StoredObject]:
        return [file for file in self._store.list(self.manifest) if file.url == self.manifest]

    def _path(self, file: StoredObject) -> str:
        """Return the path from the folder of the export; ``file:///`` URLs are percent-encoded, S3's are not."""
        path = file.url.removeprefix(self.url)
        return unquote(path) if file.url.startswith("file:") else path

    def _require_unloaded(self, table: str, objects: Iterable[StoredObject]) -> None:
        for file in objects:
            if not _UNLOADED.fullmatch(self._path(file).removeprefix(f"{table}/")):
                raise UsageError(
                    f"The folder of an exported table must hold only its files, but {file.url} is there: move it away, or "
                    "name another target."
                )

    def _remove(self, objects: Iterable[StoredObject]) -> None:
        """Remove the objects, first the manifest, which must not name files that are gone."""
        urls = [file.url for file in objects]
        for url in urls[:1]:
            self._store.delete(url)
        with ThreadPoolExecutor(_DELETED_AT_ONCE) as threads:
            list(threads.map(self._store.delete, urls[1:]))
