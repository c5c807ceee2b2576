"""A column's value is found by its JSONPath, and a JSONPaths file that cannot be followed is refused."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.redshift.copy_rules.json_documents import Document, DocumentReader
from sparkify_dwh.redshift.copy_rules.json_paths import JsonPath, parse_jsonpaths
from sparkify_dwh.redshift.copy_rules.rejects import Reject
from sparkify_dwh.redshift.errors import RedshiftError


def document(text: str) -> Document:
    found = next(iter(DocumentReader(BytesIO(text.encode()))))
    assert isinstance(found, Document)
    return found


def paths(*expressions: object) -> list[JsonPath] | None:
    return parse_jsonpaths(json.dumps({"jsonpaths": expressions}).encode(), "s3://b/paths.json")


@pytest.mark.parametrize(
    ("expression", "steps"),
    [
        ("$['firstName']", ("firstName",)),
        ("$['a b.c']['d'][0]", ("a b.c", "d", 0)),
        ("$.firstName", ("firstName",)),
        ("$.store.book[2].title", ("store", "book", 2, "title")),
        ("$[0]", (0,)),
        ("$[1][12]", (1, 12)),
    ],
)
def test_both_notations_are_read(expression: str, steps: tuple[str | int, ...]) -> None:
    """Redshift guide, copy-usage_notes-copy-from-json."""
    assert paths(expression) == [JsonPath(steps)]


@pytest.mark.parametrize(
    "expression",
    ["", "$", "a", "$a", "$.", "$..a", "$.*", "$.a'b", "$['a'", '$["a"]',
     "$.a[*]", "$.a[-1]", "$.a[?(@.b)]", "$.a[0:2]", "$['a'].b", "$.a['b']"],
)  # fmt: skip
def test_an_invalid_or_unsupported_path_is_refused(expression: str) -> None:
    with pytest.raises(RedshiftError, match="Invalid JSONPath format in s3://b/paths") as raised:
        paths("$[0]", expression)
    assert raised.value.sqlstate == "XX000"


@pytest.mark.parametrize("element", [None, 1, {"a": "$.b"}, ["$.a"]])
def test_an_element_that_is_not_text_is_refused(element: object) -> None:
    with pytest.raises(RedshiftError, match="is not a JSONPath expression"):
        paths("$.a", element)


def test_the_notations_cannot_be_mixed_in_one_file() -> None:
    with pytest.raises(RedshiftError, match="mixes bracket notation and dot notation"):
        paths("$.a", "$['b']")
    assert paths("$['a.b']", "$['c'][0]", "$[1]") is not None


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b'{"jsonpaths": ["$.a"]} {}', b'{"jsonpaths": ["$.a"]};', b'["$.a"]', b'{"jsonpaths": "$.a"}', b'{"jsonpaths": ["\xff"]}', b'\xef\xbb\xbf{"jsonpaths": []}'],  # noqa: E501
)  # fmt: skip
def test_a_file_that_is_not_one_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(RedshiftError) as raised:
        parse_jsonpaths(data, "s3://b/paths.json")
    assert raised.value.sqlstate == "XX000"


def test_another_key_than_jsonpaths_silently_means_auto() -> None:
    """Redshift guide, copy-parameters-data-format: COPY ignores the file and uses 'auto'."""
    assert parse_jsonpaths(b'{"jsonPaths": ["$.a"]}', "s3://b/paths.json") is None


@pytest.mark.parametrize(
    ("text", "steps", "value"),
    [
        ('{"a": "x"}', ("a",), "x"),
        ('{"a": "x"}', ("A",), None),
        ('{"a": true}', ("a",), True),
        ('{"a": null}', ("a",), None),
        ('{"a": null}', ("a", "b"), None),
        ('{"a": 1.50}', ("a",), "1.50"),
        ('{"a": {"b": ["x", "y"]}}', ("a", "b", 1), "y"),
        ('[7, "x"]', (0,), "7"),
        ("{}", ("a", "b", 0), None),
    ],
)
def test_a_value_is_found_or_null(text: str, steps: tuple[str | int, ...], value: object) -> None:
    """A missing element of an object is NULL."""
    assert JsonPath(steps).find(document(text)) == value


@pytest.mark.parametrize(
    ("text", "steps", "reason"),
    [
        ('{"a": [1]}', ("a", 1), "Not an array or index out of range."),
        ('{"a": {"0": 1}}', ("a", 0), "Not an array or index out of range."),
        ('{"a": null}', ("a", 0), "Not an array or index out of range."),
        ('["x"]', ("a",), "Member is not an object."),
        ('{"a": "x"}', ("a", "b"), "Member is not an object."),
    ],
)
def test_a_step_that_does_not_fit_the_document_is_an_error(
    text: str, steps: tuple[str | int, ...], reason: str
) -> None:
    with pytest.raises(Reject) as raised:
        JsonPath(steps).find(document(text))
    assert (raised.value.code, raised.value.reason) == (1216, f"Invalid JSONPath format: {reason}")


def test_a_nested_value_comes_as_its_text_without_line_breaks() -> None:
    """The guide's own example: indentation is removed, the blank after the colon stays."""
    text = (
        '{\n  "tags": [\n    "nisi",\n    "culpa"\n  ],\n  "friends": [\n {\n "id": 1,\n "name": "Re  naldo"\n }\n ]\n}'
    )
    assert JsonPath(("tags",)).find(document(text)) == '["nisi","culpa"]'
    assert JsonPath(("friends", 0)).find(document(text)) == '{"id": 1,"name": "Re  naldo"}'


def test_the_text_of_a_nested_value_is_kept_as_written() -> None:
    text = '{"a": 1, "b": {"x": 1.0e2, "\\u0079": "\\/", "x": [] }, "b": [ {} , 2 ]}'
    assert JsonPath(("b",)).find(document(text)) == "[ {} , 2 ]"
    assert JsonPath(("b", 0)).find(document(text)) == "{}"
    assert JsonPath(("b", "x")).find(document(text.replace(', "b": [ {} , 2 ]', ""))) == "[]"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=2), JSON, min_size=1, max_size=4), st.booleans())
def test_the_text_of_any_nested_value_is_that_value(value: dict[str, object], indented: bool) -> None:
    found = document(json.dumps(value, indent=2 if indented else None))
    for key, member in value.items():
        if isinstance(member, dict | list):
            assert json.loads(str(JsonPath((key,)).find(found))) == member
