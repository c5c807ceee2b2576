"""A process's own relay: where it listens, and what it clears away of those that were killed."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.relay.local_relay import OLD_SECONDS, PREFIX, SOCKET, Relay

NOWHERE = PostgresAddress("127.0.0.1", 1, "nobody")


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of temporary files. (The path of a socket has 107 characters at most, which pytest's own exceeds.)"""
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


def a_socket(temporary: Path, name: str, seconds_old: float = 0) -> socket.socket:
    """A socket of that age at which nobody listens yet."""
    path = temporary / f"{PREFIX}{name}" / SOCKET
    path.parent.mkdir()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    then = path.stat().st_mtime - seconds_old
    os.utime(path, (then, then))
    return bound


def test_nobody_else_may_enter(temporary: Path) -> None:
    relay = Relay(NOWHERE)
    try:
        (directory,) = temporary.iterdir()
        assert relay.socket_path.parent == directory
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    finally:
        relay.close()
    assert not list(temporary.iterdir())


def test_what_killed_processes_left_behind_is_removed(temporary: Path) -> None:
    """And nothing else: neither a relay that answers, nor one that is just being made."""
    old = OLD_SECONDS + 1
    with a_socket(temporary, "killed", old), a_socket(temporary, "alive", old) as alive, a_socket(temporary, "new"):
        alive.listen()
        Relay(NOWHERE).close()
        assert {path.name for path in temporary.iterdir()} == {f"{PREFIX}alive", f"{PREFIX}new"}
