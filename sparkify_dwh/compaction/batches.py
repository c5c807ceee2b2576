"""Split the sources of a pack into batches of about equal size. Each batch becomes one part."""

from __future__ import annotations

from collections.abc import Sequence

from sparkify_dwh.storage.urls import StoredObject

# How many times smaller gzip makes JSON: small records 4 times, logs 10 times.
COMPRESSION_RATIO = 5


def uncompressed_bytes(source: StoredObject) -> int:
    """Estimate the size of an object when it is not compressed."""
    return source.size * COMPRESSION_RATIO if source.url.endswith(".gz") else source.size


def split_into_batches(sources: Sequence[StoredObject], max_batches: int) -> list[list[StoredObject]]:
    """Split the sources, in order, into ``max_batches`` batches of about equal size; at most one batch per source."""
    count = min(max_batches, len(sources))
    remaining_bytes, batch_bytes = sum(map(uncompressed_bytes, sources)), 0
    batches: list[list[StoredObject]] = [[]]
    for position, source in enumerate(sources, 1):
        batches[-1].append(source)
        batch_bytes += uncompressed_bytes(source)
        remaining_batches = count - len(batches)
        is_full = batch_bytes * (remaining_batches + 1) >= remaining_bytes
        if remaining_batches and (is_full or len(sources) - position == remaining_batches):
            batches.append([])
            remaining_bytes, batch_bytes = remaining_bytes - batch_bytes, 0
    return batches
