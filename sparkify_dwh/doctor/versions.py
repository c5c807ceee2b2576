"""Findings about what is installed, against what this version was made for."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata

from sparkify_dwh.doctor.findings import Finding, ok, warning
from sparkify_dwh.utils.version import VERSION

PACKAGE = "sparkify-dwh"
SHOWN = ("sqlalchemy", "sqlalchemy-redshift", "redshift-connector", "alembic", "boto3")
REASONS = {"sqlalchemy": "2.0.43, 2.0.44 and 2.1 break the reflection of the Redshift dialect"}

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?\s*(?P<bounds>[^;]*)(;.*extra == .(?P<extra>\w+))?")
_BOUND = re.compile(r"(?P<how><|>=)\s*(?P<version>[0-9.]+)")


def version_findings() -> Iterator[Finding]:
    """One finding on what is there, and one on each package that is not what this version was made for."""
    try:
        requirements = [_REQUIREMENT.match(text) for text in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:  # then SQLAlchemy knows nothing of the dialects either
        yield warning("versions", f"{PACKAGE} runs from its source and is not installed: pip install -e '.[standin]'.")
        return
    wanted = {found["name"]: found["bounds"] for found in requirements if found and not found["extra"]}
    standin = {found["name"]: found["bounds"] for found in requirements if found and found["extra"] == "standin"}
    installed = installed_versions([*wanted, *standin])
    shown = ", ".join(f"{name} {installed[name]}" for name in SHOWN if name in installed)
    yield ok("versions", f"sparkify-dwh {VERSION} on Python {platform.python_version()}, with {shown}.")
    yield from unfit({name: bounds for name, bounds in (wanted | standin).items() if name in installed}, installed)
    lacking = sorted(standin.keys() - installed.keys())
    yield ok(
        "versions",
        f"The embedded stand-in cannot be used without {', '.join(lacking)}: pip install '{PACKAGE}[standin]'."
        if lacking
        else "What the embedded stand-in needs is installed.",
    )


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """The versions of those of the packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def unfit(wanted: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[Finding]:
    """The packages that are outside of their bounds, such as ``>=2.0.45, <2.1``."""
    for name, bounds in wanted.items():
        if not all(_is_within(installed[name], found["how"], found["version"]) for found in _BOUND.finditer(bounds)):
            why = f"; {REASONS[name]}" if name in REASONS else ""
            yield warning(
                "versions",
                f"{name} is {installed[name]}, and this version was made for {bounds.strip()}{why}: "
                f"pip install '{name}{bounds.replace(' ', '')}'.",
            )


def _is_within(version: str, how: str, bound: str) -> bool:
    return (_numbers(version) < _numbers(bound)) is (how == "<")


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (2, 1) of 2.1.0b1, without noughts at the end."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
