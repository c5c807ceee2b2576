"""Findings about the configuration: the file, its permissions, and wrong, unknown or missing settings."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from sparkify_dwh.cluster.spec import spec_of
from sparkify_dwh.config import values as configured
from sparkify_dwh.config.file import (
    FILE_VARIABLE,
    KEYS,
    PREFIX,
    Values,
    configuration_file,
    parsed,
    read_values,
    variable,
)
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.errors import ConfigurationError, SparkifyError
from sparkify_dwh.settings import CONNECT_SECONDS, QUERY_GROUP, Settings
from sparkify_dwh.storage.s3 import READ_TIMEOUT_VARIABLE
from sparkify_dwh.utils.text import listed

SECRETS = (("CLUSTER", "DB_PASSWORD"), ("DWH", "DWH_DB_PASSWORD"), ("AWS", "SECRET"))
LOCATIONS = ("LOG_DATA", "LOG_JSONPATH", "SONG_DATA", "MANIFESTS", "EXPORT")

# Variables that are not settings of the file.
OTHER_VARIABLES = {FILE_VARIABLE, READ_TIMEOUT_VARIABLE, f"{PREFIX}STANDIN_PASSWORD"}

_SECTION = re.compile(r"\s*\[\s*(?P<name>[A-Za-z0-9_. -]{1,60}?)\s*\]\s*")


def configuration_findings(path: Path | str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the findings. Raises ConfigurationError without a readable configuration."""
    values = read_values(path, environ)
    file = configuration_file(path, environ)
    yield ok("configuration", _origin(file, values))
    if file.is_file():
        yield from _permissions(file, values)
    for name in (*_unknown_settings(file), *_unknown_variables(environ)):
        yield warning("configuration", f"{name} is not a known setting and is ignored: correct its name or remove it.")
    wrong = list(_wrong_values(values))
    yield from wrong
    if not wrong:
        settings = Settings.read(path, environ)
        yield from _missing(settings)
        yield from _invalid_cluster(settings)


def _origin(file: Path, values: Values) -> str:
    names = ", ".join(sorted(map(variable, values.in_environment)))
    if not file.is_file():
        return f"{file} does not exist; the environment sets {names}."
    overridden = f"; the environment overrides {names}" if names else ""
    return f"The configuration is {(Path.cwd() / file).resolve()}{overridden}."


def _permissions(file: Path, values: Values) -> Iterator[Finding]:
    """Warn about passwords in a file that others may read. Windows has no file modes like these."""
    held = [f"[{section}] {key}" for section, key in SECRETS if (section, key) in values.in_file]
    mode = file.stat().st_mode & 0o777
    if held and mode & 0o077 and os.name == "posix":
        yield warning(
            "configuration",
            f"Others on this machine may read or write {file} (mode {mode:04o}), which holds {listed(held)}: "
            f"chmod 600 {shlex.quote(str(file))}.",
        )


def _unknown_settings(file: Path) -> Iterator[str]:
    if not file.is_file():
        return
    text = file.read_text(encoding="utf-8-sig")
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("[") and line.strip(" \t\r[]").upper() not in KEYS:
            section = _SECTION.fullmatch(line)  # anything else is not shown: it may be a password in the wrong line
            yield f"{file}: the section [{section['name']}]" if section else f"{file}: the section in line {number}"
    for name, key in parsed(text, file):
        if key not in KEYS[name]:
            yield f"{file}: [{name}] {key}"


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    known = {variable((section, key)) for section, keys in KEYS.items() for key in keys}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known | OTHER_VARIABLES)


def _wrong_values(values: Values) -> Iterator[Finding]:
    """Yield a problem for every invalid value; reading the settings stops at the first."""
    named: dict[str, str] = {}
    try:
        named = configured.endpoint(values)
    except ConfigurationError as error:
        yield problem("configuration", f"{error}.")
    for reading in _readings(values, named):
        try:
            reading()
        except ConfigurationError as error:
            yield problem("configuration", f"{error}.")


def _readings(values: Values, named: Mapping[str, str]) -> Iterator[Callable[[], object]]:
    local = values.directory if named.get("host") in (None, configured.STANDIN) else None
    yield partial(configured.port, values, named.get("port"))
    yield partial(configured.switch, values, "CLUSTER", "IAM")
    yield partial(configured.secret_arn, values)
    yield partial(configured.tls, values)
    yield partial(configured.seconds, values, "CLUSTER", "CONNECT_SECONDS", CONNECT_SECONDS)
    yield partial(configured.query_group, values, QUERY_GROUP)
    yield partial(configured.role, values)
    yield partial(configured.aws_keys, values)
    for key in LOCATIONS:
        yield partial(configured.location, values, key, local)


def _missing(settings: Settings) -> Iterator[Finding]:
    try:
        settings.for_load()
    except ConfigurationError as error:
        yield problem("configuration", f"{error}.")
    else:
        yield ok("configuration", "All settings that a load needs are there.")


def _invalid_cluster(settings: Settings) -> Iterator[Finding]:
    """Warn about a cluster that `cluster up` would refuse. An existing warehouse works without it."""
    if not settings.dwh:
        return
    try:
        spec_of(settings)
    except SparkifyError as error:
        yield warning("configuration", f"`sparkify-dwh cluster up` would fail: {error}.")
