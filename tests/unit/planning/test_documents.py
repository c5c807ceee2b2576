"""A trial cuts files into the documents that COPY makes rows of, and opens them ahead of time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO, cast

from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.planning.documents import Document, Malformed, documents
from sparkify_dwh.redshift.copy_rules.json_documents import Document as ExactDocument
from sparkify_dwh.redshift.copy_rules.json_documents import DocumentReader


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
