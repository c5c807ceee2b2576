"""Writing the page: the file is the old one or the new one, never half of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sparkify_dwh.errors import UsageError


def writable(path: Path) -> Path:
    """The file that a path stands for, links followed. Raises :class:`UsageError` where no file can be written."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise UsageError(
            f"The report needs a file to be written to, and {path} is none: name a file, such as report.html."
        )
    if not path.parent.is_dir():
        raise UsageError(f"The report needs a directory that is there, and {path.parent} is not: create it first.")
    return path


def write(path: Path, text: str) -> None:
    """Write beside the file and put it in its place; it gets the rights that new files get."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()
