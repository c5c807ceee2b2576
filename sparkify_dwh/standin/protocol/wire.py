"""PostgreSQL's wire protocol, version 3, which Redshift speaks too: messages parsed and built.

A message is one byte of kind, four bytes of length (which counts itself), and a body.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sparkify_dwh.redshift.errors import RedshiftError

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
PROTOCOL_3 = 196608

SYNC = b"S\x00\x00\x00\x04"
FLUSH = b"H\x00\x00\x00\x04"
COPY_DONE = b"c\x00\x00\x00\x04"

# A client's message may be as long as a statement, 16 MB. Redshift guide, r_INSERT_30
MAX_CLIENT_MESSAGE_BYTES = 16 * 1024 * 1024 + 1024

NO_PARAMETERS = b"\x00\x00"  # the count of a Parse message's parameter types

_LENGTH = struct.Struct("!i")


class ProtocolError(Exception):
    """Bytes that are not PostgreSQL's protocol; the connection cannot continue."""


class MessageBuffer:
    """Received bytes, returned as whole messages of at most ``max_bytes`` each."""

    def __init__(self, max_bytes: int | None = None) -> None:
        self._bytes = bytearray()
        self._max_bytes = max_bytes

    def __len__(self) -> int:
        """Return the number of bytes received and not yet taken."""
        return len(self._bytes)

    @property
    def next_kind(self) -> bytes:
        """The kind of the next message; empty when nothing has arrived."""
        return bytes(self._bytes[:1])

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def take(self) -> tuple[bytes, bytes] | None:
        """Return the next message as (kind, body); None when it has not arrived completely.

        Raise :class:`ProtocolError` for an invalid length, or one above the limit.
        """
        if len(self._bytes) < 5:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes, 1)
        if length < 4 or (self._max_bytes is not None and length > self._max_bytes):
            raise ProtocolError(f"invalid message length: {length} bytes")
        end = 1 + length
        if end > len(self._bytes):
            return None
        kind, body = bytes(self._bytes[:1]), bytes(self._bytes[5:end])
        del self._bytes[:end]
        return kind, body

    def messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every complete message; an incomplete one stays in the buffer."""
        while (received := self.take()) is not None:
            yield received


def message(kind: bytes, body: bytes = b"") -> bytes:
    return header(kind, len(body)) + body


def header(kind: bytes, size: int) -> bytes:
    """Return the header of a message whose body has ``size`` bytes."""
    return kind + _LENGTH.pack(size + 4)


def query(sql: str) -> bytes:
    return message(b"Q", sql.encode() + b"\x00")


def parse(name: bytes, sql: str, parameter_types: bytes) -> bytes:
    """Return a Parse message; ``parameter_types`` is the count and the OIDs in their encoded form."""
    return message(b"P", name + b"\x00" + sql.encode() + b"\x00" + parameter_types)


def execution(name: bytes, sql: str, *, described: bool = False) -> bytes:
    """Return the messages that prepare, bind and execute ``sql`` under ``name``, with its rows as text.

    They close an earlier statement of that name first. With ``described`` the response includes a RowDescription.
    """
    parts = [close(b"S", name), parse(name, sql, NO_PARAMETERS)]
    parts.append(message(b"B", name + b"\x00" + name + b"\x00" + struct.pack("!hhh", 0, 0, 0)))
    if described:
        parts.append(describe(b"P", name))
    return b"".join(parts) + execute(name)


def execute(portal: bytes) -> bytes:
    """Return an Execute message without a row limit."""
    return message(b"E", portal + b"\x00" + _LENGTH.pack(0))


def describe(what: bytes, name: bytes) -> bytes:
    """Return a Describe message for a statement (``what`` is S) or a portal (P)."""
    return message(b"D", what + name + b"\x00")


def close(what: bytes, name: bytes) -> bytes:
    """Return a Close message for a statement (``what`` is S) or a portal (P), which need not exist."""
    return message(b"C", what + name + b"\x00")


def split_texts(body: bytes, count: int) -> list[bytes]:
    """Return the ``count`` NUL-terminated texts at the start of a body, and the bytes that follow them."""
    parts = body.split(b"\x00", count)
    if len(parts) <= count:
        raise ProtocolError("invalid message format: a text without its end")
    return parts


def decode(text: bytes) -> str:
    """Decode a client's text. Raise RedshiftError 22021, as PostgreSQL does, when it is not UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        byte = text[error.start]
        raise RedshiftError("22021", f'invalid byte sequence for encoding "UTF8": 0x{byte:02x}') from None


def error_response(error: RedshiftError, severity: str = "ERROR") -> bytes:
    detail = {"D": error.detail} if error.detail else {}
    return error_from_fields({"S": severity, "V": severity, "C": error.sqlstate, "M": error.message} | detail)


def info(text: str) -> bytes:
    """Return a NoticeResponse of severity INFO."""
    return message(b"N", _fields({"S": "INFO", "V": "INFO", "C": "00000", "M": text}))


def command_complete(tag: str) -> bytes:
    return message(b"C", tag.encode() + b"\x00")


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", name.encode() + b"\x00" + value.encode() + b"\x00")


def ready_for_query(status: bytes) -> bytes:
    """Return a ReadyForQuery message; ``status`` is the transaction's: I, T or E."""
    return message(b"Z", status)


def error_fields(body: bytes) -> dict[str, str]:
    """Return the fields of an ErrorResponse or NoticeResponse by their one-letter codes."""
    fields = (field for field in body.split(b"\x00") if field)
    return {chr(field[0]): field[1:].decode(errors="replace") for field in fields}


def is_fatal(body: bytes) -> bool:
    """Return whether an ErrorResponse is fatal, so that the server closes the connection."""
    return error_fields(body).get("S") == "FATAL"


def error_from_fields(fields: dict[str, str]) -> bytes:
    return message(b"E", _fields(fields))


def data_row(body: bytes) -> list[str | None]:
    """Return the values of a DataRow in text format."""
    (count,) = struct.unpack_from("!h", body)
    position, values = 2, list[str | None]()
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(body, position)
        position += 4
        values.append(None if length < 0 else body[position : position + length].decode())
        position += max(length, 0)
    return values


def parameter_types(body: bytes) -> tuple[int, ...]:
    """Return the type OIDs of a ParameterDescription."""
    return struct.unpack_from(f"!{len(body) // 4}I", body, 2)


def row_description(body: bytes) -> list[tuple[str, int, int]]:
    """Return the columns of a RowDescription: name, type OID, type modifier. The names must be UTF-8."""
    return [(name.decode(), oid, modifier) for name, oid, modifier in _columns(body)]


def column_types(body: bytes) -> list[int]:
    """Return the type OIDs of a RowDescription, whatever the encoding of its names."""
    return [oid for _, oid, _ in _columns(body)]


def _columns(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    (count,) = struct.unpack_from("!h", body)
    position = 2
    for _ in range(count):
        end = body.index(b"\x00", position)
        oid, modifier = struct.unpack_from("!6xI2xi", body, end + 1)
        yield body[position:end], oid, modifier
        position = end + 19


def _fields(fields: dict[str, str]) -> bytes:
    """Encode fields as UTF-8, without NUL, which would end a field."""
    texts = (f"{code}{value}".replace("\x00", "\\0") for code, value in fields.items())
    return b"".join(text.encode(errors="backslashreplace") + b"\x00" for text in texts) + b"\x00"
