"""The result of a verification: the outcomes of all facts, and a report that can be sent to others."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any

from sparkify_dwh.utils.version import VERSION
from sparkify_dwh.verification.fact import ANYTHING, Outcome
from sparkify_dwh.verification.redaction import Redactor
from sparkify_dwh.verification.scratch import CleanedUp

FORMAT = 1
PACKAGES = ("sqlalchemy", "sqlalchemy-redshift", "redshift-connector", "alembic")


@dataclass(frozen=True)
class Result:
    """The outcomes, in the order of the facts. ``kind`` is that of the warehouse: provisioned, serverless or stand-in.

    ``statements`` counts what was sent; ``bytes`` what was uploaded of the generated input. ``cleaned_up`` is what earlier
    verifications had left.
    """

    outcomes: Sequence[Outcome]
    kind: str
    started_at: datetime
    seconds: float
    statements: int
    bytes: int
    cleaned_up: CleanedUp
    redactor: Redactor = field(repr=False)

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state == "failed"]

    @property
    def counts(self) -> dict[str, int]:
        """The number of outcomes of each state."""
        return dict(Counter(outcome.state for outcome in self.outcomes))

    def to_dict(self) -> dict[str, Any]:
        """Return the report: no secrets, and no names of hosts, accounts, buckets and users."""
        return {
            "format": FORMAT,
            "sparkify_dwh": VERSION,
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
            "warehouse": self.kind,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "statements": self.statements,
            "bytes": self.bytes,
            "counts": self.counts,
            "facts": [self._fact(outcome) for outcome in self.outcomes],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=True)

    def _fact(self, outcome: Outcome) -> dict[str, Any]:
        fact = outcome.fact
        shown = {
            "fact": fact.name,
            "says": fact.says,
            "source": fact.url,
            "outcome": outcome.state,
            "seconds": outcome.seconds,
            "found": self.redactor.value(outcome.found),
        }
        if fact.expected is not ANYTHING:
            shown["expected"] = fact.expected
        if outcome.state == "different":
            shown["difference"] = fact.differs
        return shown
