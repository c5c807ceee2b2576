"""The servers of the stand-ins: one initdb for all of them, and an end with the directory of their test.

What initdb makes is the same every time, and takes longer than all else that a stand-in does when it first starts. So all
but the first of this process start with a copy; what the stand-in installs and the migrations come after it each time. The
stand-ins of commands that are run as such are other processes' and have an initdb of their own.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkify_dwh.standin.postgres import programs
from sparkify_dwh.standin.postgres.server import _servers, stop_server


@pytest.fixture(scope="session", autouse=True)
def initdb_runs_once() -> Iterator[None]:
    """Without fsync: the data need not survive a power failure."""
    initdb = programs.initdb
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as directory:
        original = Path(directory) / "pgdata"

        def copy_or_initialise(made: Path) -> None:
            if original.exists():
                copy(original, made)
                return
            initdb(made)
            with (made / "postgresql.conf").open("a") as configuration:
                configuration.write("fsync = off\n")
            copy(made, original)

        patch.setattr(programs, "initdb", copy_or_initialise)
        yield


def copy(source: Path, target: Path) -> None:
    """A directory with the owners of its files, for PostgreSQL does not run as root."""
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """pytest's own, which goes when the test has passed, and the servers in it before."""
    yield tmp_path
    for directory in [directory for directory in _servers if directory.is_relative_to(tmp_path)]:
        stop_server(directory)
