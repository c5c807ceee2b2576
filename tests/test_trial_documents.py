"""A trial cuts files into the documents that COPY makes rows of, and opens them ahead of time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkify_dwh.errors import SourceError
from sparkify_dwh.source import ObjectStore, StoredObject
from sparkify_dwh.standin.copy.json_documents import Document as ExactDocument
from sparkify_dwh.standin.copy.json_documents import DocumentReader
from sparkify_dwh.trial_documents import Document, Malformed, documents, opened_ahead


def read(data: bytes, drop_bytes: int = 1 << 20) -> list[Document | Malformed]:
    return list(documents("file:///a.json", cast("BinaryIO", Drops(data, drop_bytes))))


class Drops(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a network may."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__()
        self._rest, self._size = io.BytesIO(data), size

    def read(self, _: int = -1, /) -> bytes:
        return self._rest.read(self._size)


TEXTS = st.one_of(
    st.sampled_from(
        ["{}", "[]", '{"a": {"b": [1, 2.50]}}', '{\n"a":\n1}', "{}{}", "{", "}", '{"a": "\\u00e9é"}', "x {}"]
    ),
    st.sampled_from(
        ['{"a": "}\n{"', "[1,\n2", '{"a": -Infinity}', '{"a"\n: nul}', "\ufeff", "\x0b", '"text"', "1\n[]"]
    ),
    st.text(alphabet='{}[]",:1é\n ', max_size=12),
)


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=6), st.sampled_from(["\n", "\n", "\r\n", "", "\n\n "]), st.integers(1, 40))
def test_documents_and_their_lines_are_those_of_copy(texts: Sequence[str], separator: str, drop_bytes: int) -> None:
    data = separator.join(texts).encode()
    found = read(data, drop_bytes)
    exact = list(DocumentReader(io.BytesIO(data)))
    assert [(isinstance(part, Document), part.line) for part in found] == [
        (isinstance(part, ExactDocument), part.line) for part in exact
    ]
    values = [part.value for part in found if isinstance(part, Document)]
    assert values == [part.value for part in exact if isinstance(part, ExactDocument)]


def test_documents_may_be_glued_or_printed_over_lines() -> None:
    """The line of a document is its last, as in Redshift's errors."""
    parts = read(b'{"a": 1}{"a": 2}\n{\n  "a": 3\n}\n')
    assert parts == [Document({"a": "1"}, 1), Document({"a": "2"}, 1), Document({"a": "3"}, 4)]


def test_reading_goes_on_behind_what_is_malformed() -> None:
    parts = read(b'{"a": \n  oh\n\n{"a": 1}\nno json\n[1]')
    assert [type(part).__name__ for part in parts] == ["Malformed", "Document", "Malformed", "Document"]
    assert [part.line for part in parts] == [2, 4, 5, 6]


def some_files(directory: Path, count: int) -> list[StoredObject]:
    for number in range(count):
        (directory / f"{number:02}.json").write_text(str(number))
    return ObjectStore().list(f"{directory.as_uri()}/")


def test_files_come_in_their_order_and_are_closed_after_use(tmp_path: Path) -> None:
    files, seen = some_files(tmp_path, 20), []
    for file, stream in opened_ahead(ObjectStore(), files):
        assert file.url.endswith(f"{int(stream.read()):02}.json")
        seen.append(stream)
    assert len(seen) == 20
    assert all(stream.closed for stream in seen)


def test_a_file_that_has_gone_is_an_error(tmp_path: Path) -> None:
    files = some_files(tmp_path, 12)
    (tmp_path / "03.json").unlink()
    with pytest.raises(SourceError, match=r"03\.json: nothing is there"):
        list(opened_ahead(ObjectStore(), files))


def test_who_stops_reading_leaves_nothing_open(tmp_path: Path) -> None:
    """An open file that is forgotten is a ResourceWarning, and so fails the test."""
    with closing(opened_ahead(ObjectStore(), some_files(tmp_path, 12))) as streams:
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
    with closing(opened_ahead(store, files)) as streams:
        for is_opened in (False, False, True):
            next(streams)
            assert (files[2].url in store.opened) is is_opened
