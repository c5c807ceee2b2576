"""A file is cut into JSON documents wherever they begin and end, and what is none of them is an error of its own."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.redshift.copy_rules.json_documents import (
    MAX_DOCUMENT_BYTES,
    Document,
    DocumentReader,
    Malformed,
    Number,
)


def read(data: bytes, block_bytes: int = 1 << 20) -> list[Document | Malformed]:
    return list(DocumentReader(BytesIO(data), block_bytes=block_bytes))


def values(data: bytes) -> list[object]:
    return [found.value if isinstance(found, Document) else found.reason for found in read(data)]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}{"a": 2}',
        b'\r\n {"a": 1}\t{"a": 2}  ',
        b'{\n  "a":\n 1\n}\n\n{\n  "a": 2\n}\n',
    ],
)
def test_white_space_or_nothing_stands_between_documents(data: bytes) -> None:
    """Redshift guide, copy-parameters-data-format: a new line is not required."""
    assert values(data) == [{"a": "1"}, {"a": "2"}]


def test_an_array_at_the_root_is_one_document() -> None:
    assert values(b'[1, "x"] [{"a": null}, {"a": true}]') == [["1", "x"], [{"a": None}, {"a": True}]]


@pytest.mark.parametrize("data", [b"", b"\n\n", b" \r\n\t"])
def test_white_space_is_not_a_document(data: bytes) -> None:
    assert read(data) == []


def test_a_document_has_the_number_of_its_last_line() -> None:
    """Redshift guide: LINE_NUMBER records the last line of the JSON object."""
    found = read(b'{"a": 1}\n\n{\n"a": 2\n}{"a": 3}\n{"a"}\n\n{"a": 4}')
    assert [document.line for document in found] == [1, 5, 5, 6, 8]


def test_numbers_keep_their_text() -> None:
    found = read(b'{"a": 1540919166796.0, "b": -0, "c": 1E400, "d": 12345678901234567890123}')[0]
    assert isinstance(found, Document)
    assert found.value == {"a": "1540919166796.0", "b": "-0", "c": "1E400", "d": "12345678901234567890123"}
    assert all(type(value) is Number for value in dict(found.value).values())


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    assert values(b'{"a": 1, "a": 2}') == [{"a": "2"}]


def test_bytes_that_are_not_utf8_are_kept_apart() -> None:
    assert values(b'{"a": "x\xa4y"}') == [{"a": "x\udca4y"}]


def test_a_comma_between_documents_is_an_error_and_both_are_read() -> None:
    """Redshift guide: an error for each instance of anything but white space between objects."""
    assert values(b'{"a": 1},\n{"a": 2}') == [
        {"a": "1"},
        "Malformed JSON: ',' outside of an object or array",
        {"a": "2"},
    ]


@pytest.mark.parametrize("scalar", [b'"text"', b"12", b"null", b"NaN"])
def test_a_scalar_at_the_root_is_an_error(scalar: bytes) -> None:
    assert values(scalar + b"\n{}") == [f"Malformed JSON: '{scalar.decode()}' outside of an object or array", {}]


def test_a_byte_order_mark_is_named() -> None:
    assert values(b'\xef\xbb\xbf{"a": 1}')[0] == "Malformed JSON: a byte order mark outside of an object or array"


@pytest.mark.parametrize(
    "malformed",
    [
        b'{"a": nope}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": "\x00"}',
        b'{"a": "\t"}',
        b'{"a": "\\x"}',
        b'{"a": 01}',
        b'{"a": 1',
        b'{"a": "never ends}',
        b'{"a": 1]',
        b"[" * 200_000 + b"]" * 200_000,
    ],
)
def test_reading_goes_on_behind_a_malformed_document(malformed: bytes) -> None:
    found = read(b"{}\n" + malformed + b'\n{"b": 2}\n')
    assert [type(part) for part in found] == [Document, Malformed, Document]
    assert found[1].line == 2
    assert found[1].text == malformed.decode()[:2048]


def test_a_malformed_document_of_several_lines_is_one_error() -> None:
    found = read(b'{\n  "a": 1\n  "b": 2\n}\n\n{"a": 3}')
    assert [(type(part), part.line) for part in found] == [(Malformed, 4), (Document, 6)]


def test_a_cut_off_document_at_the_end_is_an_error() -> None:
    found = read(b'{"a": 1}\n{"a": {"b": tr')
    assert [(type(part), part.line) for part in found] == [(Document, 1), (Malformed, 2)]
    assert found[1].text == '{"a": {"b": tr'


def document_of(size: int) -> bytes:
    return b'{"a":"' + "é".encode() * ((size - 8) // 2) + b'"}'


def test_a_document_may_take_four_megabytes() -> None:
    """Redshift guide: the maximum size of a JSON object is 4 MB, in bytes."""
    assert type(read(document_of(MAX_DOCUMENT_BYTES))[0]) is Document
    too_large, behind = read(document_of(MAX_DOCUMENT_BYTES + 2) + b"{}")
    assert isinstance(too_large, Malformed)
    assert "may take 4194304 bytes" in too_large.reason
    assert type(behind) is Document


def test_a_string_without_an_end_is_not_read_to_the_end_of_the_file() -> None:
    endless, behind = read(b'{"a": "' + b"x" * (3 * MAX_DOCUMENT_BYTES) + b"\n{}", block_bytes=1 << 18)
    assert isinstance(endless, Malformed)
    assert len(endless.text) <= 2048
    assert (type(behind), behind.line) == (Document, 2)


PIECES = st.sampled_from(
    [b'{"a": 1}', b'{"k\xc3\xa9y": "\xf0\x9f\x98\x80"}', b"[true]", b'{"n":\n-1.5e3}', b"\n", b" ", b",", b"{", b"}", b'"x"', b"\xff", b'{"a": nope}', b'{"b": "\\ud83d\\ude00"}']  # noqa: E501
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.integers(1, 30))
def test_the_blocks_in_which_a_file_is_read_do_not_matter(pieces: list[bytes], block_bytes: int) -> None:
    data = b"".join(pieces)
    whole = read(data)
    assert read(data, block_bytes) == whole
    assert all(1 <= part.line <= data.count(b"\n") + 1 for part in whole)
