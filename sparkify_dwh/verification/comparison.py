"""Comparison of the star in the warehouse with the expected one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from sparkify_dwh.star import STAR, Songplay
from sparkify_dwh.verification.data.expected_star import KEYS, ExpectedStar, Key, Row, Rows

MAX_EXAMPLES = 3
RELATIVE_TOLERANCE = 1e-12  # whether numbers are exact is a fact of its own
MAX_VALUE_CHARACTERS = 60


def compare(connection: Connection, star: ExpectedStar) -> list[str]:
    """Return the differences, a sentence for each table and kind; none if the stars are equal."""
    return [sentence for name, expected in star.tables.items() for sentence in _differences(connection, name, expected)]


def numbers_of_plays(connection: Connection) -> dict[Key, int]:
    """Return the surrogate keys of songplays by natural key."""
    table = Songplay.table()
    columns = [table.c[name] for name in KEYS["songplays"]]
    return {tuple(row[1:]): row[0] for row in connection.execute(select(table.c.songplay_id, *columns))}


def _differences(connection: Connection, name: str, expected: Rows) -> Iterator[str]:
    (model,) = (model for model in STAR if model.__tablename__ == name)
    stored: Rows = {}
    count = 0
    for row in connection.execute(select(*(model.table().c[column] for column in model.filled()))).mappings():
        count += 1
        stored[tuple(row[column] for column in KEYS[name])] = dict(row)
    if count != len(stored):
        yield f"{name}: {count - len(stored)} rows have the key of another row"
    missing, extra = expected.keys() - stored.keys(), stored.keys() - expected.keys()
    yield from _listed(f"{name}: missing", sorted(missing, key=repr))
    yield from _listed(f"{name}: not expected", sorted(extra, key=repr))
    wrong = [text for key, row in expected.items() if key in stored for text in _wrong(key, row, stored[key])]
    yield from _listed(f"{name}: other values", wrong)


def _listed(what: str, items: Sequence[Any]) -> Iterator[str]:
    if items:
        examples = "; ".join(str(item) for item in items[:MAX_EXAMPLES])
        yield f"{what} {len(items)}, for example {examples}"


def _wrong(key: Key, expected: Row, stored: Row) -> Iterator[str]:
    for column, value in expected.items():
        if not _is_equal(value, stored.get(column)):
            yield f"{column} of {key}: {_shown(stored.get(column))} instead of {_shown(value)}"


def _is_equal(expected: Any, stored: Any) -> bool:
    if isinstance(expected, float) and isinstance(stored, float):
        return math.isclose(expected, stored, rel_tol=RELATIVE_TOLERANCE)
    return bool(expected == stored)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}... ({len(text)} characters)"
