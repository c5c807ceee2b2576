"""How serious the failing rows of a check are: an error, a warning, or a warning up to a tolerance.

    error                           a load is rolled back, `check` exits with 8
    warning                         reported
    warning, error above 1%         a warning up to 1% of the checked rows, an error above
    warning, error above 100 rows   a warning up to 100 rows, an error above
    off                             the check is not run

A percentage is one of the rows that are checked: those of the batch in a load, those of the table in `check`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

Severity = Literal["error", "warning", "off"]
ERROR: Severity = "error"
WARNING: Severity = "warning"
OFF: Severity = "off"

FORMS = "error, warning, off, or a warning with a limit: 'warning, error above 1%' or 'warning, error above 100 rows'"

_LIMIT = r"(?P<limit>\d{1,12}(?:\.\d{1,6})?)\s*%|(?P<rows>\d{1,12})\s+rows?"
_FORM = re.compile(rf"(?P<severity>error|warning|off)|warning\s*,\s*error\s+above\s+(?:{_LIMIT})", re.ASCII)


@dataclass(frozen=True)
class Tolerance:
    """The number of failing rows up to which they are a warning: rows, or a percentage of the checked rows."""

    limit: Decimal
    is_percentage: bool = False

    def is_exceeded(self, offenders: int, checked: int) -> bool:
        """Return whether ``offenders`` of ``checked`` rows are too many."""
        return offenders * 100 > self.limit * checked if self.is_percentage else offenders > self.limit

    def __str__(self) -> str:
        return f"{self.limit:f}%" if self.is_percentage else f"{self.limit:f} {'row' if self.limit == 1 else 'rows'}"


@dataclass(frozen=True)
class SeverityRule:
    """The severity of a check. With a ``tolerance`` it is a warning, and an error above."""

    severity: Severity
    tolerance: Tolerance | None = None

    @property
    def may_fail(self) -> bool:
        """Whether failing rows can roll a load back."""
        return self.rank > 1

    @classmethod
    def parse(cls, text: str) -> SeverityRule:
        """Return the rule that a text states. Raises ValueError for another text, and for more than 100%."""
        form = _FORM.fullmatch(text.strip().lower())
        if form is None or Decimal(form["limit"] or 0) > 100:
            raise ValueError(f"must be {FORMS}")
        if form["severity"]:
            return cls(cast("Severity", form["severity"]))
        return cls(WARNING, Tolerance(Decimal(form["limit"] or form["rows"]), is_percentage=form["limit"] is not None))

    @property
    def rank(self) -> int:
        """A number that is greater for a more serious rule; 0 when the check is off."""
        if self.severity == WARNING:
            return 1 if self.tolerance is None else 2
        return 3 if self.severity == ERROR else 0

    def __str__(self) -> str:
        return self.severity if self.tolerance is None else f"{self.severity}, error above {self.tolerance}"
