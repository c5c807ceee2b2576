"""Directories of unix sockets: only their owner may enter them, and their paths fit into a socket's address."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# The kernel's sockaddr_un has room for 108 bytes, on macOS for 104, with a NUL at the end. unix(7)
MAX_SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107

# Where a socket's directory may be, if the directory for temporary files has too long a path.
SHORT_DIRECTORIES = ("/tmp", "/var/tmp")  # noqa: S108 (what is made in it has a random name and is private)

_CREDENTIALS = struct.Struct("3i")  # pid, uid and gid of SO_PEERCRED


def fits(path: Path) -> bool:
    """Return whether a socket can have this path."""
    return len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES


def parents_of_sockets() -> Iterator[Path]:
    """Yield the existing directories in which a socket's directory may be made, the preferred one first."""
    for directory in dict.fromkeys((tempfile.gettempdir(), *SHORT_DIRECTORIES)):
        if Path(directory).is_dir():
            yield Path(directory)


def make_socket_directory(prefix: str, socket_name: str, owner: int) -> Path:
    """Create a directory with a random name for a socket of ``socket_name``, which only the user ``owner`` may enter.

    Raise OSError when there is no place for it.
    """
    reason = ""
    for parent in parents_of_sockets():
        try:
            directory = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        except OSError as error:
            reason = reason or f"{parent}: {error.strerror}"
            continue
        if fits(directory / socket_name) and _is_reachable(parent, owner):
            if owner != os.geteuid():
                os.chown(directory, owner, -1)
            return directory
        length = len(os.fsencode(directory / socket_name))
        directory.rmdir()
        reason = reason or (
            f"{parent} is too long a path: a socket's has {MAX_SOCKET_PATH_BYTES} bytes at most, and it would have {length}"
            if length > MAX_SOCKET_PATH_BYTES
            else f"{parent} cannot be entered by the user of the server"
        )
    raise OSError(f"there is no place for a socket ({reason}): set TMPDIR to a writable directory with a short path")


def _is_reachable(directory: Path, owner: int) -> bool:
    if owner == os.geteuid():
        return True
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (directory, *directory.parents))


def require_private(directory: Path, owner: int) -> None:
    """Raise PermissionError unless ``directory`` is the user ``owner``'s, and no other user may enter it."""
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
        raise PermissionError(
            f"the directory {directory} of the stand-in's socket must be the user {owner}'s with mode 700, and it is "
            f"{status.st_uid}'s with mode {stat.S_IMODE(status.st_mode):o}: remove it, if it is not yours"
        )


def require_peer(connected: socket.socket, owner: int) -> None:
    """Raise PermissionError unless a process of the user ``owner`` listens on the socket; unknown outside Linux."""
    option: int | None = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    _, user, _ = _CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    if user != owner:
        raise PermissionError(f"the server at the stand-in's socket is the user {user}'s, and not {owner}'s: stop it")


def remove_socket_directory(directory: Path, prefix: str) -> None:
    """Remove a directory that `make_socket_directory` has created with this prefix; do nothing for another one."""
    if directory.name.startswith(prefix):
        with suppress(OSError):
            require_private(directory, directory.lstat().st_uid)
            shutil.rmtree(directory)
