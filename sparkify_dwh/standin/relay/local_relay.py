"""This process's relay for its own driver, on a unix socket in a private directory."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.processes import at_exit_of_child
from sparkify_dwh.standin.postgres.socket_directories import (
    make_socket_directory,
    parents_of_sockets,
    require_private,
)
from sparkify_dwh.standin.relay.listener import Listener

DIRECTORY_PREFIX, SOCKET_NAME = "sparkify-relay-", "redshift"
MIN_STALE_SECONDS = 60  # by then the process that made a socket listens on it


class LocalRelay:
    """Serves this process and its user on ``socket_path`` until the process ends or ``close`` is called."""

    def __init__(self, address: PostgresAddress) -> None:
        _remove_stale_sockets()
        self._directory = make_socket_directory(DIRECTORY_PREFIX, SOCKET_NAME, os.geteuid())
        self._socket_path = self._directory / SOCKET_NAME
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(self._socket_path))
        self._listener = Listener(listening, lambda: address)
        self._process = os.getpid()
        atexit.register(self.close)
        at_exit_of_child(self.close)

    @property
    def socket_path(self) -> Path:
        """The socket's path. Raise PermissionError when its directory is not private any more."""
        require_private(self._directory, os.geteuid())
        return self._socket_path

    def close(self) -> None:
        """End all sessions and remove the socket."""
        atexit.unregister(self.close)
        if os.getpid() == self._process:  # a fork has none of the threads, and must leave the socket to its parent
            self._listener.close()
            shutil.rmtree(self._directory, ignore_errors=True)


def _remove_stale_sockets() -> None:
    """Remove the sockets of relays whose process was killed, and which refuse connections."""
    for directory in [found for parent in parents_of_sockets() for found in parent.glob(f"{DIRECTORY_PREFIX}*")]:
        path = directory / SOCKET_NAME
        with suppress(OSError):  # another user's, or removed in the meantime
            status = path.lstat()
            is_old = time.time() - status.st_mtime > MIN_STALE_SECONDS
            if status.st_uid == os.geteuid() and is_old and not _accepts_connections(path):
                path.unlink()
                directory.rmdir()


def _accepts_connections(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return False
        return True


_relays: dict[PostgresAddress, tuple[int, LocalRelay]] = {}
_relays_lock = threading.Lock()


def local_relay(address: PostgresAddress) -> LocalRelay:
    """Return this process's relay to a PostgreSQL server; a fork makes one of its own."""
    with _relays_lock:
        process, relay = _relays.get(address, (0, None))
        if relay is None or process != os.getpid():
            relay = LocalRelay(address)
            _relays[address] = (os.getpid(), relay)
        return relay
