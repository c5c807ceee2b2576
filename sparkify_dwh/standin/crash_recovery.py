"""What a server that was killed leaves behind, and would keep the next one from starting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

# For how long the processes of a killed server are waited for: they end as soon as they notice, at the latest with the
# statement that they run.
ORPHAN_SECONDS = 10


def forget_the_dead(handles: Any) -> None:
    """Take killed processes off the list of those that use the server, or it would never be stopped."""
    import psutil

    if handles.path.exists():
        handles.put([process for process in handles._get() if psutil.pid_exists(process)])


def clear_after_crash(pgdata: Path) -> None:
    """Remove the pid file and the socket's lock of a server that was killed, when its last processes have gone.

    The numbers in these files may by now be those of processes that are not ours, or of dead ones that nobody has taken
    notice of: PostgreSQL takes both for the server.
    """
    import psutil

    pid_file = pgdata / "postmaster.pid"
    if not pid_file.exists():
        return
    lines = [*pid_file.read_text().split("\n"), *[""] * 5]
    if _is_server(lines[0], pgdata):
        return
    psutil.wait_procs(list(_processes_in(pgdata)), timeout=ORPHAN_SECONDS)
    pid_file.unlink()
    directory, port = Path(lines[4] or pgdata), lines[3]
    (directory / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)


def _is_server(pid: str, pgdata: Path) -> bool:
    import psutil

    try:
        process = psutil.Process(int(pid))
        return process.status() != psutil.STATUS_ZOMBIE and str(pgdata) in process.cmdline()
    except (ValueError, psutil.Error):
        return False


def _processes_in(pgdata: Path) -> Iterator[Any]:
    """PostgreSQL's processes of this directory, which is where they work."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.cwd() == str(pgdata):
                yield process
