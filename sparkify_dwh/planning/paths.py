"""Where in a JSON document a column's value is, for a trial: by the column's name, or by a JSONPaths file.

Sources: Redshift guide, copy-parameters-data-format ("JSONPaths file") and copy-usage_notes-copy-from-json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

Steps = tuple[str | int, ...]

ABSENT = object()

_STEP = re.compile(r"\['(?P<bracketed>[^'\[\]]+)'\]|\[(?P<index>[0-9]+)\]|\.(?P<dotted>[^'.\[\]*]+)")
_PATH = re.compile(r"\$(?:\['[^'\[\]]+'\]|\[[0-9]+\]|\.[^'.\[\]*]+)+")


class BadPaths(Exception):
    """A JSONPaths file that COPY refuses, whatever the data."""


class NoSuchPlace(Exception):
    """A path that cannot be followed in a document; one that leads to nothing is no error, and NULL."""


def paths_of(columns: Sequence[str], json_paths: bytes | None) -> tuple[list[Steps], str | None]:
    """The way to each column's value, and what is strange about the JSONPaths file, if anything.

    Without a file, and with one that lacks the key ``jsonpaths``, a column's value has the column's name.
    Raises :class:`BadPaths`.
    """
    by_name: list[Steps] = [(name,) for name in columns]
    if json_paths is None:
        return by_name, None
    expressions = _expressions(json_paths)
    if expressions is None:
        return (
            by_name,
            "it has no key jsonpaths, so COPY pairs keys with columns by name, as if there were no such file",
        )
    if len(expressions) != len(columns):
        raise BadPaths(f"it has {len(expressions)} paths for {len(columns)} columns: one for each is needed, in order")
    return [_steps(expression) for expression in expressions], None


def value_at(document: Any, steps: Steps) -> Any:
    """The value that the steps lead to, or ``ABSENT``. Raises :class:`NoSuchPlace`.

    A key that is asked of something other than an object is ABSENT, but at the root, where it is the mistake of whoever
    exported a list of objects.
    """
    value = document
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                raise NoSuchPlace("Invalid JSONPath format: Not an array or index out of range")
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif value is document:
            raise NoSuchPlace("An array is one row, and has no keys: write its objects one after the other")
        else:
            return ABSENT
    return value


def _expressions(json_paths: bytes) -> list[Any] | None:
    try:
        content = json.loads(json_paths.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadPaths(f"it must be one JSON object in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise BadPaths("it must be one JSON object")
    expressions = content.get("jsonpaths")
    if "jsonpaths" in content and not isinstance(expressions, list):
        raise BadPaths("jsonpaths must be an array")
    if expressions and _mixes(expressions):
        raise BadPaths("it mixes bracket notation and dot notation: use one of them")
    return expressions


def _mixes(expressions: Sequence[Any]) -> bool:
    kinds = {step.lastgroup for path in expressions if isinstance(path, str) for step in _STEP.finditer(path)}
    return {"bracketed", "dotted"} <= kinds


def _steps(expression: Any) -> Steps:
    if not isinstance(expression, str) or not _PATH.fullmatch(expression):
        raise BadPaths(
            f"{json.dumps(expression)[:80]} is neither bracket notation, $['a'][0], nor dot notation, $.a[0]"
        )
    return tuple(
        int(step["index"]) if step["index"] else step[step.lastgroup or 0] for step in _STEP.finditer(expression)
    )
