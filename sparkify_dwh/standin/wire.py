"""PostgreSQL's wire protocol, version 3: cutting bytes into messages, and making the few messages that the relay sends.

A message is one byte of kind, four bytes of length (which counts itself), and a body. Redshift speaks the same protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sparkify_dwh.standin.errors import RedshiftError

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
PROTOCOL_3 = 196608

SYNC = b"S\x00\x00\x00\x04"
COPY_DONE = b"c\x00\x00\x00\x04"
TERMINATE = b"X\x00\x00\x00\x04"

# A client's message may be as long as a statement: 16 MB. Redshift guide, r_INSERT_30. Anything longer is not ours.
MAX_CLIENT_MESSAGE = 16 * 1024 * 1024 + 1024

_LENGTH = struct.Struct("!i")


class ProtocolError(Exception):
    """What arrived is not PostgreSQL's protocol; the connection cannot go on."""


class MessageBuffer:
    """Bytes as they arrive, given back as whole messages."""

    def __init__(self, longest: int | None = None) -> None:
        self._bytes = bytearray()
        self._longest = longest

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Every complete message as (kind, body); what is incomplete stays for the next time."""
        start = 0
        try:
            while len(self._bytes) - start >= 5:
                (length,) = _LENGTH.unpack_from(self._bytes, start + 1)
                self._check(length)
                end = start + 1 + length
                if end > len(self._bytes):
                    break
                kind, body = bytes(self._bytes[start : start + 1]), bytes(self._bytes[start + 5 : end])
                start = end
                yield kind, body
        finally:
            del self._bytes[:start]

    def _check(self, length: int) -> None:
        if length < 4 or (self._longest is not None and length > self._longest):
            raise ProtocolError(f"a message of {length} bytes")


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + _LENGTH.pack(len(body) + 4) + body


def query(sql: str) -> bytes:
    """A simple query."""
    return message(b"Q", sql.encode() + b"\x00")


def parse(name: bytes, sql: str, parameter_types: bytes) -> bytes:
    """Prepare a statement; ``parameter_types`` is the count and the OIDs as they stand in the message."""
    return message(b"P", name + b"\x00" + sql.encode() + b"\x00" + parameter_types)


def parsed(body: bytes) -> tuple[bytes, str, bytes]:
    """Name, SQL and parameter types of a Parse message."""
    name, sql, rest = body.split(b"\x00", 2)
    return name, sql.decode(), rest


def bound(body: bytes) -> tuple[bytes, bytes]:
    """Portal and statement that a Bind message names."""
    portal, statement, _ = body.split(b"\x00", 2)
    return portal, statement


def error_response(error: RedshiftError) -> bytes:
    return message(b"E", _fields("ERROR", error.sqlstate, error.message, error.detail))


def info(text: str) -> bytes:
    """A notice of severity INFO."""
    return message(b"N", _fields("INFO", "00000", text, ""))


def command_complete(tag: str) -> bytes:
    return message(b"C", tag.encode() + b"\x00")


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", name.encode() + b"\x00" + value.encode() + b"\x00")


def ready_for_query(status: bytes) -> bytes:
    return message(b"Z", status)


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse by their one-letter codes."""
    fields = (field for field in body.split(b"\x00") if field)
    return {chr(field[0]): field[1:].decode(errors="replace") for field in fields}


def with_fields(fields: dict[str, str]) -> bytes:
    """An ErrorResponse made of ``fields``."""
    return message(b"E", b"".join(code.encode() + text.encode() + b"\x00" for code, text in fields.items()) + b"\x00")


def data_row(body: bytes) -> list[str | None]:
    """The values of a DataRow in text format."""
    (count,) = struct.unpack_from("!h", body)
    position, values = 2, list[str | None]()
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(body, position)
        position += 4
        values.append(None if length < 0 else body[position : position + length].decode())
        position += max(length, 0)
    return values


def _fields(severity: str, sqlstate: str, text: str, detail: str) -> bytes:
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": text} | ({"D": detail} if detail else {})
    return b"".join(code.encode() + _text(value) + b"\x00" for code, value in fields.items()) + b"\x00"


def _text(value: str) -> bytes:
    """A field's text: whatever an error quotes, it holds no NUL, which ends a field, and is UTF-8."""
    return value.replace("\x00", "\\0").encode(errors="backslashreplace")
