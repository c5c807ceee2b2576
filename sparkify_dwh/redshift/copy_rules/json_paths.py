"""Paths to the columns' values in a JSON document: keys, or the expressions of a JSONPaths file.

Sources: Redshift guide, copy-parameters-data-format ("JSONPaths file") and copy-usage_notes-copy-from-json.

Where the guide is silent: a missing or null element on the path makes the value NULL, but an index into null is an error;
so is any other scalar on the path. Other keys than ``jsonpaths`` in the file are ignored. ``$`` without steps and double
quotes in brackets are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sparkify_dwh.redshift.copy_rules.json_documents import DECODER, Document, JsonValue
from sparkify_dwh.redshift.copy_rules.rejects import INVALID_LINE, Reject
from sparkify_dwh.redshift.errors import RedshiftError

_BRACKETS = re.compile(r"\$(?:\['[^'\[\]]+'\]|\[[0-9]+\])+")
_DOTS = re.compile(r"\$(?:\.[^'.\[\]*]+|\[[0-9]+\])+")
_STEP = re.compile(r"\['(?P<bracketed>[^']+)'\]|\.(?P<dotted>[^.\[]+)|\[(?P<index>[0-9]+)\]")

_BLANKS = re.compile(r"[ \t\r\n]*")
_LINE_BREAK = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")


@dataclass(frozen=True)
class JsonPath:
    """The steps from a document's root to a value: keys of objects, and indexes of arrays from 0.

    ``expression`` is the path as its file has it.
    """

    steps: tuple[str | int, ...]
    expression: str = field(default="", compare=False)

    def find(self, document: Document, missing: bool | str | None = None) -> bool | str | None:
        """Return the value as a field of COPY: None, a boolean, or text (numbers are `Number`).

        An object or array is its source text without line breaks and indentation, as in the guide's example. ``missing``
        is returned where an object has no such key. Raise Reject when a step does not fit the document.
        """
        value: JsonValue = document.value
        for step in self.steps:
            if isinstance(step, int):
                if not isinstance(value, list) or step >= len(value):
                    raise Reject(INVALID_LINE, "Invalid JSONPath format: Not an array or index out of range.")
                value = value[step]
            elif isinstance(value, dict):
                if step not in value:
                    return missing
                value = value[step]
            elif value is None:
                return missing
            else:
                raise Reject(INVALID_LINE, "Invalid JSONPath format: Member is not an object.")
        if not isinstance(value, dict | list):
            return value
        try:
            return _source(document.text, self.steps)
        except RecursionError:
            raise Reject(INVALID_LINE, "Malformed JSON: it is nested too deeply") from None


# The consequence of a JSONPaths file for which `parse_jsonpaths` returns None.
NO_PATHS = "it has no key jsonpaths, so COPY pairs fields with columns by name, as if there were no such file"


def parse_jsonpaths(data: bytes, url: str) -> list[JsonPath] | None:
    """Return the paths in a JSONPaths file; None when it has no key ``jsonpaths``, and COPY falls back to 'auto'.

    Raise RedshiftError for a file that is not one JSON object in UTF-8, or that has an invalid path. MAXERROR does not
    apply.
    """
    try:
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _invalid(url, f"it is not one JSON object in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise _invalid(url, "it is not a JSON object")
    if "jsonpaths" not in content:
        return None
    expressions = content["jsonpaths"]
    if not isinstance(expressions, list):
        raise _invalid(url, "jsonpaths is not an array")
    for expression in expressions:
        if not isinstance(expression, str) or not expression:
            raise _invalid(url, f"{json.dumps(expression)[:50]} is not a JSONPath expression")
        if not _BRACKETS.fullmatch(expression) and not _DOTS.fullmatch(expression):
            raise _invalid(url, f"'{expression}' is neither bracket notation, $['a'][0], nor dot notation, $.a[0]")
    if any("['" in expression for expression in expressions) and any("." in _outside(path) for path in expressions):
        raise _invalid(url, "it mixes bracket notation and dot notation")
    return [JsonPath(tuple(_steps(expression)), expression) for expression in expressions]


def column_paths(data: bytes, url: str, number_of_columns: int) -> list[JsonPath] | None:
    """Return the paths in a JSONPaths file, which must be as many as the columns; see `parse_jsonpaths`."""
    paths = parse_jsonpaths(data, url)
    if paths is not None and len(paths) != number_of_columns:
        # The text: https://github.com/awslabs/aws-lambda-redshift-loader/issues/32
        raise RedshiftError(
            "XX000",
            "Number of jsonpaths and the number of columns should match. "
            f"JSONPath size: {len(paths)}, Number of columns in table or column list: {number_of_columns}",
        )
    return paths


def _outside(expression: str) -> str:
    """Return the expression without its brackets."""
    return re.sub(r"\[[^\]]*\]", "", expression)


def _steps(expression: str) -> Iterator[str | int]:
    for step in _STEP.finditer(expression):
        yield int(step["index"][:19]) if step["index"] else step["bracketed"] or step["dotted"]


def _invalid(url: str, why: str) -> RedshiftError:
    return RedshiftError("XX000", f"Invalid JSONPath format in {url}: {why}")


def _source(text: str, steps: tuple[str | int, ...]) -> str:
    """Return the text of the value at ``steps`` in a document's text."""
    start = 0
    for step in steps:
        start = next(at for key, at in reversed(list(_members(text, start))) if key == step)
    end = DECODER.raw_decode(text, start)[1]
    return without_line_breaks(text[start:end])


def without_line_breaks(source: str) -> str:
    """Return the source of a value for a column. JSON strings hold no line breaks, so all of them are between values."""
    return _LINE_BREAK.sub("", source)


def _members(text: str, start: int) -> Iterator[tuple[str | int, int]]:
    """Yield the keys or indexes of the object or array at ``start``, each with the position of its value."""
    is_object = text[start] == "{"
    at, index = _past_blanks(text, start + 1), 0
    while text[at] not in "}]":
        key: str | int = index
        if is_object:
            name, at = DECODER.raw_decode(text, at)
            key, at = name, _past_blanks(text, _past_blanks(text, at) + 1)
        yield key, at
        at = _past_blanks(text, DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _past_blanks(text, at + 1)
        index += 1


def _past_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at
