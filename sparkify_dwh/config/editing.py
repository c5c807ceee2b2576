"""Writing values into ``dwh.cfg``: each changes or adds one line, and everything else stays as it is.

The file may contain a password afterwards, so only its owner can read it (mode 0600). It is replaced atomically.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from sparkify_dwh.config.fields import Name
from sparkify_dwh.config.file import known_values, parse
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.storage.atomic_write import PRIVATE, unfinished_file

_ANY_WRITE_PERMISSION = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_KEY = re.compile(r"(?P<before>\s*(?P<key>[^=:#;\s][^=:]*?)\s*[=:][ \t]*)(?P<value>.*)", re.DOTALL)


def write_values(file: Path, changes: Mapping[Name, str]) -> None:
    """Write ``changes``, by section and key in capitals, to ``file``, which is created when it does not exist.

    Without changes, only make sure that they could be written. What others write to the file at the same time is kept.

    Raises:
        ConfigurationError: the file cannot be read or written, or a value cannot be written so that it is read again.
    """
    try:
        target = file.resolve()
        _require_writable(target, file)
        while not _write(target, file, changes):
            pass
    except UnicodeDecodeError:
        problem, hint = "is not UTF-8", "save it as UTF-8 text"
    except OSError as error:
        problem, hint = f"cannot be written ({error.strerror})", "it and its directory must be writable by this user"
    else:
        return
    raise ConfigurationError(f"The configuration file {file} {problem}", hint)


def _require_writable(target: Path, file: Path) -> None:
    """Refuse a read-only file, which could be replaced where its directory is writable."""
    if target.exists() and not (target.stat().st_mode & _ANY_WRITE_PERMISSION and os.access(target, os.W_OK)):
        raise ConfigurationError(f"The configuration file {file} is read-only", "make it writable, or name another one")


def _write(target: Path, file: Path, changes: Mapping[Name, str]) -> bool:
    """Return whether the changes were written; not so when the file changed meanwhile."""
    before = _content(target)
    text = with_values(before.decode("utf-8"), changes)
    _require_readable(text, file, changes)
    with unfinished_file(target, text.encode("utf-8"), mode=PRIVATE, is_flushed=True) as unfinished:
        if not changes:
            return True
        if _content(target) != before:
            return False
        unfinished.replace(target)
        return True


def _content(target: Path) -> bytes:
    return target.read_bytes() if target.exists() else b""


def with_values(text: str, changes: Mapping[Name, str]) -> str:
    """Return the text of a configuration with other values; comments, order, unknown keys and line ends stay."""
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += ending
    for name, value in changes.items():
        _put(lines, name, _quoted(value), ending)
    return "".join(lines)


def _put(lines: list[str], name: Name, value: str, ending: str) -> None:
    section, key = name
    is_within, last = False, None
    for number, line in enumerate(lines):
        bare = line.strip().lstrip("\ufeff")
        if header := _SECTION.match(bare):
            is_within = header["name"].strip().upper() == section
            last = number if is_within else last
        elif is_within and (setting := _setting(line)):
            last = number
            if setting["key"].upper() == key:
                lines[number] = f"{setting['before']}{value}{ending}"
                return
    if last is None:
        lines += [ending] * bool(lines) + [f"[{section}]{ending}", f"{key}={value}{ending}"]
    else:
        lines.insert(last + 1, f"{key}={value}{ending}")


def _setting(line: str) -> re.Match[str] | None:
    return None if line.lstrip().startswith(("#", ";")) else _KEY.fullmatch(line)


def _quoted(value: str) -> str:
    """Return the value in quotes where the reader would otherwise remove some of it."""
    is_kept = value.strip() == value and not (len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"")
    return value if is_kept else f"'{value}'"


def _require_readable(text: str, file: Path, changes: Mapping[Name, str]) -> None:
    """Refuse values that would not be read from ``text`` as they are."""
    is_printable = all(value.isprintable() for value in changes.values())
    read = known_values(parse(text.lstrip("\ufeff"), file)) if is_printable else {}
    lost = [f"[{section}] {key}" for (section, key), value in changes.items() if read.get((section, key)) != value]
    if lost:
        raise ConfigurationError(f"{', '.join(lost)} cannot be written to {file}", "write it by hand")
