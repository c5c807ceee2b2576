"""Processes that end: exit hooks of child processes, and what a killed PostgreSQL server leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

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


def remove_dead_processes(process_ids: Any) -> None:
    """Remove killed processes from pgserver's list of the server's users, or the server would never be stopped."""
    if process_ids.path.exists():
        process_ids.put([process for process in process_ids._get() if psutil.pid_exists(process)])


def clean_up_after_crash(pgdata: Path) -> None:
    """Remove the pid file and the socket lock of a killed server, once its last processes have ended.

    PostgreSQL would take the process ids in these files for a running server, although by now they may belong to other
    processes or to zombies.
    """
    pid_file = pgdata / "postmaster.pid"
    if not pid_file.exists():
        return
    lines = [*pid_file.read_text().split("\n"), *[""] * 5]
    if _is_server(lines[0], pgdata):
        return
    psutil.wait_procs(list(_postgres_processes(pgdata)), timeout=MAX_ORPHAN_SECONDS)
    pid_file.unlink()
    directory, port = Path(lines[4] or pgdata), lines[3]
    (directory / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)


def _is_server(pid: str, pgdata: Path) -> bool:
    try:
        process = psutil.Process(int(pid))
        return process.status() != psutil.STATUS_ZOMBIE and str(pgdata) in process.cmdline()
    except (ValueError, psutil.Error):
        return False


def _postgres_processes(pgdata: Path) -> Iterator[Any]:
    """Yield PostgreSQL's processes for this data directory, which is their working directory."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.cwd() == str(pgdata):
                yield process
