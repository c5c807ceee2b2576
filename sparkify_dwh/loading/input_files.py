"""The input files of a load: those under the configured prefixes that the ledger does not have yet.

A file is identified by its URL and its etag, as listed before it is read. Hidden files are left out: those whose name, or a
folder of theirs under the prefix, begins with ``.`` or ``_`` (``_SUCCESS``, ``.ipynb_checkpoints/``). COPY of a prefix would
load them, so a load names its files in a manifest. Redshift guide, copy-parameters-data-source-s3
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from sparkify_dwh.errors import MissingObjectError, UsageError
from sparkify_dwh.ledger import LoadFile
from sparkify_dwh.loading.report import Input
from sparkify_dwh.storage.urls import is_hidden
from sparkify_dwh.utils.dates import as_date
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.storage.store import ObjectStore, StoredObject

DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


@dataclass(frozen=True)
class Selection:
    """Which input files to load.

    ``force`` includes files that the ledger has. ``since`` and ``until`` exclude files whose URL names an earlier
    or a later day, as in ``2018-11-15-events.json``; files without a day in their URL are included. ``files`` includes only
    URLs that end in one of these.
    """

    force: bool = False
    since: date | None = None
    until: date | None = None
    files: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, force: bool, since: date | str | None, until: date | str | None, files: str | Iterable[str]
    ) -> Selection:
        """Return the selection from user input: days as dates or text, one name or several. Raises :class:`UsageError`."""
        first, last = (None if day is None else as_date(day) for day in (since, until))
        if first and last and last < first:
            raise UsageError(f"--until {last} is before --since {first}", "exchange the two days.")
        names = (files,) if isinstance(files, str) else tuple(files)
        for name in names:
            if not isinstance(name, str) or not name:
                raise UsageError(
                    f"Invalid file name {name!r}", "--files takes the ends of URLs, for example events.json."
                )
        return cls(force, first, last, names)

    @property
    def is_partial(self) -> bool:
        return bool(self.since or self.until or self.files)

    def takes(self, url: str) -> bool:
        days = DAY.findall(url)
        if days and not str(self.since or "") <= days[-1] <= str(self.until or "9999-99-99"):
            return False
        return not self.files or any(url.endswith(name) for name in self.files)


def require_named(selection: Selection, inputs: Iterable[Input]) -> None:
    """Raise :class:`MissingObjectError` when one of the chosen names matches no file."""
    inputs = list(inputs)
    missing = [name for name in selection.files if not any(name in files.named for files in inputs)]
    if missing:
        prefixes = " or ".join(files.prefix for files in inputs)
        raise MissingObjectError(
            f"No file under {prefixes} has a URL that ends in {missing[0]!r} (--files)",
            "correct the name, or put the file there.",
        )


def find_input(
    connection: Connection, staging: type[StagingTable], prefix: str, store: ObjectStore, selection: Selection
) -> Input:
    """List a prefix and select the files to load. Raises :class:`MissingObjectError` when there is no file at all."""
    listed = store.list(prefix)
    if not listed:
        raise MissingObjectError(
            f"{prefix} matches no file", f"check {staging.source.key} in [S3], or put the files there."
        )
    loaded = known_etags(connection, staging)
    files = Input(prefix)
    for file in listed:
        files.named.update(name for name in selection.files if file.url.endswith(name))
        loaded_etag = loaded.get(file.url)
        if is_hidden(file, prefix):
            files.hidden += 1
        elif not selection.takes(file.url):
            files.not_chosen += 1
        elif loaded_etag == file.etag and not selection.force:
            files.known += 1
        else:
            files.files.append(file)
            if loaded_etag not in (None, file.etag):
                files.changed.append(file.url)
    return files


def empty_file_warnings(files: Input) -> list[str]:
    """Return a warning about empty files, if there are any."""
    empty = [file.url for file in files.files if not file.size]
    if not empty:
        return []
    return [f"{numbered(len(empty), 'empty file')}, the first {empty[0]}: recorded as loaded, with no record in it"]


def known_etags(connection: Connection, staging: type[StagingTable]) -> dict[str, str]:
    """Return the etag that each file had when it was last loaded, by URL."""
    latest_first = func.row_number().over(
        partition_by=LoadFile.url, order_by=(LoadFile.number.desc().nulls_last(), LoadFile.load_id.desc())
    )
    ranked = (
        select(LoadFile.url, LoadFile.etag, latest_first.label("place"))
        .where(LoadFile.staged_into == staging.__tablename__)
        .subquery("ranked")
    )
    latest = select(ranked.c.url, ranked.c.etag).where(ranked.c.place == 1)
    return {url: etag for url, etag in connection.execute(latest)}  # noqa: C416 (a row is no tuple to mypy)


@contextmanager
def manifest(store: ObjectStore, url: str, files: Iterable[StoredObject]) -> Iterator[str]:
    """Write a manifest of ``files`` to ``url`` and remove it at the end, whatever happens.

    Every file is mandatory: the COPY fails when one was deleted after it was listed.
    """
    entries = [{"url": file.url, "mandatory": True} for file in files]
    store.write(url, json.dumps({"entries": entries}).encode())
    try:
        yield url
    finally:
        store.delete(url)
