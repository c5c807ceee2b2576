"""Temporary files in memory, if there is room, and imports that the garbage collector skips.

A disk would take longer for the thousands of small files of PostgreSQL's servers than the tests take. TMPDIR overrides it.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 2**30  # a run takes about 500 MB

gc.disable()  # until everything is imported: nothing of it is garbage


def pytest_configure() -> None:
    if "TMPDIR" not in os.environ and has_room():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def has_room() -> bool:
    with suppress(OSError):
        return os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES
    return False


def pytest_collection_finish() -> None:
    """Modules and tests live to the end, and are most of what the garbage collector would look through each time."""
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)
    gc.enable()


def pytest_unconfigure() -> None:
    """At the very end extension modules count what is left of theirs, and complain of it."""
    gc.unfreeze()
