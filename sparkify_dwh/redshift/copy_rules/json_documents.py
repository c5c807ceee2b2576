"""Splitting a stream of bytes into JSON documents, as COPY does.

A file is a sequence of objects or arrays, one row each, with white space or nothing between them; line breaks do not
matter. Any other text between them is a separate error, after which reading continues; a document has at most 4 MB; an
error has the number of the last line of its document. Redshift guide, copy-parameters-data-format, "JSON data file"

Where the guide is silent:

- After a malformed document, reading continues at the next line that begins with ``{`` or ``[``.
- A byte order mark is an error like any other character outside of a document.
- A document with NaN, Infinity, control characters in strings (as the JSON standard says), or nesting deeper than
  Python's recursion limit is malformed.
- The last of several equal keys counts.
- Bytes in strings that are not UTF-8 become lone surrogates (Python's ``surrogateescape``); the column that they are
  loaded into decides whether they are an error.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
# Larger blocks are slower line by line: they do not stay in the caches.
BLOCK_BYTES = 128 * 1024

# A decoding error this near to the end of the text may be a document that is not read completely: the longest token whose
# beginning looks like an error is "-Infinity".
_NEAR_END_CHARACTERS = 16

# The beginning of malformed text that is kept.
_MAX_MALFORMED_CHARACTERS = 2048

_BLANKS = re.compile(r"[ \t\r\n]*")
_STRAY = re.compile(r"[^\n{\[]+")
_NEXT_DOCUMENT = re.compile(r"\n(?=[{\[])")


class Number(str):
    """A JSON number as it is written: ``Number("1540919166796.0")``."""

    __slots__ = ()


JsonValue = None | bool | str | Number | dict[str, Any] | list[Any]


class ByteStream(Protocol):
    """A binary file, or any object with its method ``read``."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class Document:
    """One JSON object or array: its value, its source text, and the number of its last line, counted from 1."""

    value: dict[str, Any] | list[Any]
    text: str
    line: int


@dataclass(slots=True)
class Malformed:
    """Text that is not a JSON document, or a document that is too large: its beginning, its last line, and the reason.

    ``is_stray`` is true for text between documents, which ends with its line.
    """

    reason: str
    text: str
    line: int
    is_stray: bool = False


class _NoConstantError(ValueError):
    """NaN or Infinity, which Python's decoder accepts."""


def _refuse_constant(name: str) -> None:
    raise _NoConstantError(f"{name} is no JSON value")


DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse_constant)


class DocumentReader:
    """An iterator over the documents of a stream, with one block and one document in memory.

    ``first_line`` is the number of the stream's first line.
    """

    def __init__(self, stream: ByteStream, first_line: int = 1, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._block_bytes = block_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0
        self._line = first_line
        self._open_line = False
        self._ended = False

    @property
    def lines(self) -> int:
        """At the end: the number of the last line, or one less than ``first_line`` for an empty stream."""
        return self._line if self._open_line else self._line - 1

    def __iter__(self) -> Iterator[Document | Malformed]:
        while self._skip_blanks():
            if self._text[self._at] in "{[":
                yield self._document()
            else:
                yield self._stray()

    def _skip_blanks(self) -> bool:
        """Skip white space. Return False at the end."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            self._advance(blanks.end() if blanks else self._at)
            if self._at < len(self._text):
                return True
            if not self._fill():
                return False

    def _document(self) -> Document | Malformed:
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                reason = f"{error.msg.removesuffix(' at')}, at character {error.pos - self._at + 1}"
                if not self._is_cut_off(error):
                    return self._malformed(reason)
                if len(self._text) - self._at > MAX_DOCUMENT_BYTES:
                    return self._malformed(_TOO_LARGE)
                if not self._fill():
                    return self._malformed(reason)
            except _NoConstantError as error:
                return self._malformed(str(error))
            except RecursionError:
                return self._malformed("it is nested too deeply")
            else:
                return self._finished(value, end)

    def _finished(self, value: dict[str, Any] | list[Any], end: int) -> Document | Malformed:
        text = self._text[self._at : end]
        self._advance(end)
        if _byte_length_exceeds(text, MAX_DOCUMENT_BYTES):
            return Malformed(f"Malformed JSON: {_TOO_LARGE}", text[:_MAX_MALFORMED_CHARACTERS], self._line)
        return Document(value, text, self._line)

    def _is_cut_off(self, error: json.JSONDecodeError) -> bool:
        """Return whether more of the stream could complete the document."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_END_CHARACTERS

    def _malformed(self, why: str) -> Malformed:
        """Skip the current document, up to the next line that begins a document."""
        text, last_line, boundary = "", self._line, None
        while boundary is None:
            boundary = _NEXT_DOCUMENT.search(self._text, self._at)
            # The text may end in the line feed before the next document.
            end = boundary.end() if boundary else len(self._text) - (not self._ended)
            skipped = self._text[self._at : end]
            text += skipped[: _MAX_MALFORMED_CHARACTERS - len(text)]
            if skipped.strip():
                last_line = self._line + skipped.rstrip().count("\n")
            self._advance(end)
            if boundary is None and not self._fill():
                break
        return Malformed(f"Malformed JSON: {why}", text.rstrip(), last_line)

    def _stray(self) -> Malformed:
        """Skip text between documents, up to the next document or the end of the line."""
        end = self._end_of_stray()
        while end == len(self._text) <= MAX_DOCUMENT_BYTES and self._fill():
            end = self._end_of_stray()
        text = self._text[self._at : end].rstrip()[:_MAX_MALFORMED_CHARACTERS]
        self._advance(end)
        shown = "a byte order mark" if text == "\N{ZERO WIDTH NO-BREAK SPACE}" else f"'{text[:20]}'"
        return Malformed(f"Malformed JSON: {shown} outside of an object or array", text, self._line, is_stray=True)

    def _end_of_stray(self) -> int:
        stray = _STRAY.match(self._text, self._at)
        return stray.end() if stray else self._at

    def _advance(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _fill(self) -> bool:
        """Read another block. Return False at the end."""
        if self._ended:
            return False
        # An incomplete document is decoded again from its beginning, so blocks grow with it.
        data = self._stream.read(max(self._block_bytes, len(self._text) - self._at))
        self._ended = not data
        self._open_line = not data.endswith(b"\n") if data else self._open_line
        self._text = self._text[self._at :] + self._decoder.decode(data, final=self._ended)
        self._at = 0
        return True


_TOO_LARGE = f"a document may take {MAX_DOCUMENT_BYTES} bytes, this one takes more"


def _byte_length_exceeds(text: str, limit: int) -> bool:
    return len(text) * 4 > limit and len(text.encode("utf-8", "surrogateescape")) > limit
