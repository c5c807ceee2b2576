"""Documents on their way from a small object into a packed one: copied byte by byte, and checked as they are read."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import NoReturn, cast

from sparkify_dwh.errors import SourceError

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024  # Redshift guide, copy-parameters-data-format
BLOCK_BYTES = 1024 * 1024

_BLANKS = re.compile(r"[ \t\r\n]*")
_BLANK_BYTES = b" \t\r\n"
_GZIP_MAGIC = b"\x1f\x8b"


def copy_documents(url: str, stored: io.BufferedReader, packed: gzip.GzipFile) -> int:
    """Copy a source's documents, the last one followed by a line feed; how many there are."""
    documents = _Documents(url)
    last = b""
    for data in _blocks(url, stored):
        documents.read(data)
        kept = data if last else data.lstrip(_BLANK_BYTES)
        packed.write(kept)
        last = kept[-1:] or last
    documents.end()
    if last not in (b"", b"\n"):
        packed.write(b"\n")
    return documents.count


def _blocks(url: str, stored: io.BufferedReader) -> Iterator[bytes]:
    """The bytes of a source, unpacked, without a byte order mark."""
    try:
        plain = gzip.GzipFile(fileobj=stored) if stored.peek(2)[:2] == _GZIP_MAGIC else stored
        data = plain.read(BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
        while data:
            yield data
            data = plain.read(BLOCK_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"Cannot read {url}: {error}; correct the file, or move it away") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


# Integers stay texts: Python refuses to read very long ones.
_DECODER = json.JSONDecoder(parse_int=str, parse_constant=_no_number)


class _Documents:
    """Counts the documents of a source that is read block by block, and refuses what is none."""

    def __init__(self, url: str) -> None:
        self.count = 0
        self._url = url
        self._text = ""
        self._line = 1
        self._problem: tuple[int, str] = (0, "")

    def read(self, data: bytes) -> None:
        """Take the next bytes, and keep those of a document that goes on behind them."""
        # A character for every byte: all that JSON is made of is ASCII, and what is not can only stand in a string.
        text = self._text + data.decode("latin-1")
        at = _after_blanks(text, 0)
        while at < len(text) and (end := self._end_of_document(text, at)) is not None:
            self.count += 1
            at = _after_blanks(text, end)
        self._line += text.count("\n", 0, at)
        self._text = text[at:]

    def end(self) -> None:
        """Nothing more comes: a document that is not whole by now will never be."""
        if self._text:
            self._refuse(self._text, *self._problem)

    def _end_of_document(self, text: str, at: int) -> int | None:
        """Where the document ends; None when that may be behind the text."""
        end = None
        if text[at] not in "{[":
            self._refuse(text, at, f"a JSON document begins with {{ or [, found {text[at]!r}")
        try:
            end = _DECODER.raw_decode(text, at)[1]
        except RecursionError:
            self._refuse(text, at, "the JSON document is nested too deeply")
        except json.JSONDecodeError as error:
            where = error.pos - at
            self._problem = (where, f"{error.msg.removesuffix(' at')} at character {where + 1} of the document")
        except ValueError as error:
            self._problem = (0, str(error))
        if (end or len(text)) - at > MAX_DOCUMENT_BYTES:
            where, why = (0, "it takes more") if end else self._problem
            self._refuse(text, at + where, f"a JSON document takes {MAX_DOCUMENT_BYTES} bytes at most: {why}")
        return end

    def _refuse(self, text: str, at: int, why: str) -> NoReturn:
        line = self._line + text.count("\n", 0, at)
        raise SourceError(f"{self._url} line {line}: {why}; correct the file, or move it away")


def _after_blanks(text: str, at: int) -> int:
    return cast("re.Match[str]", _BLANKS.match(text, at)).end()
