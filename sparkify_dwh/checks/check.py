"""Data quality checks: the check, the declaration of business checks, and the result."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, DateTime, Select, bindparam, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.severity import ERROR, OFF, WARNING, Severity, SeverityRule, Tolerance
from sparkify_dwh.utils.printable import printable

__all__ = [
    "ERROR",
    "OFF",
    "TOMORROW",
    "WARNING",
    "BusinessChecks",
    "Check",
    "CheckResult",
    "Severity",
    "explain",
    "failed",
    "rows_of",
    "switched_off",
]

TOMORROW = bindparam("tomorrow", type_=DateTime)  # a day after the scope's now; a check has no clock of its own


@dataclass(frozen=True)
class Check:
    """A rule and its offenders: ``about`` states the rule, ``offenders`` selects the rows that break it.

    An offender is shown by its key and the offending value. ``within`` are the conditions of the scope that the check was
    narrowed to, ``checked`` counts the rows of that scope. A warning with more offenders than ``tolerance`` is an error.
    """

    name: str
    about: str
    severity: Severity
    offenders: Select[Any]
    within: tuple[ColumnElement[bool], ...] = ()
    tolerance: Tolerance | None = None
    checked: Select[Any] | None = None

    @property
    def statement(self) -> Select[Any]:
        """The SELECT of the offenders in the scope."""
        return self.offenders.where(*self.within)

    @property
    def rule(self) -> SeverityRule:
        """The severity with its tolerance."""
        return SeverityRule(self.severity, self.tolerance)

    def under(self, rule: SeverityRule) -> Check:
        """Return the check with the severity of a rule."""
        return replace(self, severity=rule.severity, tolerance=rule.tolerance)


OffendersQuery = Callable[[], Select[Any]]


class BusinessChecks:
    """The business checks of a warehouse, in the order of their declaration.

    CHECKS = BusinessChecks()

    @CHECKS.check(Invoice, severity=ERROR)
    def invoices_have_a_total() -> Select[Any]:
        \"""Every invoice has a total.\"""
        return rows_of(Invoice, "total").where(Invoice.total.is_(None))
    """

    def __init__(self) -> None:
        self._checks: list[tuple[type[StarTable], Check]] = []

    def __iter__(self) -> Iterator[tuple[type[StarTable], Check]]:
        """Iterate over pairs of a table and a check of it."""
        return iter(self._checks)

    def check(self, model: type[StarTable], *, severity: Severity) -> Callable[[OffendersQuery], OffendersQuery]:
        """Declare a function to be a check of a table: its name is the check's, its docstring's first paragraph the rule.

        The function returns the offenders among all rows of ``model``; for a load, conditions on the table's columns are
        added to its WHERE. So the SELECT must read the table under its own name, and not on the outer side of a join.
        """

        def register(function: OffendersQuery) -> OffendersQuery:
            name = function.__name__.replace("_", " ")
            about, *_reasons = inspect.cleandoc(function.__doc__ or name).split("\n\n")
            self._checks.append((model, Check(name, " ".join(about.split()), severity, function())))
            return function

        return register


def rows_of(model: type[StarTable], *values: str) -> Select[Any]:
    """Return a SELECT of a table's rows, shown by their key and the named values."""
    return select(*(model.table().c[name] for name in dict.fromkeys([*model.key(), *values])))


@dataclass(frozen=True)
class CheckResult:
    """What a check found: the number of offenders, and some of them as JSON can hold them, times as ISO text.

    ``severity`` is what the offenders are. ``tolerance`` is up to where they are a warning, if there is a limit;
    ``checked`` is the number of checked rows, where it is a percentage of them.
    """

    name: str
    about: str
    severity: Severity
    offenders: int
    examples: list[dict[str, Any]]
    tolerance: str | None = None
    checked: int | None = None

    @property
    def state(self) -> Literal["ok", "warning", "failed", "off"]:
        if self.severity == OFF:
            return "off"
        if not self.offenders:
            return "ok"
        return "failed" if self.severity == ERROR else "warning"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        return asdict(self) | {"state": self.state}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> CheckResult:
        """Return the result that ``to_dict`` of any version has stored."""
        return cls(**{field.name: stored[field.name] for field in fields(cls) if field.name in stored})


def failed(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the results of severity error that have offenders."""
    return [result for result in results if result.state == "failed"]


def switched_off(results: Iterable[CheckResult]) -> list[str]:
    """Return the names of the checks that were not run, because they are off."""
    return [result.name for result in results if result.state == "off"]


def explain(result: CheckResult) -> str:
    """Return one sentence: the rule and the rows that break it; only the rule when the check passed."""
    if not result.offenders:
        return result.about
    rows = [", ".join(f"{name} {_shown(value)}" for name, value in row.items()) for row in result.examples]
    if result.offenders > len(rows):
        rows.append(f"{result.offenders - len(rows):,} more")
    return printable(f"{result.about.removesuffix('.')}; not so: {'; '.join(rows)}{_limit(result)}.")


def _limit(result: CheckResult) -> str:
    """Return the number of offenders beside the limit that decides about their severity, if there is one."""
    if result.tolerance is None:
        return ""
    of_checked = "" if result.checked is None else f" of {result.checked:,}"
    return f" ({result.offenders:,}{of_checked} rows, an error above {result.tolerance})"


def _shown(value: Any) -> str:
    return "NULL" if value is None else str(value)
