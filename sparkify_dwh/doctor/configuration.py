"""Findings about the configuration: the file, its permissions, and wrong, unknown or missing settings."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from sparkify_dwh.cluster.spec import spec_of
from sparkify_dwh.config.aliases import OTHER_SECTIONS, meant_by
from sparkify_dwh.config.fields import PREFIX, Fields, sections, variable
from sparkify_dwh.config.file import FILE_VARIABLE, Values, configuration_file, parse, read_values
from sparkify_dwh.config.mistakes import COMMENT
from sparkify_dwh.config.reading import read_all
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.errors import ConfigurationError, SparkifyError
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.s3 import READ_TIMEOUT_VARIABLE
from sparkify_dwh.utils.text import listed
from sparkify_dwh.warehouse import Warehouse

# Variables that are not settings of the file.
OTHER_VARIABLES = {FILE_VARIABLE, READ_TIMEOUT_VARIABLE, f"{PREFIX}STANDIN_PASSWORD"}

_SECTION = re.compile(r"\s*\[\s*(?P<name>[A-Za-z0-9_. -]{1,60}?)\s*\]\s*")


def configuration_findings(
    path: Path | str | None, environ: Mapping[str, str], warehouse: Warehouse
) -> Iterator[Finding]:
    """Yield the findings. Raises ConfigurationError without a readable configuration."""
    values = read_values(path, environ, warehouse.fields)
    file = configuration_file(path, environ)
    yield ok("configuration", _origin(file, values))
    if file.is_file():
        yield from _permissions(file, values)
        yield from _comments(values)
    for name, meant in (*_unknown_settings(file, values.fields), *_unknown_variables(environ, values.fields)):
        remedy = f"{meant} is read instead" if meant else "correct its name or remove it"
        yield warning("configuration", f"{name} is not a known setting and is ignored: {remedy}.")
    errors = read_all(values).errors
    for error in errors:
        yield problem("configuration", str(error))
    if not errors:
        settings = Settings.read(path, environ, warehouse=warehouse)
        yield from _missing(settings)
        yield from _changed_checks(settings)
        yield from _invalid_cluster(settings)


def _origin(file: Path, values: Values) -> str:
    names = ", ".join(sorted(map(variable, values.in_environment)))
    if not file.is_file():
        return f"{file} does not exist; the environment sets {names}."
    overridden = f"; the environment overrides {names}" if names else ""
    return f"The configuration is {(Path.cwd() / file).resolve()}{overridden}."


def _permissions(file: Path, values: Values) -> Iterator[Finding]:
    """Warn about passwords in a file that others may read. Windows has no file modes like these."""
    secrets = (field for field in values.fields.values() if field.is_secret and field.name in values.in_file)
    held = [f"[{field.section}] {field.key}" for field in secrets]
    mode = file.stat().st_mode & 0o777
    if held and mode & 0o077 and os.name == "posix":
        yield warning(
            "configuration",
            f"Others on this machine may read or write {file} (mode {mode:04o}), which holds {listed(held)}: "
            f"chmod 600 {shlex.quote(str(file))}.",
        )


def _comments(values: Values) -> Iterator[Finding]:
    """Warn about passwords that seem to have a comment behind them. In other values it is an error."""
    for (section, key), text in values.in_file.items():
        if values.fields[section, key].is_secret and COMMENT.search(text):
            yield warning(
                "configuration",
                f"[{section}] {key} seems to have a comment behind its value, which belongs to the value: give the "
                "comment a line of its own.",
            )


Unknown = tuple[str, str | None]
"""What is not a setting, and the setting that it seems to mean."""


def _unknown_settings(file: Path, fields: Fields) -> Iterator[Unknown]:
    if not file.is_file():
        return
    text = file.read_text(encoding="utf-8-sig")
    for number, line in enumerate(text.split("\n"), 1):
        name = line.strip(" \t\r[]").upper()
        if line.lstrip().startswith("[") and name not in sections(fields):
            section = _SECTION.fullmatch(line)  # anything else is not shown: it may be a password in the wrong line
            shown = f"{file}: the section [{section['name']}]" if section else f"{file}: the section in line {number}"
            yield shown, f"[{OTHER_SECTIONS[name]}]" if name in OTHER_SECTIONS else None
    for name, key in parse(text, file):
        if name in sections(fields) and (name, key) not in fields:
            meant = meant_by((name, key), fields)
            yield f"{file}: [{name}] {key}", f"[{meant[0]}] {meant[1]}" if meant else None


def _unknown_variables(environ: Mapping[str, str], fields: Fields) -> Iterator[Unknown]:
    known = {field.variable for field in fields.values()} | OTHER_VARIABLES
    for name in sorted(name for name in environ if name.startswith(PREFIX) and name not in known):
        yield name, None


def _missing(settings: Settings) -> Iterator[Finding]:
    try:
        settings.for_load()
    except ConfigurationError as error:
        yield problem("configuration", str(error))
    else:
        yield ok("configuration", "All settings that a load needs are there.")


def _changed_checks(settings: Settings) -> Iterator[Finding]:
    """Say which checks have another severity or other values than declared."""
    rules = settings.checks
    changes = [f"{name} = {rule}" for name, rule in rules.severities.items()]
    changes += [f"{name} = {', '.join(values)}" for name, values in rules.allowed_values.items()]
    if changes:
        yield ok("configuration", f"The configuration changes the checks: {'; '.join(changes)}.")


def _invalid_cluster(settings: Settings) -> Iterator[Finding]:
    """Warn about a cluster that `cluster up` would refuse. An existing warehouse works without it."""
    if not settings.dwh:
        return
    try:
        spec_of(settings)
    except SparkifyError as error:
        yield warning("configuration", f"`sparkify-dwh cluster up` would fail: {error}")
