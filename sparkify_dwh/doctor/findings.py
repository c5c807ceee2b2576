"""What a doctor finds, and which exit code it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sparkify_dwh.errors import ConfigurationError, NotMigratedError, SourceError, SparkifyError, UnreachableError

About = Literal["versions", "configuration", "credentials", "warehouse", "rights", "migrations", "loads", "sources"]
State = Literal["ok", "warning", "problem"]

EXIT_CODES: dict[About, int] = {
    "versions": SparkifyError.exit_code,
    "configuration": ConfigurationError.exit_code,
    "credentials": ConfigurationError.exit_code,
    "warehouse": UnreachableError.exit_code,
    "rights": UnreachableError.exit_code,
    "migrations": NotMigratedError.exit_code,
    "loads": UnreachableError.exit_code,
    "sources": SourceError.exit_code,
}
"""What a problem makes the command line exit with, unless it says otherwise. Who may connect, and not read, is to have
another login: 4."""


@dataclass(frozen=True)
class Finding:
    """A sentence or two: what is, and unless it is ok, what to do. ``exit_code`` is what a problem makes of the command."""

    about: About
    state: State
    sentence: str
    exit_code: int = 0


def ok(about: About, sentence: str) -> Finding:
    return Finding(about, "ok", sentence)


def warning(about: About, sentence: str) -> Finding:
    """A load can go on with it."""
    return Finding(about, "warning", sentence)


def problem(about: About, sentence: str, exit_code: int | None = None) -> Finding:
    """Something does not work; ``exit_code`` is given where it is another than that of what it is about."""
    return Finding(about, "problem", sentence, EXIT_CODES[about] if exit_code is None else exit_code)


@dataclass(frozen=True)
class Diagnosis:
    """All that was found, in the order in which it was looked at."""

    findings: Sequence[Finding]

    def count(self, state: State) -> int:
        return sum(finding.state == state for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """That of the first problem; 0 when there is none."""
        return next((found.exit_code for found in self.findings if found.state == "problem"), 0)

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON has them."""
        return {"exit_code": self.exit_code, "findings": [asdict(finding) for finding in self.findings]}
