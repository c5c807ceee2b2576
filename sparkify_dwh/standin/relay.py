"""The relay: a socket that Redshift's driver connects to, with PostgreSQL behind it.

It listens in this process, on a unix socket in a directory of mode 0700; each client gets a thread.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import shutil
import socket
import struct
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import psycopg

from sparkify_dwh.standin import wire
from sparkify_dwh.standin.backend import Backend, PostgresAddress
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.session import Session

log = logging.getLogger(__name__)

# The version of PostgreSQL that Redshift says it is; its driver asks. Redshift guide, c_redshift-and-postgres-sql
SERVER_VERSION = "8.0.2"
REPORTED = ("client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "session_authorization", "TimeZone")
LONGEST_STARTUP = 10_000  # bytes, as in PostgreSQL


class Relay:
    """Accepts clients on ``socket_path`` until the process ends or ``close`` is called."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._directory = Path(tempfile.mkdtemp(prefix="sparkify-"))
        self.socket_path = self._directory / "redshift"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.socket_path))
        self._listener.listen(64)
        self._backends: dict[int, tuple[int, Backend]] = {}  # by the process id the client was told
        threading.Thread(target=self._accept, name="stand-in relay", daemon=True).start()
        atexit.register(self.close)

    def close(self) -> None:
        self._listener.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        atexit.unregister(self.close)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), name="stand-in session", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One client from its first byte to its last. Whatever ends it ends its transaction too."""
        with client:
            try:
                parameters = self._startup(client)
                if parameters is not None:
                    self._session(client, parameters)
            except RedshiftError as error:
                with suppress(OSError):
                    client.sendall(wire.error_response(error))
            except (OSError, wire.ProtocolError) as error:
                log.debug("a client of the stand-in is gone: %s", error)

    def _session(self, client: socket.socket, parameters: dict[str, str]) -> None:
        backend = self._connect(parameters)
        key = secrets.randbits(31)
        self._backends[backend.pid] = (key, backend)
        try:
            client.sendall(_greeting(backend, key))
            Session(client, backend).run()
        finally:
            del self._backends[backend.pid]
            backend.close()

    def _connect(self, parameters: dict[str, str]) -> Backend:
        try:
            return Backend(self._address, parameters.get("database", "dev"), parameters.get("application_name", ""))
        except psycopg.OperationalError as error:
            raise RedshiftError("08006", f"the stand-in's PostgreSQL refuses the connection: {error}") from None

    def _startup(self, client: socket.socket) -> dict[str, str] | None:
        """The client's parameters; None when it only asked for a cancellation."""
        while True:
            (length,) = struct.unpack("!i", _read(client, 4))
            if not 8 <= length <= LONGEST_STARTUP:
                raise wire.ProtocolError(f"a startup packet of {length} bytes")
            packet = _read(client, length - 4)
            (code,) = struct.unpack_from("!i", packet)
            if code in (wire.SSL_REQUEST, wire.GSS_REQUEST):
                client.sendall(b"N")  # the socket never leaves this machine
            elif code == wire.CANCEL_REQUEST:
                self._cancel(*struct.unpack_from("!ii", packet, 4))
                return None
            elif code == wire.PROTOCOL_3:
                words = packet[4:].decode().split("\x00")
                return dict(zip(words[::2], words[1::2], strict=False))
            else:
                raise wire.ProtocolError(f"protocol {code}")

    def _cancel(self, pid: int, key: int) -> None:
        known_key, backend = self._backends.get(pid, (None, None))
        if backend is not None and known_key == key:
            backend.cancel()


def _read(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise wire.ProtocolError("the client went away before it said who it is")
        data += more
    return data


def _greeting(backend: Backend, key: int) -> bytes:
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


_relays: dict[PostgresAddress, tuple[int, Relay]] = {}
_relays_lock = threading.Lock()


def relay_to(address: PostgresAddress) -> Relay:
    """This process's relay to a PostgreSQL server; a child of a fork makes its own."""
    with _relays_lock:
        process, relay = _relays.get(address, (0, None))
        if relay is None or process != os.getpid():
            relay = Relay(address)
            _relays[address] = (os.getpid(), relay)
        return relay
