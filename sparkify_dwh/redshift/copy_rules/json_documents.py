"""Cutting a stream of bytes into the JSON documents that COPY makes rows of.

A file is a sequence of objects or arrays, one row each, with white space or nothing between them; where lines end does
not matter. Between them, anything else is an error of its own, and reading goes on behind it; a document may take 4 MB;
an error has the number of the last line of its document. Redshift guide, copy-parameters-data-format, "JSON data file"

Where the guide is silent:

- After a malformed document, reading goes on at the next line that begins with ``{`` or ``[``.
- A byte order mark is an error like any other character outside of a document.
- NaN and Infinity, and control characters in strings, make a document malformed, as the JSON standard says. So does
  nesting that is deeper than Python's recursion limit.
- Of a key that comes twice, the last counts.
- Bytes that are not UTF-8 come out of strings as lone surrogates (Python's ``surrogateescape``): whether they are an
  error is for the column to say that they are loaded into.
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

# A decoding error this near to the end of what has been read may be cured by reading on; the longest token that cannot
# be told from an error by its beginning is "-Infinity".
_NEAR_END = 16

# How much is kept of what cannot be read, in characters.
_KEPT = 2048

_BLANKS = re.compile(r"[ \t\r\n]*")
_STRAY = re.compile(r"[^\n{\[]+")
_NEXT_DOCUMENT = re.compile(r"\n(?=[{\[])")


class Number(str):
    """A JSON number, as it is written: ``Number("1540919166796.0")``."""

    __slots__ = ()


JsonValue = None | bool | str | Number | dict[str, Any] | list[Any]


class ByteStream(Protocol):
    """The part of a binary file that is needed here."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class Document:
    """One JSON object or array: its value, its source text, and the number of its last line, counted from 1."""

    value: dict[str, Any] | list[Any]
    text: str
    line: int


@dataclass(slots=True)
class Malformed:
    """What is no JSON document, or one that is too large: the beginning of its text, its last line, and why.

    ``is_stray`` tells text between documents, which ends with its line, from a document that cannot be read.
    """

    reason: str
    text: str
    line: int
    is_stray: bool = False


class _NoConstantError(ValueError):
    """NaN or Infinity, which Python's decoder would take."""


def _refuse_constant(name: str) -> None:
    raise _NoConstantError(f"{name} is no JSON value")


DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse_constant)


class DocumentReader:
    """Iterates over the documents in a stream, of which it holds a block and the document at hand.

    ``first_line`` is the number of the line that the stream begins with.
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
        """When all has been read: the number of the last line, or one less than ``first_line`` when there is none."""
        return self._line if self._open_line else self._line - 1

    def __iter__(self) -> Iterator[Document | Malformed]:
        while self._skip_blanks():
            if self._text[self._at] in "{[":
                yield self._document()
            else:
                yield self._stray()

    def _skip_blanks(self) -> bool:
        """Go to the next character that is no white space; False when there is none."""
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
            return Malformed(f"Malformed JSON: {_TOO_LARGE}", text[:_KEPT], self._line)
        return Document(value, text, self._line)

    def _is_cut_off(self, error: json.JSONDecodeError) -> bool:
        """Whether more of the stream could make the document whole."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_END

    def _malformed(self, why: str) -> Malformed:
        """Step over the document at hand, to the next line that begins another one."""
        text, last_line, found = "", self._line, None
        while found is None:
            found = _NEXT_DOCUMENT.search(self._text, self._at)
            # What has been read may end in the line feed in front of the next document.
            end = found.end() if found else len(self._text) - (not self._ended)
            skipped = self._text[self._at : end]
            text += skipped[: _KEPT - len(text)]
            if skipped.strip():
                last_line = self._line + skipped.rstrip().count("\n")
            self._advance(end)
            if found is None and not self._fill():
                break
        return Malformed(f"Malformed JSON: {why}", text.rstrip(), last_line)

    def _stray(self) -> Malformed:
        """Step over what is no document, up to the next one or to the end of the line."""
        end = self._end_of_stray()
        while end == len(self._text) <= MAX_DOCUMENT_BYTES and self._fill():
            end = self._end_of_stray()
        text = self._text[self._at : end].rstrip()[:_KEPT]
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
        """Read another block; False when there is none."""
        if self._ended:
            return False
        # A document that needs more is read again from its beginning, so what is added grows with it.
        data = self._stream.read(max(self._block_bytes, len(self._text) - self._at))
        self._ended = not data
        self._open_line = not data.endswith(b"\n") if data else self._open_line
        self._text = self._text[self._at :] + self._decoder.decode(data, final=self._ended)
        self._at = 0
        return True


_TOO_LARGE = f"a document may take {MAX_DOCUMENT_BYTES} bytes, this one takes more"


def _byte_length_exceeds(text: str, most: int) -> bool:
    return len(text) * 4 > most and len(text.encode("utf-8", "surrogateescape")) > most
