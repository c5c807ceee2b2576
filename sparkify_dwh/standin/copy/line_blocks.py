"""The lines of a stream, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sparkify_dwh.standin.copy.json_documents import BLOCK_BYTES, MAX_DOCUMENT_BYTES, ByteStream


class LineBlocks:
    """Hands out whole lines, without their line feeds, until the stream ends or a line takes more than a document may.

    Holds no more than a block and one such line.
    """

    def __init__(self, stream: ByteStream, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._block_bytes = block_bytes
        self._pending = b""
        self._end_of_lines = b"\n"

    def next(self) -> list[bytes]:
        """Some lines; an empty list at the end, and when the next line is too long."""
        while len(self._pending) <= MAX_DOCUMENT_BYTES:
            data = self._stream.read(self._block_bytes)
            if not data:
                lines = [self._pending] if self._pending else []
                self._pending = self._end_of_lines = b""
                return lines
            first, last = data.find(b"\n"), data.rfind(b"\n")
            if last < 0 or len(self._pending) + first > MAX_DOCUMENT_BYTES:
                self._pending += data
                continue
            lines = (self._pending + data[:last]).split(b"\n")
            self._pending = data[last + 1 :]
            return lines
        return []

    def rest(self, lines: Sequence[bytes]) -> ByteStream:
        """A stream of these lines, the last ones handed out, and of all that has not been handed out."""
        ahead = b"\n".join(lines) + self._end_of_lines if lines else b""
        return _Chained(ahead + self._pending, self._stream)


class _Chained:
    """Some bytes, and a stream behind them."""

    def __init__(self, ahead: bytes, stream: ByteStream) -> None:
        self._ahead = ahead
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        return self._stream.read(size)
