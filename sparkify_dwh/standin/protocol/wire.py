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
FLUSH = b"H\x00\x00\x00\x04"
COPY_DONE = b"c\x00\x00\x00\x04"

# A client's message may be as long as a statement: 16 MB. Redshift guide, r_INSERT_30. Anything longer is not ours.
MAX_CLIENT_MESSAGE = 16 * 1024 * 1024 + 1024

NO_PARAMETERS = b"\x00\x00"  # the count of a Parse message's parameter types

_LENGTH = struct.Struct("!i")


class ProtocolError(Exception):
    """What arrived is not PostgreSQL's protocol; the connection cannot go on."""


class MessageBuffer:
    """Bytes as they arrive, given back as whole messages."""

    def __init__(self, longest: int | None = None) -> None:
        self._bytes = bytearray()
        self._longest = longest

    def __len__(self) -> int:
        """How many bytes have arrived and not been taken."""
        return len(self._bytes)

    @property
    def next_kind(self) -> bytes:
        """The kind of the next message, as far as that has arrived."""
        return bytes(self._bytes[:1])

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def take(self) -> tuple[bytes, bytes] | None:
        """The next complete message as (kind, body); None when it is not all there yet.

        Raises :class:`ProtocolError` for a length that no message has, or that is more than the longest allowed.
        """
        if len(self._bytes) < 5:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes, 1)
        if length < 4 or (self._longest is not None and length > self._longest):
            raise ProtocolError(f"invalid message length: {length} bytes")
        end = 1 + length
        if end > len(self._bytes):
            return None
        kind, body = bytes(self._bytes[:1]), bytes(self._bytes[5:end])
        del self._bytes[:end]
        return kind, body

    def messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Every complete message; what is incomplete stays for the next time."""
        while (found := self.take()) is not None:
            yield found


def message(kind: bytes, body: bytes = b"") -> bytes:
    return head(kind, len(body)) + body


def head(kind: bytes, size: int) -> bytes:
    """The beginning of a message whose body has that many bytes."""
    return kind + _LENGTH.pack(size + 4)


def query(sql: str) -> bytes:
    """A simple query."""
    return message(b"Q", sql.encode() + b"\x00")


def parse(name: bytes, sql: str, parameter_types: bytes) -> bytes:
    """Prepare a statement; ``parameter_types`` is the count and the OIDs as they stand in the message."""
    return message(b"P", name + b"\x00" + sql.encode() + b"\x00" + parameter_types)


def execution(name: bytes, sql: str, *, described: bool = False) -> bytes:
    """Prepare, bind and execute a statement without parameters under ``name``, with its rows as text.

    It closes what is left of an earlier one of that name, and answers with a RowDescription if that is asked for.
    """
    parts = [close(b"S", name), parse(name, sql, NO_PARAMETERS)]
    parts.append(message(b"B", name + b"\x00" + name + b"\x00" + struct.pack("!hhh", 0, 0, 0)))
    if described:
        parts.append(describe(b"P", name))
    return b"".join(parts) + execute(name)


def execute(portal: bytes) -> bytes:
    return message(b"E", portal + b"\x00" + _LENGTH.pack(0))


def describe(what: bytes, name: bytes) -> bytes:
    """Ask about a statement (``what`` is S) or a portal (P)."""
    return message(b"D", what + name + b"\x00")


def close(what: bytes, name: bytes) -> bytes:
    """Close a statement (``what`` is S) or a portal (P); one that does not exist is no error."""
    return message(b"C", what + name + b"\x00")


def texts(body: bytes, count: int) -> list[bytes]:
    """The ``count`` texts, each with a NUL behind it, that a body begins with, and what follows them."""
    found = body.split(b"\x00", count)
    if len(found) <= count:
        raise ProtocolError("invalid message format: a text without its end")
    return found


def parsed(body: bytes) -> tuple[bytes, str, bytes]:
    """Name, SQL and parameter types of a Parse message."""
    name, sql, rest = texts(body, 2)
    return name, decoded(sql), rest


def bound(body: bytes) -> tuple[bytes, bytes, bytes]:
    """Portal and statement that a Bind message names, and what follows them."""
    portal, statement, rest = texts(body, 2)
    return portal, statement, rest


def decoded(text: bytes) -> str:
    """A client's text. Raises RedshiftError 22021, as PostgreSQL does, when it is not UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        byte = text[error.start]
        raise RedshiftError("22021", f'invalid byte sequence for encoding "UTF8": 0x{byte:02x}') from None


def error_response(error: RedshiftError, severity: str = "ERROR") -> bytes:
    return message(b"E", _fields(severity, error.sqlstate, error.message, error.detail))


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


def is_fatal(body: bytes) -> bool:
    """Whether an ErrorResponse is the last that will come."""
    return error_fields(body).get("S") == "FATAL"


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


def parameter_types(body: bytes) -> tuple[int, ...]:
    """The OIDs of a ParameterDescription."""
    return struct.unpack_from(f"!{len(body) // 4}I", body, 2)


def row_description(body: bytes) -> list[tuple[str, int, int]]:
    """The columns of a RowDescription: name, type's OID, type's modifier. The names must be UTF-8."""
    return [(name.decode(), oid, modifier) for name, oid, modifier in _columns(body)]


def column_types(body: bytes) -> list[int]:
    """The types' OIDs of a RowDescription, whatever the encoding of its names."""
    return [oid for _, oid, _ in _columns(body)]


def _columns(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    (count,) = struct.unpack_from("!h", body)
    position = 2
    for _ in range(count):
        end = body.index(b"\x00", position)
        oid, modifier = struct.unpack_from("!6xI2xi", body, end + 1)
        yield body[position:end], oid, modifier
        position = end + 19


def _fields(severity: str, sqlstate: str, text: str, detail: str) -> bytes:
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": text} | ({"D": detail} if detail else {})
    return b"".join(code.encode() + _text(value) + b"\x00" for code, value in fields.items()) + b"\x00"


def _text(value: str) -> bytes:
    """A field's text: whatever an error quotes, it holds no NUL, which ends a field, and is UTF-8."""
    return value.replace("\x00", "\\0").encode(errors="backslashreplace")
