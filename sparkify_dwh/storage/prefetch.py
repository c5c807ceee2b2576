"""Prefetch: objects as streams, in order; the next ones are opened while one is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import BinaryIO

from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import StoredObject

# S3 takes about 30 ms to answer, which is nearly all the time a small object takes. boto3 keeps 10 connections.
MAX_OPEN = 8
# A longer object is read before another is opened: S3 drops idle connections.
MAX_PREFETCHED_BYTES = 8 * 1024 * 1024


def prefetch(store: ObjectStore, files: Iterable[StoredObject]) -> Generator[tuple[StoredObject, BinaryIO], None, None]:
    """Yield the files in order as streams. A stream is closed when the next is requested."""
    waiting = iter(files)
    opening: deque[tuple[StoredObject, Future[BinaryIO]]] = deque()
    with ThreadPoolExecutor(MAX_OPEN) as threads:
        try:
            while True:
                while _may_open_another(opening) and (file := next(waiting, None)):
                    opening.append((file, threads.submit(store.open, file.url)))
                if not opening:
                    return
                file, opened = opening.popleft()
                with opened.result() as stream:
                    yield file, stream
        finally:
            for _, opened in opening:
                if not opened.cancel():
                    with suppress(SparkifyError):
                        opened.result().close()


def _may_open_another(opening: Sequence[tuple[StoredObject, Future[BinaryIO]]]) -> bool:
    return not opening or (len(opening) < MAX_OPEN and opening[-1][0].size <= MAX_PREFETCHED_BYTES)
