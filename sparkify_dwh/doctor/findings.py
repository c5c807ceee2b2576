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
"""What a problem makes the command line exit with. Who may connect, and not read, is to have another login: 4."""


@dataclass(frozen=True)
class Finding:
    """A sentence or two: what is, and unless it is ok, what to do."""

    about: About
    state: State
    sentence: str


def ok(about: About, sentence: str) -> Finding:
    return Finding(about, "ok", sentence)


def warning(about: About, sentence: str) -> Finding:
    """A load can go on with it."""
    return Finding(about, "warning", sentence)


def problem(about: About, sentence: str) -> Finding:
    """Something does not work."""
    return Finding(about, "problem", sentence)


@dataclass(frozen=True)
class Diagnosis:
    """All that was found, in the order in which it was looked at."""

    findings: Sequence[Finding]

    def count(self, state: State) -> int:
        return sum(finding.state == state for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """That of the first problem, by what it is about; 0 when there is none."""
        return next((EXIT_CODES[found.about] for found in self.findings if found.state == "problem"), 0)

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON has them."""
        return {"exit_code": self.exit_code, "findings": [asdict(finding) for finding in self.findings]}
