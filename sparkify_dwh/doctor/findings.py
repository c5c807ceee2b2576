"""Findings of the doctor, and their exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sparkify_dwh.checks.freshness import Freshness
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
"""The exit code of a problem by subject, unless the finding has its own. Missing rights have that of the connection: another
login is needed."""


@dataclass(frozen=True)
class Finding:
    """One or two sentences: what was found and, unless it is ok, what to do. Only problems have an ``exit_code``."""

    about: About
    state: State
    sentence: str
    exit_code: int = 0


def ok(about: About, sentence: str) -> Finding:
    return Finding(about, "ok", sentence)


def warning(about: About, sentence: str) -> Finding:
    """Return a finding that does not prevent a load."""
    return Finding(about, "warning", sentence)


def problem(about: About, sentence: str, exit_code: int | None = None) -> Finding:
    """Return a finding that prevents a load. ``exit_code`` overrides that of the subject."""
    return Finding(about, "problem", sentence, EXIT_CODES[about] if exit_code is None else exit_code)


@dataclass(frozen=True)
class Diagnosis:
    """All findings, in the order of the examination; and how fresh the data is, if the warehouse could be asked."""

    findings: Sequence[Finding]
    freshness: Freshness | None = None

    def count(self, state: State) -> int:
        return sum(finding.state == state for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """The exit code of the first problem; 0 without problems."""
        return next((finding.exit_code for finding in self.findings if finding.state == "problem"), 0)

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis for JSON."""
        return {
            "exit_code": self.exit_code,
            "findings": [asdict(finding) for finding in self.findings],
            "freshness": None if self.freshness is None else self.freshness.to_dict(),
        }
