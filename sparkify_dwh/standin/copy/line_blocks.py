"""Blocks of whole lines of a stream."""

from __future__ import annotations

from sparkify_dwh.redshift.copy_rules.json_documents import BLOCK_BYTES, MAX_DOCUMENT_BYTES, ByteStream

# The usual boundary between two documents.
BOUNDARY = b"\n{"
# Making room for a block takes longer than reading a small file.
_FEW_BYTES = 16 * 1024


class LineBlocks:
    """A reader of blocks of whole lines, each up to a line that begins an object, or to the end of the stream.

    A block is at most as long as a document may be; ``rest`` is the part that cannot be split so. At most two blocks are
    in memory.
    """

    def __init__(self, stream: ByteStream, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._block_bytes = block_bytes
        self._next_bytes = min(_FEW_BYTES, block_bytes)
        self._pending = b""
        self._behind = b""  # the bytes between the last block and the pending ones
        self._has_ended = False

    @property
    def is_done(self) -> bool:
        """Whether all blocks were returned."""
        return self._has_ended and not self._pending

    def next(self) -> bytes:
        """Return lines without the last line feed; nothing when only ``rest`` is left, or at the end."""
        while len(self._pending) <= MAX_DOCUMENT_BYTES and not self._has_ended:
            start = max(1, len(self._pending) - 1)
            self._fill()
            cut = len(self._pending.removesuffix(b"\n")) if self._has_ended else self._pending.rfind(BOUNDARY, start)
            if cut > MAX_DOCUMENT_BYTES:
                cut = self._pending.find(BOUNDARY, start)
            if 0 < cut <= MAX_DOCUMENT_BYTES:
                return self._cut(cut)
        return b""

    def rest(self, block: bytes) -> ByteStream:
        """Return a stream of ``block``, the end of the last block, and of everything after it."""
        return _Chained((block + self._behind if block else b"") + self._pending, self._stream)

    def _fill(self) -> None:
        data = self._stream.read(self._next_bytes)
        self._next_bytes = self._block_bytes if len(data) >= self._next_bytes else _FEW_BYTES
        self._has_ended = not data
        self._pending += data

    def _cut(self, at: int) -> bytes:
        block, self._behind, self._pending = self._pending[:at], self._pending[at : at + 1], self._pending[at + 1 :]
        return block


class _Chained:
    """Some bytes, and the stream after them."""

    def __init__(self, ahead: bytes, stream: ByteStream) -> None:
        self._ahead = ahead
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        return self._stream.read(size)
