"""This process's own relay, for its own driver: on a unix socket in a directory that nobody else may enter."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.processes import at_exit_of_child
from sparkify_dwh.standin.relay.listener import Listener

PREFIX, SOCKET = "sparkify-relay-", "redshift"  # its directory among the temporary ones, and its socket in there
OLD_SECONDS = 60  # by then whoever made a socket listens on it


class Relay:
    """Serves this process and its user on ``socket_path``, until the process ends or ``close`` is called."""

    def __init__(self, address: PostgresAddress) -> None:
        _remove_abandoned()
        self._directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.socket_path = self._directory / SOCKET
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(self.socket_path))
        self._listener = Listener(listening, lambda: address)
        self._process = os.getpid()
        atexit.register(self.close)
        at_exit_of_child(self.close)

    def close(self) -> None:
        atexit.unregister(self.close)
        if os.getpid() == self._process:  # a child of a fork has none of the threads, and must leave the socket alone
            self._listener.close()
            shutil.rmtree(self._directory, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove what relays have left behind whose process was killed: sockets at which nobody answers."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        path = directory / SOCKET
        with suppress(OSError):  # somebody else's, or gone by now
            status = path.lstat()
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > OLD_SECONDS and not _answers(path):
                path.unlink()
                directory.rmdir()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return False
        return True


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
