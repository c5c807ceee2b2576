"""Findings about installed packages and the versions that this one requires."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata

from sparkify_dwh.doctor.findings import Finding, ok, warning
from sparkify_dwh.utils.version import VERSION

PACKAGE = "sparkify-dwh"
SHOWN = ("sqlalchemy", "sqlalchemy-redshift", "redshift-connector", "alembic", "boto3")
# The newest versions that all tests have run with; the oldest are those that setup.cfg requires.
NEWEST_TESTED = {
    "sqlalchemy": "2.1.9",
    "sqlalchemy-redshift": "1.0.0",
    "redshift-connector": "2.2.0",
    "alembic": "1.20.1",
}

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?\s*(?P<bounds>[^;]*)(;.*extra == .(?P<extra>\w+))?")
_BOUND = re.compile(r"(?P<operator><|>=)\s*(?P<version>[0-9.]+)")


def version_findings() -> Iterator[Finding]:
    """Yield a finding with the versions, one for each package outside its bounds, and one about the stand-in."""
    try:
        requirements = [_REQUIREMENT.match(text) for text in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:  # without it SQLAlchemy does not find the dialects either
        yield warning("versions", f"{PACKAGE} runs from its source and is not installed: pip install -e '.[standin]'.")
        return
    required = {match["name"]: match["bounds"] for match in requirements if match and not match["extra"]}
    standin = {match["name"]: match["bounds"] for match in requirements if match and match["extra"] == "standin"}
    installed = installed_versions([*required, *standin])
    shown = ", ".join(f"{name} {installed[name]}" for name in SHOWN if name in installed)
    yield ok("versions", f"sparkify-dwh {VERSION} on Python {platform.python_version()}, with {shown}.")
    yield ok("versions", f"Known to work: {known_to_work(required)}.")
    yield from out_of_bounds(
        {name: bounds for name, bounds in (required | standin).items() if name in installed}, installed
    )
    missing = sorted(standin.keys() - installed.keys())
    yield ok(
        "versions",
        f"The embedded stand-in needs {', '.join(missing)}: pip install '{PACKAGE}[standin]'."
        if missing
        else "The packages of the embedded stand-in are installed.",
    )


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def known_to_work(required: Mapping[str, str]) -> str:
    """Return the versions that the tests have run with, such as ``sqlalchemy 2.0.45 to 2.1.9``."""
    ranges = []
    for name, newest in NEWEST_TESTED.items():
        bounds = {bound["operator"]: bound["version"] for bound in _BOUND.finditer(required.get(name, ""))}
        oldest = bounds.get(">=", newest)
        ranges.append(f"{name} {newest}" if oldest == newest else f"{name} {oldest} to {newest}")
    return ", ".join(ranges)


def out_of_bounds(required: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a warning for each package outside its bounds, such as ``>=2.0.45, <2.1``."""
    for name, bounds in required.items():
        if not all(
            _is_within(installed[name], bound["operator"], bound["version"]) for bound in _BOUND.finditer(bounds)
        ):
            yield warning(
                "versions",
                f"{name} is {installed[name]}, but {bounds.strip()} is required: "
                f"pip install '{name}{bounds.replace(' ', '')}'.",
            )


def _is_within(version: str, operator: str, bound: str) -> bool:
    return (_numbers(version) < _numbers(bound)) is (operator == "<")


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version without trailing zeros: (2, 1) for 2.1.0b1."""
    match = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
