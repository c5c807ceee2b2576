"""Comparison of two stars by each table's number of rows and a checksum that does not depend on their order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg

Rows = Iterable[tuple[Any, ...]]
Digest = tuple[int, int]


# The columns that all rivals fill. Other columns and tables of the models are not compared.
COLUMNS = {
    "artists": "artist_id, name, location, latitude, longitude",
    "songs": "song_id, title, artist_id, year, duration, artist_name, artist_location, artist_latitude, artist_longitude",
    "users": "user_id, first_name, last_name, gender, level, ts, session_id, item_in_session",
    "songplays": "start_time, user_id, level, song_id, artist_id, session_id, location, user_agent, item_in_session, "
    "song_title, artist_name, song_length",
    "time": "start_time, hour, day, week, month, year, weekday",
}


class StarsDifferError(AssertionError):
    """A rival filled another star than ours, so its time means nothing."""


def digest(rows: Rows) -> Digest:
    """Return the number of rows, and the sum of their hashes."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest(), "big")
    return count, total % 2**64


def reader(connection: psycopg.Connection) -> Callable[[str], Rows]:
    """Return a function that queries a PostgreSQL database and streams the rows."""

    def read(query: str) -> Rows:
        with connection.cursor("star", binary=True) as cursor:
            cursor.itersize = 20_000
            yield from cursor.execute(query.encode())

    return read


def star(query: Callable[[str], Rows]) -> dict[str, Digest]:
    """Return the digest of every table, over the columns that the rivals fill."""
    return {table: digest(query(f"SELECT {columns} FROM {table}")) for table, columns in COLUMNS.items()}  # noqa: S608 (above)


def require_same(rival: str, ours: Mapping[str, Digest], theirs: Mapping[str, Digest]) -> None:
    """Raise :class:`StarsDifferError` unless both are the same star."""
    wrong = [
        f"{table}: {ours[table][0]:,} rows, {rival} has {theirs[table][0]:,}"
        for table in ours
        if ours[table] != theirs[table]
    ]
    if wrong:
        raise StarsDifferError(f"{rival} filled another star: " + "; ".join(wrong))
