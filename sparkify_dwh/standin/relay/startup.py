"""The start of a connection: the client's startup message, its password, and the response that opens the session."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.parameters import REPORTED
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import ClientDisconnected
from sparkify_dwh.utils.secret import Secret

# The version of PostgreSQL that Redshift reports, for which its driver asks. Redshift guide, c_redshift-and-postgres-sql
SERVER_VERSION = "8.0.2"
MAX_STARTUP_BYTES = 10_000  # as in PostgreSQL
STARTUP_TIMEOUT_SECONDS = 60.0  # authentication_timeout of PostgreSQL

MD5_PASSWORD = 5


@dataclass(frozen=True)
class Credentials:
    """The user and password that a client needs. The password travels as salted MD5, as Redshift's clients send it."""

    user: str
    password: Secret

    def are_valid(self, user: str, response: bytes, salt: bytes) -> bool:
        """Return whether ``response`` is this user's response to the ``salt``."""
        inner = _md5((self.password.reveal() + self.user).encode())
        expected = b"md5" + _md5(inner + salt)
        # Both are always compared, so that the time taken reveals nothing.
        return hmac.compare_digest(user.encode(), self.user.encode()) & hmac.compare_digest(response, expected)


class StartupHandshake:
    """The messages before a session starts. They must be complete within ``STARTUP_TIMEOUT_SECONDS``."""

    def __init__(self, client: socket.socket, cancel: Callable[[int, int], None]) -> None:
        self._client = client
        self._cancel = cancel
        self._give_up_at = time.monotonic() + STARTUP_TIMEOUT_SECONDS

    def read_parameters(self) -> dict[str, str] | None:
        """Return the client's parameters, or None after a cancel request, which is carried out.

        Raise :class:`wire.ProtocolError` for an invalid startup message, and ClientDisconnected.
        """
        while True:
            packet = self._read_packet(min_bytes=8)
            (code,) = struct.unpack_from("!i", packet)
            if code in (wire.SSL_REQUEST, wire.GSS_REQUEST):
                self._client.sendall(b"N")  # the connection never leaves this machine
            elif code == wire.CANCEL_REQUEST:
                if len(packet) == 12:
                    self._cancel(*struct.unpack_from("!ii", packet, 4))
                return None
            elif code == wire.PROTOCOL_3:
                return _parse_parameters(packet[4:])
            else:
                raise wire.ProtocolError(
                    f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}: server supports 3.0"
                )

    def authenticate(self, user: str, credentials: Credentials) -> None:
        """Ask for the password. Raise RedshiftError 28000 when user or password is wrong."""
        salt = secrets.token_bytes(4)
        self._client.sendall(wire.message(b"R", struct.pack("!i", MD5_PASSWORD) + salt))
        if self._read(1) != b"p":
            raise wire.ProtocolError("expected password response")
        response = self._read_packet(min_bytes=5).rstrip(b"\x00")
        if not credentials.are_valid(user, response, salt):
            raise RedshiftError("28000", f'password authentication failed for user "{user}"')

    def _read_packet(self, *, min_bytes: int) -> bytes:
        (length,) = struct.unpack("!i", self._read(4))
        if not min_bytes <= length <= MAX_STARTUP_BYTES:
            raise wire.ProtocolError(f"invalid length of startup packet: {length} bytes")
        return self._read(length - 4)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            self._client.settimeout(max(0.001, self._give_up_at - time.monotonic()))
            more = self._client.recv(count - len(data))
            if not more:
                raise ClientDisconnected("before its startup was complete")
            data += more
        return data


def startup_response(backend: Backend, secret_key: int) -> bytes:
    """Return the server's messages to a client whose startup is complete."""
    statuses = [wire.parameter_status("server_version", SERVER_VERSION)]
    statuses += [wire.parameter_status(name, backend.parameter(name)) for name in REPORTED]
    return b"".join(
        [
            wire.message(b"R", struct.pack("!i", 0)),
            *statuses,
            wire.message(b"K", struct.pack("!ii", backend.pid, secret_key)),
            wire.ready_for_query(b"I"),
        ]
    )


def _parse_parameters(body: bytes) -> dict[str, str]:
    try:
        texts = body.decode().split("\x00")
    except UnicodeDecodeError:
        raise wire.ProtocolError("invalid startup packet: its texts must be UTF-8") from None
    return dict(zip(texts[::2], texts[1::2], strict=False))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()
