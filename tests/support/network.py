"""The network between this process and its stand-in: it can cut connections at given statements, and go away."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.relay.local_relay import local_relay

BIND = b"B\x00\x00"  # with which the driver executes what it has sent, or has prepared before, as a COMMIT
COMMITTED = b"COMMIT\x00"  # the answer to a COMMIT


@dataclass
class Fault:
    """A moment, and what happens then instead of passing on what comes next.

    The moment is when the client has sent the texts of ``sent``, one after the other, and the server, if ``answered`` is
    given, a text after that.
    """

    sent: list[bytes]
    happens: Callable[[], object]
    answered: bytes = b""

    def is_sent(self, data: bytes) -> bool:
        if self.sent and self.sent[0] in data:
            self.sent.pop(0)
            return not self.sent and not self.answered
        return False

    def is_answered(self, data: bytes) -> bool:
        return not self.sent and bool(self.answered) and self.answered in data


class Network:
    """A relay between the driver and the stand-in. ``faults`` happen in their order, each once."""

    def __init__(self, path: Path, target: str) -> None:
        self.faults: list[Fault] = []
        self.waits: list[float] = []
        self._path, self._target = path, target
        self._open: list[socket.socket] = []
        self.come_back()

    def come_back(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._path))
        self._listening.listen()
        Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def go_away(self) -> None:
        """Cut all connections, and refuse further ones."""
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Cut all connections."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def retries(self, attempts: int = 5, back_after: int = 0) -> Retries:
        """Retries that wait for nothing. The network comes back in the wait of that number."""

        def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            if len(self.waits) == back_after:
                self.come_back()

        return Retries(attempts, sleep=sleep, conflicts=True)

    def close(self) -> None:
        self.go_away()
        for end in self._open:
            end.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._open += [client, server]
                Thread(target=self._pass_on, args=(client, server, Fault.is_sent), daemon=True).start()
                Thread(target=self._pass_on, args=(server, client, Fault.is_answered), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, has_come: Callable[[Fault, bytes], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if self.faults and has_come(self.faults[0], data):
                    self.faults.pop(0).happens()
                else:
                    target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def network(migrated: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """The network through which new engines reach the stand-in of the tests."""
    assert migrated.standin_directory is not None
    relay = local_relay(embedded_server(migrated.standin_directory))
    path = tmp_path / "network"
    network = Network(path, str(relay.socket_path))
    monkeypatch.setattr(relay, "_socket_path", path)
    yield network
    network.close()
