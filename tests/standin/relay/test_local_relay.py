"""A process's own relay: its private directory, and the removal of stale ones."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.relay.local_relay import DIRECTORY_PREFIX, MIN_STALE_SECONDS, SOCKET_NAME, LocalRelay

NOWHERE = PostgresAddress("127.0.0.1", 1, "nobody")


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of temporary files. (The path of a socket has 107 characters at most, which pytest's own exceeds.)"""
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


def a_socket(temporary: Path, name: str, seconds_old: float = 0) -> socket.socket:
    """Return a socket of that age on which nobody listens yet."""
    path = temporary / f"{DIRECTORY_PREFIX}{name}" / SOCKET_NAME
    path.parent.mkdir()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    then = path.stat().st_mtime - seconds_old
    os.utime(path, (then, then))
    return bound


def test_only_the_user_may_enter_the_directory(temporary: Path) -> None:
    relay = LocalRelay(NOWHERE)
    try:
        (directory,) = temporary.iterdir()
        assert relay.socket_path.parent == directory
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    finally:
        relay.close()
    assert not list(temporary.iterdir())


def test_sockets_of_killed_processes_are_removed(temporary: Path) -> None:
    """Neither a relay that accepts connections nor one that is being created is removed."""
    old = MIN_STALE_SECONDS + 1
    with a_socket(temporary, "killed", old), a_socket(temporary, "alive", old) as alive, a_socket(temporary, "new"):
        alive.listen()
        LocalRelay(NOWHERE).close()
        assert {path.name for path in temporary.iterdir()} == {f"{DIRECTORY_PREFIX}alive", f"{DIRECTORY_PREFIX}new"}
