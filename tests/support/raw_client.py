"""A client that speaks PostgreSQL's protocol message by message, well or badly."""

from __future__ import annotations

import socket
import struct
from types import TracebackType

from sparkify_dwh.standin.protocol import wire

Message = tuple[bytes, bytes]
SECONDS = 60.0  # after which a test that waits for an answer fails


def startup(**parameters: str) -> bytes:
    words = "".join(f"{name}\x00{value}\x00" for name, value in parameters.items())
    body = struct.pack("!i", wire.PROTOCOL_3) + words.encode() + b"\x00"
    return struct.pack("!i", len(body) + 4) + body


def execution(sql: str, name: bytes = b"") -> bytes:
    """What a driver sends for a statement in a pipeline: Parse, Bind, Describe, Execute."""
    bind = wire.message(b"B", b"\x00" + name + b"\x00" + bytes(6))
    describe = wire.message(b"D", b"P\x00")
    return wire.parse(name, sql, wire.NO_PARAMETERS) + bind + describe + wire.execute(b"")


class RawClient:
    """A connection; ``greeted`` sends a startup message and reads up to the first ReadyForQuery."""

    def __init__(self, address: tuple[str, int] | str) -> None:
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(SECONDS)
        self.socket.connect(address)
        self._buffer = wire.MessageBuffer()
        self.pid = self.key = 0

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def greeted(self, user: str = "awsuser") -> RawClient:
        self.socket.sendall(startup(user=user, database="dev"))
        for kind, body in self.until(b"Z"):
            if kind == b"K":
                self.pid, self.key = struct.unpack("!ii", body)
        return self

    def send(self, *data: bytes) -> None:
        self.socket.sendall(b"".join(data))

    def next(self) -> Message | None:
        """The next message; None when the server has closed the connection."""
        while (found := self._buffer.take()) is None:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._buffer.feed(data)
        return found

    def until(self, kind: bytes, times: int = 1) -> list[Message]:
        """The messages up to the n-th (``times``) of a kind, or to the end of the connection."""
        found: list[Message] = []
        while times and (message := self.next()) is not None:
            found.append(message)
            times -= message[0] == kind
        return found


def kinds(messages: list[Message]) -> str:
    return b"".join(kind for kind, _ in messages).decode()


def tags(messages: list[Message]) -> list[str]:
    """What statements were answered with."""
    return [body[:-1].decode() for kind, body in messages if kind == b"C"]


def sqlstates(messages: list[Message]) -> list[str]:
    return [wire.error_fields(body)["C"] for kind, body in messages if kind == b"E"]
