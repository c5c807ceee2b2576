"""Objects opened ahead: in their order, and none left open."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest

from sparkify_dwh.errors import SourceError
from sparkify_dwh.storage.prefetch import prefetch
from sparkify_dwh.storage.store import ObjectStore, StoredObject


def some_files(directory: Path, count: int) -> list[StoredObject]:
    for number in range(count):
        (directory / f"{number:02}.json").write_text(str(number))
    return ObjectStore().list(f"{directory.as_uri()}/")


def test_files_come_in_their_order_and_are_closed_after_use(tmp_path: Path) -> None:
    files, seen = some_files(tmp_path, 20), []
    for file, stream in prefetch(ObjectStore(), files):
        assert file.url.endswith(f"{int(stream.read()):02}.json")
        seen.append(stream)
    assert len(seen) == 20
    assert all(stream.closed for stream in seen)


def test_a_file_that_has_gone_is_an_error(tmp_path: Path) -> None:
    files = some_files(tmp_path, 12)
    (tmp_path / "03.json").unlink()
    with pytest.raises(SourceError, match=r"03\.json: nothing is there"):
        list(prefetch(ObjectStore(), files))


def test_who_stops_reading_leaves_nothing_open(tmp_path: Path) -> None:
    """An open file that is forgotten is a ResourceWarning, and so fails the test."""
    with closing(prefetch(ObjectStore(), some_files(tmp_path, 12))) as streams:
        next(streams)


class Noting(ObjectStore):
    """A store that notes what is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open(self, url: str) -> BinaryIO:
        self.opened.append(url)
        return super().open(url)


def test_nothing_is_opened_behind_a_file_that_takes_long_to_read(tmp_path: Path) -> None:
    """Its connection to S3 would be dropped meanwhile."""
    files, store = some_files(tmp_path, 3), Noting()
    files[1] = StoredObject(files[1].url, 100_000_000, "")
    with closing(prefetch(store, files)) as streams:
        for is_opened in (False, False, True):
            next(streams)
            assert (files[2].url in store.opened) is is_opened
