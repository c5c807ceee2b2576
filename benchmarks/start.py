"""Start: the time of imports, of --help and of the first use of the stand-in, each in its own process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Contestant, alternate
from benchmarks.sizes import Size
from benchmarks.table import Row
from benchmarks.warehouses import BenchmarkServer

PART = "start"
FIRST_USE_SECONDS = 5.0


def rows(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Yield the rows of the table about starting."""
    del server
    package = _python("import of sparkify_dwh", "-c", "import sparkify_dwh")
    help_ = _python("sparkify-dwh --help", "-m", "sparkify_dwh", "--help")
    sqlalchemy = _python("import of sqlalchemy", "-c", "import sqlalchemy")
    alternate([package, help_, sqlalchemy], size.starts)
    yield Row.of(PART, "import sparkify_dwh", "import sqlalchemy", package, sqlalchemy, limit=1.3)
    yield Row.of(PART, "sparkify-dwh --help", "import sqlalchemy", help_, sqlalchemy, limit=2)
    if not size.first_uses:
        return
    first_use = Contestant("first use", _first_use)
    alternate([first_use], size.first_uses)
    yield Row(
        PART,
        "First use of the stand-in, from nothing to a migrated warehouse",
        f"{FIRST_USE_SECONDS:g} s",
        first_use.best,
        FIRST_USE_SECONDS,
        limit=1,
        runs={first_use.name: first_use.seconds},
    )


def _python(name: str, *arguments: str) -> Contestant:
    """Return a run of Python, from start to exit."""
    run = partial(subprocess.run, [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return Contestant(name, run)


def _first_use() -> None:
    with tempfile.TemporaryDirectory(prefix="sparkify-bench-") as directory:
        configuration = Path(directory) / "dwh.cfg"
        configuration.write_text("[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR=standin\n")
        command = [sys.executable, "-m", "sparkify_dwh", "--config", str(configuration), "upgrade"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 (ours)
