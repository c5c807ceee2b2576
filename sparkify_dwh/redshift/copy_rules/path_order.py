"""The order of JSONPaths: COPY pairs paths and columns by place, whatever their names.

Redshift guide, copy-usage_notes-copy-from-json: element i of the file is loaded into column i of the list. Two paths in each
other's place load each value into the other's column, without an error where the types agree. So the names are compared:
the last keys of a path, as in ``$.firstName`` or ``$.user.id``, with ``first_name`` or ``user_id``, ignoring case and
underscores. A path that ends in an index, or that names no column at all, cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sparkify_dwh.redshift.copy_rules.json_paths import JsonPath


@dataclass(frozen=True)
class Misplaced:
    """A path that names another column than the one at its place, which is counted from 1."""

    place: int
    path: str
    column: str

    def __str__(self) -> str:
        return f"path {self.place} is {self.path}, but column {self.place} is {self.column}"


def misplaced_paths(paths: Sequence[JsonPath], columns: Sequence[str]) -> list[Misplaced]:
    """Return the paths that name another column than the one at their place."""
    return [
        Misplaced(place, path.expression, column)
        for place, (path, column) in enumerate(zip(paths, columns, strict=True), 1)
        if not _names(path, column) and any(_names(path, other) for other in columns)
    ]


def incomparable_paths(paths: Sequence[JsonPath], columns: Sequence[str]) -> list[str]:
    """Return the paths that name no column."""
    return [path.expression for path in paths if not any(_names(path, column) for column in columns)]


def right_order(paths: Sequence[JsonPath], columns: Sequence[str]) -> list[str]:
    """Return the paths in the order of the columns. A path that cannot be compared keeps its place."""
    incomparable = set(incomparable_paths(paths, columns))
    ordered = []
    for path, column in zip(paths, columns, strict=True):
        named = [other.expression for other in (path, *paths) if _names(other, column)]
        kept = [path.expression] if path.expression in incomparable else []
        ordered.append([*named, *kept, f"(the path of {column})"][0])
    return ordered


def _names(path: JsonPath, column: str) -> bool:
    return _plain(column) in _spellings(path)


def _spellings(path: JsonPath) -> Iterator[str]:
    """Yield the last key of a path, and the last keys joined: ``id`` and ``userid`` for ``$.user.id``."""
    joined = ""
    for step in reversed(path.steps):
        if isinstance(step, int):
            return
        joined = _plain(step) + joined
        yield joined


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()
