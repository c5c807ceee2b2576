"""Documents on their way from a small object into a packed one: copied byte by byte, and checked by COPY's rules."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from typing import BinaryIO, cast

from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.copy_rules.json_documents import DocumentReader, Malformed

BLOCK_BYTES = 1024 * 1024
FIX = "Correct the file, or move it away"

_BLANK_BYTES = b" \t\r\n"
_GZIP_MAGIC = b"\x1f\x8b"


def copy_documents(url: str, stored: io.BufferedReader, packed: gzip.GzipFile) -> int:
    """Copy an object's documents, and a line feed after the last one; return how many there are.

    Raise SourceError for an object that cannot be read, and for one that COPY would reject.
    """
    copied = _CopiedBytes(stored, packed)
    number = 0
    try:
        for part in DocumentReader(copied, block_bytes=BLOCK_BYTES):
            if isinstance(part, Malformed):
                raise SourceError(f"{url} line {part.line}: {part.reason}", FIX)
            number += 1
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"Cannot read {url}: {error}", FIX) from error
    if copied.last_byte not in (b"", b"\n"):
        packed.write(b"\n")
    return number


class _CopiedBytes:
    """An object's bytes, unpacked, which are written to ``packed`` as they are read.

    Without a byte order mark, and without white space before the first document.
    """

    def __init__(self, stored: io.BufferedReader, packed: gzip.GzipFile) -> None:
        self.last_byte = b""
        self._stored = stored
        self._plain: BinaryIO | None = None
        self._packed = packed

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        data = self._read(size)
        kept = data if self.last_byte else data.lstrip(_BLANK_BYTES)
        self._packed.write(kept)
        self.last_byte = kept[-1:] or self.last_byte
        return data

    def _read(self, size: int) -> bytes:
        if self._plain is not None:
            return self._plain.read(size)
        is_gzip = self._stored.peek(2)[:2] == _GZIP_MAGIC
        self._plain = cast("BinaryIO", gzip.GzipFile(fileobj=self._stored) if is_gzip else self._stored)
        start = self._plain.read(size)
        return start.removeprefix(codecs.BOM_UTF8) or self._plain.read(size)
