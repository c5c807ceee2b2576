"""Writing values into ``dwh.cfg``: one line each is changed or added, and everything else stays as it is.

The file may hold a password afterwards, so nobody but its owner can read it (mode 0600). It is replaced at once: whoever
reads it meanwhile, and a crash, see the old file or the new one.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from sparkify_dwh.config.fields import Name
from sparkify_dwh.config.file import known_values, parse
from sparkify_dwh.errors import ConfigurationError

_ANY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_KEY = re.compile(r"(?P<before>\s*(?P<key>[^=:#;\s][^=:]*?)\s*[=:][ \t]*)(?P<value>.*)", re.DOTALL)


def write_values(file: Path, changes: Mapping[Name, str]) -> None:
    """Write ``changes``, by section and key in capitals, to ``file``, which is made when it is not there.

    Without changes, it is only made sure that they could be written. Who changes the file at the same time loses nothing.

    Raises:
        ConfigurationError: the file cannot be read or written, or would not say afterwards what it should.
    """
    try:
        target = file.resolve()
        _require_writable(target, file)
        while not _changed(target, file, changes):
            pass
    except UnicodeDecodeError:
        problem = "is not UTF-8: save it as UTF-8 text"
    except OSError as error:
        problem = f"cannot be written ({error.strerror}): it and its directory must be writable to this user"
    else:
        return
    raise ConfigurationError(f"the configuration file {file} {problem}")


def _require_writable(target: Path, file: Path) -> None:
    """A file that is read-only is so because somebody wanted it; that its directory would let it be replaced is no leave."""
    if target.exists() and not (target.stat().st_mode & _ANY_WRITES and os.access(target, os.W_OK)):
        raise ConfigurationError(f"the configuration file {file} is read-only: make it writable, or name another one")


def _changed(target: Path, file: Path, changes: Mapping[Name, str]) -> bool:
    """Whether the changes are in the file; not so when somebody else changed it meanwhile."""
    before = _content(target)
    changed = with_values(before.decode("utf-8"), changes)
    _require_told(changed, file, changes)
    return _replace(target, changed.encode("utf-8") if changes else None, before)


def _content(target: Path) -> bytes:
    return target.read_bytes() if target.exists() else b""


def with_values(text: str, changes: Mapping[Name, str]) -> str:
    """The text of a configuration with other values: comments, order, unknown keys and line ends as they were."""
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += ending
    for name, value in changes.items():
        _put(lines, name, _written(value), ending)
    return "".join(lines)


def _put(lines: list[str], name: Name, value: str, ending: str) -> None:
    section, key = name
    within, last = False, None
    for number, line in enumerate(lines):
        bare = line.strip().lstrip("\ufeff")
        if found := _SECTION.match(bare):
            within = found["name"].strip().upper() == section
            last = number if within else last
        elif within and (setting := _setting(line)):
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


def _written(value: str) -> str:
    """In quotes where the reader would otherwise take something away."""
    bare = value.strip() == value and not (len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"")
    return value if bare else f"'{value}'"


def _require_told(text: str, file: Path, changes: Mapping[Name, str]) -> None:
    """That the reader will find in ``text`` what was to be written."""
    whole = all(value.isprintable() for value in changes.values())
    told = known_values(parse(text.lstrip("\ufeff"), file)) if whole else {}
    lost = [f"[{section}] {key}" for (section, key), value in changes.items() if told.get((section, key)) != value]
    if lost:
        raise ConfigurationError(f"{', '.join(lost)} cannot be written to {file}: write it by hand")


def _replace(target: Path, data: bytes | None, before: bytes) -> bool:
    """Whether the file, which still held ``before``, holds ``data`` now; with None, whether it could."""
    unfinished = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data or b"")
            stream.flush()
            os.fsync(stream.fileno())
        if data is None:
            return True
        if _content(target) != before:
            return False
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return True
