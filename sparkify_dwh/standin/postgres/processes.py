"""Processes that use a server and end: the list of its users, exit hooks of child processes, traces of a killed server."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

# The processes of a killed server end as soon as they notice, at the latest with the statement that they run.
MAX_ORPHAN_SECONDS = 10

# The priority of an exit hook that runs after the process has joined its own children, which happens at priority 0.
AFTER_CHILDREN = -1


def at_exit_of_child(function: Callable[[], object]) -> None:
    """Call ``function`` when this process ends, if it is a child started by multiprocessing.

    Such a child ends by ``os._exit``, which skips atexit. In other processes the function may be called as well, so
    register it with atexit too and let it tolerate a second call. It is not called when the process is killed, nor in
    another fork that ends by ``os._exit``.
    """
    multiprocessing = sys.modules.get("multiprocessing.util")  # every such child has imported it
    if multiprocessing is not None:
        multiprocessing.Finalize(None, function, exitpriority=AFTER_CHILDREN)


def uninterrupted(function: Callable[[], None]) -> None:
    """Run a function to its end, in a thread: an interruption of this one comes after that.

    Programs that are started in the middle of it would go on without anybody who stops them.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(function).result()


class Users:
    """The processes that use a server: each has a shared lock on one file, which ends with the process.

    The lock belongs to the process and not to its forks, and needs no room on the disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def add_this_process(self) -> None:
        self._file = self._path.open("ab+")
        fcntl.lockf(self._file, fcntl.LOCK_SH)

    def remove_this_process(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def has_others(self) -> bool:
        """Return whether another process has the lock."""
        if self._file is None:
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.lockf(self._file, fcntl.LOCK_SH)
        return False


@dataclass(frozen=True)
class Postmaster:
    """The process of a server, as it says in its pid file, with the directory of its socket."""

    process: psutil.Process
    socket_directory: Path
    port: int

    @property
    def is_running(self) -> bool:
        """Whether the server is alive. One that was killed is a zombie until its parent waits for it."""
        try:
            return bool(self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False


def running_postmaster(pgdata: Path) -> Postmaster | None:
    """Return the server of a data directory; None when none is running, whatever its pid file says."""
    lines = _pid_file(pgdata)
    try:
        process = psutil.Process(int(lines[0]))
        is_server = str(pgdata) in process.cmdline()
        postmaster = Postmaster(process, Path(lines[4]), int(lines[3]))
    except (ValueError, IndexError, psutil.Error):
        return None
    return postmaster if is_server and postmaster.is_running else None


def remove_crash_traces(pgdata: Path) -> Path | None:
    """Remove the pid file and the socket lock of a killed server, once its last processes have ended.

    PostgreSQL would take the process ids in these files for a running server, although by now they may belong to other
    processes or to zombies. Return the directory of the server's socket, if there was such a server.
    """
    lines = [*_pid_file(pgdata), *[""] * 5]
    if not lines[0]:
        return None
    psutil.wait_procs(list(_postgres_processes(pgdata)), timeout=MAX_ORPHAN_SECONDS)
    (pgdata / "postmaster.pid").unlink()
    directory, port = Path(lines[4] or pgdata), lines[3]
    (directory / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)
    return directory


def _pid_file(pgdata: Path) -> list[str]:
    try:
        return (pgdata / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return []


def _postgres_processes(pgdata: Path) -> Iterator[Any]:
    """Yield PostgreSQL's processes for this data directory, which is their working directory."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.cwd() == str(pgdata):
                yield process
