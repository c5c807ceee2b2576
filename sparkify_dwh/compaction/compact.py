"""Pack many small JSON objects into a few gzip files, which COPY loads far faster.

    report = pack("s3://bucket/logs/", "s3://bucket/packed/", files=8)

COPY has a cost per object, and never splits JSON or gzip. It works best with files of 1 MB to 1 GB of equal size, in a
multiple of the cluster's slices. Redshift guide, c_best-practices-use-multiple-files, t_splitting-data-files

Documents are copied byte by byte, in the order of their objects' URLs, and never changed. They are checked while they are
read, by the rules of the Redshift guide, copy-parameters-data-format, "JSON data file": objects or arrays of at most 4 MB,
separated by white space or nothing. What COPY would refuse is refused here, where the file still has a name. As in the
JSON standard, NaN and control characters in strings are errors. Whether texts are UTF-8 is left to COPY.

Memory holds the listing, one block of each object being opened, and one document. A part is first written to a temporary
file, so the disk (TMPDIR) needs space for one.

Limits: an object is never split, so a large one makes a large part, and S3 takes 5 GB in one request. The compression ratio
is an estimate. Only gzip is unpacked; other compression is refused as invalid JSON. Symbolic links are not followed when
source and target are compared. The bytes of a part also depend on the version of zlib.
"""

from __future__ import annotations

import gzip
import io
import json
import mmap
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from sparkify_dwh.compaction.documents import BLOCK_BYTES, copy_documents
from sparkify_dwh.compaction.targets import canonical_url, clear_target, folder_url, manifest_url, require_separate
from sparkify_dwh.errors import SourceError, SparkifyError, UsageError
from sparkify_dwh.storage.prefetch import prefetch
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import StoredObject, is_hidden

Progress = Callable[[str, int, int], None]

DEFAULT_PART_BYTES = 64 * 1024 * 1024

# How many times smaller gzip makes JSON: small records 4 times, logs 10 times.
COMPRESSION_RATIO = 5
_COMPRESSION_LEVEL = 6  # level 9 takes twice as long and saves 5 %


@dataclass(frozen=True, slots=True)
class Part:
    """A written file: its compressed size, and the number and the range of the objects in it, in the order of their URLs."""

    url: str
    bytes: int
    documents: int
    objects: int
    first_object: str
    last_object: str


@dataclass(frozen=True, slots=True)
class PackReport:
    """The result of a pack. ``source_bytes`` and ``bytes`` are sizes as stored, compressed or not.

    ``left_out`` counts objects without documents, and objects that a load ignores because their name or a folder's name
    begins with ``.`` or ``_``.
    """

    source: str
    target: str
    manifest: str
    objects: int
    left_out: int
    documents: int
    source_bytes: int
    bytes: int
    parts: tuple[Part, ...]


def pack(  # noqa: PLR0913 (each is a choice of the caller)
    source: str,
    target: str,
    *,
    store: ObjectStore | None = None,
    files: int | None = None,
    target_bytes: int = DEFAULT_PART_BYTES,
    overwrite: bool = False,
    on_progress: Progress | None = None,
) -> PackReport:
    """Join the JSON objects under the key prefix ``source`` into ``target``/part-0000.json.gz and so on.

    Both are URLs, ``s3://bucket/key`` or ``file:///path``; ``target`` is a folder, with or without its slash. A line
    feed separates the documents of two objects. Gzip objects are unpacked; a byte order mark and white space before the
    first document are dropped. The same objects give the same bytes.

    There are ``files`` parts of about equal size, by default as many as make parts of about ``target_bytes`` (compressed);
    fewer when there are fewer objects. A manifest for ``COPY ... GZIP MANIFEST`` is written last, as ``target``.manifest,
    outside of the key prefix, where COPY would read it as data. ``on_progress`` is called with ``"objects"``, the number
    packed so far, and the total.

    A pack that fails removes the parts it has written. ``overwrite`` first removes the parts and the manifest of an
    earlier pack, and nothing else.

    Raises:
        UsageError: source and target overlap, files are under ``target``, or a number is less than 1.
        SourceError: nothing is under ``source``; an object cannot be read, is not JSON, or cannot be written.
    """
    _require_positive(files=1 if files is None else files, target_bytes=target_bytes)
    source, target = canonical_url(source), folder_url(target)
    require_separate(source, target)
    with ObjectStore() if store is None else nullcontext(store) as object_store:
        listing = object_store.list(source)
        sources = [stored for stored in listing if stored.size and not is_hidden(stored, source)]
        _require_data(sources, source)
        clear_target(object_store, target, overwrite)
        batches = _split_into_batches(sources, files or _number_of_parts(sources, target_bytes))
        parts = _PartWriter(object_store, target, len(sources), on_progress).write(batches)
    _require_data(parts, source)
    packed_objects = sum(part.objects for part in parts)
    return PackReport(
        source=source,
        target=target,
        manifest=manifest_url(target),
        objects=packed_objects,
        left_out=len(listing) - packed_objects,
        documents=sum(part.documents for part in parts),
        source_bytes=sum(stored.size for stored in sources),
        bytes=sum(part.bytes for part in parts),
        parts=tuple(parts),
    )


def _number_of_parts(sources: Iterable[StoredObject], target_bytes: int) -> int:
    return -(-sum(map(_uncompressed_bytes, sources)) // (target_bytes * COMPRESSION_RATIO))


def _uncompressed_bytes(source: StoredObject) -> int:
    """Estimate the size of an object when it is not compressed."""
    return source.size * COMPRESSION_RATIO if source.url.endswith(".gz") else source.size


def _split_into_batches(sources: Sequence[StoredObject], max_batches: int) -> list[list[StoredObject]]:
    """Split the sources, in order, into ``max_batches`` batches of about equal size; at most one batch per source."""
    count = min(max_batches, len(sources))
    remaining_bytes, batch_bytes = sum(map(_uncompressed_bytes, sources)), 0
    batches: list[list[StoredObject]] = [[]]
    for position, source in enumerate(sources, 1):
        batches[-1].append(source)
        batch_bytes += _uncompressed_bytes(source)
        remaining_batches = count - len(batches)
        is_full = batch_bytes * (remaining_batches + 1) >= remaining_bytes
        if remaining_batches and (is_full or len(sources) - position == remaining_batches):
            batches.append([])
            remaining_bytes, batch_bytes = remaining_bytes - batch_bytes, 0
    return batches


def _require_data(objects: Sequence[object], source: str) -> None:
    if not objects:
        raise SourceError(f"{source} matches no object with data", "correct the source, or put the files there")


def _require_positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise UsageError(f"{name} must be at least 1, found {number}", "give a greater number")


class _PartWriter:
    """Writes the parts of one pack, one batch of sources after the other, and the manifest."""

    def __init__(self, store: ObjectStore, target: str, total: int, on_progress: Progress | None) -> None:
        self._store = store
        self._target = target
        self._total = total
        self._done = 0
        self._on_progress = on_progress
        self._written: list[str] = []

    def write(self, batches: Iterable[Sequence[StoredObject]]) -> list[Part]:
        """Write the parts and the manifest. Remove all of them if one fails."""
        try:
            parts = [part for part in map(self._write_part, batches) if part is not None]
            if parts:
                self._store_object(manifest_url(self._target), _manifest(parts))
        except BaseException:
            for url in self._written:
                with suppress(SparkifyError):  # the first error is the one to report
                    self._store.delete(url)
            raise
        return parts

    def _write_part(self, batch: Sequence[StoredObject]) -> Part | None:
        """Write the next part. None when the batch has no documents."""
        url = f"{self._target}part-{len(self._written):04}.json.gz"
        try:
            with tempfile.TemporaryFile() as file:
                documents = self._compress(batch, cast("BinaryIO", file))
                with_documents = [source for source, count in documents.items() if count]
                if not with_documents:
                    return None
                file.flush()
                # The bytes of the file without reading them into memory. Closed by the garbage collector.
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._store_object(url, cast("bytes", data))
                first, last = with_documents[0], with_documents[-1]
                return Part(url, len(data), sum(documents.values()), len(with_documents), first, last)
        except OSError as error:
            raise SourceError(
                f"Cannot write a temporary file to {tempfile.gettempdir()}: {error.strerror}",
                "Free some space, or set TMPDIR",
            ) from error

    def _compress(self, batch: Sequence[StoredObject], file: BinaryIO) -> dict[str, int]:
        """Write the documents of a batch to a file. Return their number by source."""
        documents: dict[str, int] = {}
        with (
            # Without name and time in the header, the same documents give the same bytes.
            gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, file, mtime=0) as part,
            closing(prefetch(self._store, batch)) as streams,
        ):
            for source, stream in streams:
                with io.BufferedReader(cast("Any", stream), BLOCK_BYTES) as stored:
                    documents[source.url] = copy_documents(source.url, stored, part)
                self._done += 1
                if self._on_progress is not None:
                    self._on_progress("objects", self._done, self._total)
        return documents

    def _store_object(self, url: str, data: bytes) -> None:
        self._written.append(url)  # first, because a write whose response is lost may have succeeded
        self._store.write(url, data)


def _manifest(parts: Iterable[Part]) -> bytes:
    """Return the manifest of the parts. Redshift guide, loading-data-files-using-manifest"""
    entries = [{"url": part.url, "mandatory": True, "meta": {"content_length": part.bytes}} for part in parts]
    return json.dumps({"entries": entries}, indent=1).encode()
