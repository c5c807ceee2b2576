"""Directories of sockets: private, with names that nobody can guess, and with paths that are short enough."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.warehouse import a_standin

from sparkify_dwh.database import connected
from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.postgres import socket_directories
from sparkify_dwh.standin.postgres.programs import system_user
from sparkify_dwh.standin.postgres.server import DATABASE, SOCKET_PREFIX, embedded_server, stop_server
from sparkify_dwh.standin.postgres.socket_directories import (
    MAX_SOCKET_PATH_BYTES,
    make_socket_directory,
    remove_socket_directory,
    require_peer,
    require_private,
)

LONG_NAME = "long" * 40


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory for temporary files, and the only one for sockets."""
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as directory:
        Path(directory).chmod(0o711)  # for the server's user, if root runs this
        monkeypatch.setattr(tempfile, "tempdir", directory)
        monkeypatch.setattr(socket_directories, "SHORT_DIRECTORIES", ())
        yield Path(directory)


@pytest.mark.parametrize("name", ["short", LONG_NAME])
def test_only_the_user_of_the_server_may_enter_the_directory_of_its_socket(name: str, temporary: Path) -> None:
    with a_standin() as settings:
        directory = (settings.standin_directory or Path()) / name
        address = embedded_server(directory)
        sockets = Path(address.host)
        status = sockets.stat()
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert status.st_uid == address.owner == system_user().uid
        assert (sockets / ".s.PGSQL.5432").is_socket()
        with address.connect(DATABASE) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        stop_server(directory)
        assert not list(temporary.glob(f"{SOCKET_PREFIX}*"))


def test_the_directory_of_a_killed_servers_socket_is_removed(temporary: Path) -> None:
    with a_standin() as settings:
        directory = (settings.standin_directory or Path()) / LONG_NAME
        first = embedded_server(directory)
        with first.connect(DATABASE) as connection:
            os.kill(int((directory / "pgdata" / "postmaster.pid").read_text().split("\n")[0]), 9)
            connection.close()
        second = embedded_server(directory)
        assert [str(path) for path in temporary.glob(f"{SOCKET_PREFIX}*")] == [second.host]
        stop_server(directory)


def test_a_socket_in_a_directory_that_others_may_enter_is_refused() -> None:
    with a_standin() as settings:
        address = embedded_server(settings.standin_directory or Path())
        Path(address.host).chmod(0o711)
        with pytest.raises(PermissionError, match=r"with mode 700, and it is .* with mode 711: remove it"):
            address.connect(DATABASE)
        Path(address.host).chmod(0o700)


def test_a_directory_of_another_user_or_a_link_to_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "private")
    require_private(tmp_path / "private", os.geteuid())
    with pytest.raises(PermissionError):
        require_private(tmp_path / "private", os.geteuid() + 1)
    with pytest.raises(PermissionError):
        require_private(tmp_path / "link", os.geteuid())


@pytest.mark.skipif(
    not hasattr(socket, "SO_PEERCRED"), reason="needs the user at the other end of a socket: Linux has it"
)
def test_a_server_of_another_user_is_refused() -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        require_peer(left, os.geteuid())
        with pytest.raises(PermissionError, match="and not"):
            require_peer(left, os.geteuid() + 1)


def test_names_cannot_be_guessed_and_only_such_directories_are_removed(temporary: Path) -> None:
    made = {make_socket_directory("some-", "socket", os.geteuid()) for _ in range(3)}
    assert len(made) == 3
    for directory in made:
        remove_socket_directory(directory, "other-")
        assert directory.is_dir()
        remove_socket_directory(directory, "some-")
    assert not list(temporary.iterdir())


def test_a_long_path_for_temporary_files_is_no_place_for_a_socket(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is taken, for the server of a long DIR and for the relay."""
    long = temporary / LONG_NAME
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setattr(socket_directories, "SHORT_DIRECTORIES", (str(temporary),))
    with a_standin() as standin:
        directory = (standin.standin_directory or Path()) / LONG_NAME
        with connected(Settings.embedded(directory)) as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        stop_server(directory)
    assert not list(long.glob("sparkify-*"))


def test_without_any_place_for_a_socket_the_path_is_named(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = temporary / LONG_NAME
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(OSError, match=rf"{long} is too long a path: .* {MAX_SOCKET_PATH_BYTES} bytes .* set TMPDIR"):
        make_socket_directory("some-", "socket", os.geteuid())
    assert not list(long.iterdir())
