"""Reading the JSON documents of input files, for a trial: unpacked, cut apart, with their lines.

A file is a sequence of objects or arrays, one row each, with white space or nothing between them; lines do not matter,
so newline-delimited, pretty-printed and glued documents are all read in one way. A document may take 4 MB.
Redshift guide, copy-parameters-data-format, "JSON data file"

Where the guide is silent: behind a malformed document, reading goes on at the next line that begins with ``{`` or ``[``;
NaN, Infinity and control characters in strings are malformed, as the standard of JSON says. Bytes that are not UTF-8
come out as lone surrogates (Python's ``surrogateescape``), for the column to judge. Numbers come out as they are written.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, cast

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_SHOWN = 200  # characters of what is malformed

_GZIP_MAGIC = b"\x1f\x8b"
_BLANKS = re.compile(r"[ \t\r\n]*")
_STRAY = re.compile(r"[^\n{\[]+")
_NEXT_DOCUMENT = re.compile(r"\n(?=[{\[])")
# An error this near to the end of what has been read may be cured by reading on: "-Infinity" is the longest token.
_NEAR_END = 16


class Number(str):
    """A JSON number, as it is written."""

    __slots__ = ()


@dataclass(slots=True)
class Document:
    """One object or array, and the number of its last line, from 1: the one that Redshift names in its errors."""

    value: dict[str, Any] | list[Any]
    line: int


@dataclass(slots=True)
class Malformed:
    """What is no document: why, how it begins, and the number of its last line."""

    reason: str
    text: str
    line: int


class Unreadable(Exception):
    """A file whose bytes are not what its name says. COPY fails as a whole, whatever MAXERROR is."""


def documents(url: str, stored: BinaryIO) -> Iterator[Document | Malformed]:
    """What a file holds, in order; memory is that of a block and the document at hand.

    Unpacks by the name: ``.gz``, ``.bz2``. Raises :class:`Unreadable`, and SourceError when the store fails.
    """
    with _explained(), _unpacked(url, stored) as stream:
        text = _Text(stream)
        while text.skip_blanks():
            yield _document(text) if text.read[text.at] in "{[" else _stray(text)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the file cannot be read: {error}") from error


@contextmanager
def _unpacked(url: str, stored: BinaryIO) -> Iterator[BinaryIO]:
    if url.endswith(".gz"):
        with gzip.GzipFile(fileobj=stored) as plain:
            yield cast("BinaryIO", plain)
    elif url.endswith(".bz2"):
        with bz2.BZ2File(stored) as plain:
            yield cast("BinaryIO", plain)
    else:
        start = stored.read(len(_GZIP_MAGIC))
        if start == _GZIP_MAGIC:
            raise Unreadable("the file is gzip, but its name does not end in .gz, by which a load knows that it is")
        yield cast("BinaryIO", _Chained(start, stored))


class _Chained(io.RawIOBase):
    """Some bytes, and the stream behind them."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        super().__init__()
        self._start, self._stream = start, stream

    def read(self, size: int = -1, /) -> bytes:
        start, self._start = self._start, b""
        return start or self._stream.read(size)


class _Text:
    """A stream as text: what has been ``read`` of it, the place that one is ``at``, and the ``line`` there."""

    def __init__(self, stream: BinaryIO) -> None:
        self.read = ""
        self.at = 0
        self.line = 1
        self.is_ended = False
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def more(self) -> bool:
        """Read on; False at the end. What lies behind is dropped."""
        if self.is_ended:
            return False
        # A document that needs more is decoded again from its beginning, so what is added grows with it.
        data = self._stream.read(max(_BLOCK_BYTES, len(self.read) - self.at))
        self.is_ended = not data
        self.read = self.read[self.at :] + self._decoder.decode(data, final=self.is_ended)
        self.at = 0
        return True

    def go_to(self, place: int) -> str:
        """Step over some text, and give it."""
        passed = self.read[self.at : place]
        self.line += passed.count("\n")
        self.at = place
        return passed

    def skip_blanks(self) -> bool:
        """Go to the next character that is no white space; False when there is none."""
        while True:
            self.go_to(cast("re.Match[str]", _BLANKS.match(self.read, self.at)).end())
            if self.at < len(self.read):
                return True
            if not self.more():
                return False


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_number)


def _document(text: _Text) -> Document | Malformed:
    while True:
        try:
            value, end = _DECODER.raw_decode(text.read, text.at)
        except json.JSONDecodeError as error:
            may_be_cut = error.msg.startswith("Unterminated") or error.pos >= len(text.read) - _NEAR_END
            reason = f"{error.msg.removesuffix(' at')}, at character {error.pos - text.at + 1}"
            if not may_be_cut:
                return _malformed(text, reason)
            if len(text.read) - text.at > MAX_DOCUMENT_BYTES:
                return _malformed(text, _TOO_LARGE)
            if not text.more():
                return _malformed(text, reason)
        except RecursionError:
            return _malformed(text, "it is nested too deeply")
        except ValueError as error:
            return _malformed(text, str(error))
        else:
            return _whole(text, value, end)


_TOO_LARGE = "a document takes 4 MB at most"


def _whole(text: _Text, value: Any, end: int) -> Document | Malformed:
    source = text.go_to(end)
    if len(source) * 4 > MAX_DOCUMENT_BYTES and len(source.encode("utf-8", "surrogateescape")) > MAX_DOCUMENT_BYTES:
        return Malformed(f"Malformed JSON: {_TOO_LARGE}", source[:_SHOWN], text.line)
    return Document(value, text.line)


def _malformed(text: _Text, reason: str) -> Malformed:
    """Step over the document at hand, to the next line that begins another one; its last line is not blank."""
    beginning, last_line, found = text.read[text.at : text.at + _SHOWN], text.line, None
    while found is None:
        found = _NEXT_DOCUMENT.search(text.read, text.at)
        # What has been read may end in the line feed in front of the next document.
        end = found.end() if found else len(text.read) - (not text.is_ended)
        first_line = text.line
        passed = text.go_to(end).rstrip()
        if passed:
            last_line = first_line + passed.count("\n")
        if found is None and not text.more():
            break
    return Malformed(f"Malformed JSON: {reason}", beginning.split("\n", 1)[0], last_line)


def _stray(text: _Text) -> Malformed:
    """Step over what stands between documents, up to the next one or to the end of the line."""
    end = _end_of_stray(text)
    while end == len(text.read) <= MAX_DOCUMENT_BYTES and text.more():
        end = _end_of_stray(text)
    passed = text.go_to(end)[:_SHOWN].rstrip()
    what = "a byte order mark" if passed == "\ufeff" else "text"
    return Malformed(f"Malformed JSON: {what} outside of an object or array", passed, text.line)


def _end_of_stray(text: _Text) -> int:
    return cast("re.Match[str]", _STRAY.match(text.read, text.at)).end()
