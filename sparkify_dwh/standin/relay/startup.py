"""What comes before a session: the client's startup message, its password, and what a server says to one it lets in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.session_settings import REPORTED
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import ClientGone
from sparkify_dwh.utils.secret import Secret

# The version of PostgreSQL that Redshift says it is; its driver asks. Redshift guide, c_redshift-and-postgres-sql
SERVER_VERSION = "8.0.2"
LONGEST_STARTUP = 10_000  # bytes, as in PostgreSQL
STARTUP_SECONDS = 60.0  # authentication_timeout of PostgreSQL

MD5_PASSWORD = 5


@dataclass(frozen=True)
class Credentials:
    """Who may come in. The password goes over the wire as MD5 with a salt, as Redshift's own clients do it."""

    user: str
    password: Secret

    def accept(self, user: str, answer: bytes, salt: bytes) -> bool:
        """Whether ``answer`` to the ``salt`` is that of the user with the password."""
        inner = _md5((self.password.reveal() + self.user).encode())
        expected = b"md5" + _md5(inner + salt)
        # Both are compared, always: how long it takes tells nothing.
        return hmac.compare_digest(user.encode(), self.user.encode()) & hmac.compare_digest(answer, expected)


class Entrance:
    """A client that has not been let in yet. Everything it does must be done within ``STARTUP_SECONDS``."""

    def __init__(self, client: socket.socket, cancel: Callable[[int, int], None]) -> None:
        self._client = client
        self._cancel = cancel
        self._give_up = time.monotonic() + STARTUP_SECONDS

    def parameters(self) -> dict[str, str] | None:
        """The client's parameters; None when it only asked for a cancellation, which is done.

        Raises :class:`wire.ProtocolError` for what is no startup message, and ClientGone.
        """
        while True:
            packet = self._packet(least=8, most=LONGEST_STARTUP)
            (code,) = struct.unpack_from("!i", packet)
            if code in (wire.SSL_REQUEST, wire.GSS_REQUEST):
                self._client.sendall(b"N")  # the connection never leaves this machine
            elif code == wire.CANCEL_REQUEST:
                if len(packet) == 12:
                    self._cancel(*struct.unpack_from("!ii", packet, 4))
                return None
            elif code == wire.PROTOCOL_3:
                return _parameters(packet[4:])
            else:
                raise wire.ProtocolError(
                    f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}: server supports 3.0"
                )

    def authenticate(self, user: str, credentials: Credentials) -> None:
        """Ask for the password. Raises RedshiftError 28000 when it is not the one, or the user is not."""
        salt = secrets.token_bytes(4)
        self._client.sendall(wire.message(b"R", struct.pack("!i", MD5_PASSWORD) + salt))
        if self._read(1) != b"p":
            raise wire.ProtocolError("expected password response")
        answer = self._packet(least=5, most=LONGEST_STARTUP).rstrip(b"\x00")
        if not credentials.accept(user, answer, salt):
            raise RedshiftError("28000", f'password authentication failed for user "{user}"')

    def _packet(self, *, least: int, most: int) -> bytes:
        (length,) = struct.unpack("!i", self._read(4))
        if not least <= length <= most:
            raise wire.ProtocolError(f"invalid length of startup packet: {length} bytes")
        return self._read(length - 4)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            self._client.settimeout(max(0.001, self._give_up - time.monotonic()))
            more = self._client.recv(count - len(data))
            if not more:
                raise ClientGone("before it said who it is")
            data += more
        return data


def greeting(backend: Backend, key: int) -> bytes:
    """What a server says to a client it has let in."""
    statuses = [wire.parameter_status("server_version", SERVER_VERSION)]
    statuses += [wire.parameter_status(name, backend.parameter(name)) for name in REPORTED]
    return b"".join(
        [
            wire.message(b"R", struct.pack("!i", 0)),
            *statuses,
            wire.message(b"K", struct.pack("!ii", backend.pid, key)),
            wire.ready_for_query(b"I"),
        ]
    )


def _parameters(body: bytes) -> dict[str, str]:
    try:
        words = body.decode().split("\x00")
    except UnicodeDecodeError:
        raise wire.ProtocolError("invalid startup packet: its texts must be UTF-8") from None
    return dict(zip(words[::2], words[1::2], strict=False))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()
