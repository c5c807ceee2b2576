"""The sources of a pack cut into shares of about equal weight, each of which becomes a part."""

from __future__ import annotations

from collections.abc import Sequence

from sparkify_dwh.storage.urls import StoredObject

# How many times smaller gzip makes JSON: songs 4 times, logs 10 times.
COMPRESSION = 5


def weight(source: StoredObject) -> int:
    """About how many bytes the object has when it is not compressed."""
    return source.size * COMPRESSION if source.url.endswith(".gz") else source.size


def shares_of(sources: Sequence[StoredObject], most: int) -> list[list[StoredObject]]:
    """The sources in their order, cut into shares of about equal weight: ``most``, or as many as there are sources."""
    count = min(most, len(sources))
    left, gathered = sum(map(weight, sources)), 0
    shares: list[list[StoredObject]] = [[]]
    for place, source in enumerate(sources, 1):
        shares[-1].append(source)
        gathered += weight(source)
        to_come = count - len(shares)
        is_full = gathered * (to_come + 1) >= left
        if to_come and (is_full or len(sources) - place == to_come):
            shares.append([])
            left, gathered = left - gathered, 0
    return shares
