"""Whether two stars are the same: the number of rows of each table, and a sum over them that no order changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg

from sparkify_dwh.base import StarTable
from sparkify_dwh.star import STAR

Rows = Iterable[tuple[Any, ...]]
Digest = tuple[int, int]


class StarsDifferError(AssertionError):
    """A rival did not make the star that it says it makes: its time means nothing."""


def digest(rows: Rows) -> Digest:
    """The number of rows, and the sum of their hashes, duplicates counting."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest(), "big")
    return count, total % 2**64


def reader(connection: psycopg.Connection) -> Callable[[str], Rows]:
    """Queries of a PostgreSQL database, whose rows come one after the other."""

    def read(query: str) -> Rows:
        with connection.cursor("star", binary=True) as cursor:
            cursor.itersize = 20_000
            yield from cursor.execute(query.encode())

    return read


def star(query: Callable[[str], Rows], without: Mapping[str, set[str]] | None = None) -> dict[str, Digest]:
    """The digest of every table of the star: all that a load fills, but for columns that a rival does ``without``."""
    return {model.__tablename__: digest(query(_select(model, without or {}))) for model in STAR}


def _select(model: type[StarTable], without: Mapping[str, set[str]]) -> str:
    left_out = without.get(model.__tablename__, set())
    columns = ", ".join(name for name in model.filled() if name not in left_out)
    return f"SELECT {columns} FROM {model.__tablename__}"  # noqa: S608 (names of our own models)


def require_same(rival: str, ours: Mapping[str, Digest], theirs: Mapping[str, Digest]) -> None:
    """Raise :class:`StarsDifferError` unless both are the same star."""
    wrong = [
        f"{table}: {ours[table][0]:,} rows, {rival} has {theirs[table][0]:,}"
        for table in ours
        if ours[table] != theirs[table]
    ]
    if wrong:
        raise StarsDifferError(f"{rival} makes another star: " + "; ".join(wrong))
