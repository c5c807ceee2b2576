"""Many small JSON objects packed into a few gzip files, which COPY loads far faster.

    packed = pack("s3://sparkify/song_data/", "s3://sparkify/songs/", files=8)

COPY pays for every object, and never splits JSON or gzip, so it wants about as many files of 1 MB to 1 GB, all of one
size, as a multiple of the cluster's slices. Redshift guide, c_best-practices-use-multiple-files, t_splitting-data-files

The documents are copied byte by byte, in the order of their objects' URLs, and none is changed. They are checked as they
are read, by the rules of the Redshift guide, copy-parameters-data-format, "JSON data file": objects or arrays with white
space or nothing between them, 4 MB each at most. What COPY would refuse is refused here, where its file has a name. As
in the standard of JSON, NaN and control characters in strings are no JSON; whether texts are UTF-8 is left to COPY.

Memory is that of the listing, of a block for each of the objects that are being opened, and of one document. A part is
made in a temporary file, so the disk (TMPDIR) needs room for one.

Limits: an object is never split, so a large one makes a large part, and S3 takes 5 GB in one request; how far data
compresses is an estimate; objects compressed otherwise than by gzip are refused, as no JSON; symbolic links are not
followed when source and target are compared; the bytes of a part also depend on the version of zlib.
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

from sparkify_dwh.compaction.batches import COMPRESSION, shares_of, weight
from sparkify_dwh.compaction.documents import BLOCK_BYTES, copy_documents
from sparkify_dwh.compaction.targets import canonical, folder, make_room, manifest_of, separate
from sparkify_dwh.errors import SourceError, SparkifyError, UsageError
from sparkify_dwh.storage.prefetch import opened_ahead
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import StoredObject, is_hidden

Progress = Callable[[str, int, int], None]

DEFAULT_PART_BYTES = 64 * 1024 * 1024

_COMPRESSION_LEVEL = 6  # level 9 takes twice as long and saves 5 %


@dataclass(frozen=True, slots=True)
class Part:
    """A file that was written: its compressed size, and what it holds, from the first object to the last in order."""

    url: str
    bytes: int
    documents: int
    objects: int
    first_object: str
    last_object: str


@dataclass(frozen=True, slots=True)
class Packed:
    """What was packed, and where to: counts of objects and documents, and bytes as they are stored.

    ``left_out`` counts the objects without documents, and those that a load leaves out because their names, or a folder
    of theirs, begin with ``.`` or ``_``.
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


def pack(  # noqa: PLR0913 - each is something that somebody wants to choose
    source: str,
    target: str,
    *,
    store: ObjectStore | None = None,
    files: int | None = None,
    target_bytes: int = DEFAULT_PART_BYTES,
    overwrite: bool = False,
    on_progress: Progress | None = None,
) -> Packed:
    """Join the JSON objects under the key prefix ``source`` into ``target``/part-0000.json.gz and so on.

    Both are URLs, ``s3://bucket/key`` or ``file:///path``; ``target`` is a folder, with or without its slash. A line
    feed separates the documents of two objects. Objects that are gzip are unpacked; a byte order mark and white space
    in front of the first document are dropped. The same objects give the same bytes.

    There are ``files`` parts, about equal in size, or as many as make parts of about ``target_bytes``, compressed; fewer
    when there are fewer objects. A manifest for ``COPY ... GZIP MANIFEST`` is written last, as ``target``.manifest:
    outside of the key prefix, where COPY would take it for data. ``on_progress`` is called with ``objects``, how many
    are packed, and how many there are.

    A pack that fails removes the parts it has written. ``overwrite`` first removes the parts and the manifest of an
    earlier pack, and nothing else.

    Raises:
        UsageError: source and target contain one another, something is under ``target``, or a number makes no sense.
        SourceError: nothing is under ``source``; an object cannot be read, is no JSON, or cannot be written.
    """
    _check_positive(files=1 if files is None else files, target_bytes=target_bytes)
    source, target = separate(canonical(source), folder(target))
    with ObjectStore() if store is None else nullcontext(store) as objects:
        listed = objects.list(source)
        sources = [found for found in listed if found.size and not is_hidden(found, source)]
        _require(sources, source)
        make_room(objects, target, overwrite)
        shares = shares_of(sources, files or -(-sum(map(weight, sources)) // (target_bytes * COMPRESSION)))
        parts = _Packing(objects, target, len(sources), on_progress).run(shares)
    _require(parts, source)
    taken = sum(part.objects for part in parts)
    return Packed(
        source=source,
        target=target,
        manifest=manifest_of(target),
        objects=taken,
        left_out=len(listed) - taken,
        documents=sum(part.documents for part in parts),
        source_bytes=sum(found.size for found in sources),
        bytes=sum(part.bytes for part in parts),
        parts=tuple(parts),
    )


def _require(found: Sequence[object], source: str) -> None:
    if not found:
        raise SourceError(f"{source} matches no object that holds data: correct the source, or put the files there")


def _check_positive(**numbers: int) -> None:
    for name, found in numbers.items():
        if found < 1:
            raise UsageError(f"{name} must be 1 or more, but is {found}; give a greater number.")


class _Packing:
    """One pack at work: a share of the sources becomes a part, after which comes the next one."""

    def __init__(self, store: ObjectStore, target: str, total: int, on_progress: Progress | None) -> None:
        self._store = store
        self._target = target
        self._total = total
        self._done = 0
        self._on_progress = on_progress
        self._written: list[str] = []

    def run(self, shares: Iterable[Sequence[StoredObject]]) -> list[Part]:
        """Write the parts and the manifest, or nothing."""
        try:
            parts = [part for part in map(self._part, shares) if part is not None]
            if parts:
                self._write(manifest_of(self._target), _manifest(parts))
        except BaseException:
            for url in self._written:
                with suppress(SparkifyError):  # what is told is what went wrong first
                    self._store.delete(url)
            raise
        return parts

    def _part(self, share: Sequence[StoredObject]) -> Part | None:
        """Write the next part; None when its sources hold no documents."""
        url = f"{self._target}part-{len(self._written):04}.json.gz"
        try:
            with tempfile.TemporaryFile() as file:
                documents = self._gather(share, cast("BinaryIO", file))
                filled = [source for source, count in documents.items() if count]
                if not filled:
                    return None
                file.flush()
                # The bytes of the file without reading them into memory; closed when the last one lets go of them.
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._write(url, cast("bytes", data))
                return Part(url, len(data), sum(documents.values()), len(filled), filled[0], filled[-1])
        except OSError as error:
            place = tempfile.gettempdir()
            raise SourceError(
                f"a part needs room in {place} while it is made: {error.strerror}; make some, or set TMPDIR"
            ) from error

    def _gather(self, share: Sequence[StoredObject], file: BinaryIO) -> dict[str, int]:
        """Fill a file with a share of the sources; how many documents each of them holds."""
        documents: dict[str, int] = {}
        with (
            # Without a name and a time in the header, the same documents are the same bytes.
            gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, file, mtime=0) as packed,
            closing(opened_ahead(self._store, share)) as streams,
        ):
            for source, stream in streams:
                with io.BufferedReader(cast("Any", stream), BLOCK_BYTES) as stored:
                    documents[source.url] = copy_documents(source.url, stored, packed)
                self._done += 1
                if self._on_progress is not None:
                    self._on_progress("objects", self._done, self._total)
        return documents

    def _write(self, url: str, data: bytes) -> None:
        self._written.append(url)  # first, for a write whose answer is lost may have been done
        self._store.write(url, data)


def _manifest(parts: Iterable[Part]) -> bytes:
    """Redshift guide, loading-data-files-using-manifest"""
    entries = [{"url": part.url, "mandatory": True, "meta": {"content_length": part.bytes}} for part in parts]
    return json.dumps({"entries": entries}, indent=1).encode()
