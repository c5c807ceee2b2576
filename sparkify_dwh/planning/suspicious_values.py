"""Values that COPY accepts but the checks of a load report: not allowed in a column, or times out of range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone

from sqlalchemy import Column, DateTime
from sqlalchemy.sql.visitors import iterate

from sparkify_dwh.base import StagingTable
from sparkify_dwh.checks.check import ERROR, OFF, TOMORROW
from sparkify_dwh.checks.generic import is_allowed_value
from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.checks.severity import SeverityRule
from sparkify_dwh.planning.validation_result import shown
from sparkify_dwh.utils.text import numbered
from sparkify_dwh.warehouse import Warehouse

Place = tuple[str, int]  # a file's URL, and a line from 1

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


class SuspiciousValues:
    """The unexpected values of one column: their number, and the first of them.

    ``rule`` is the severity of the most serious check that such values fail; None without a check.
    """

    def __init__(
        self, column: str, expected: str, is_expected: Callable[[str], bool], rule: SeverityRule | None = None
    ) -> None:
        self.column = column
        self.rule = rule
        self._expected = expected
        self._is_expected = is_expected
        self.count = 0
        self._first: tuple[str, Place] = ("", ("", 0))

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def refused(self) -> int:
        """The number of values because of which a load may be rolled back."""
        return self.count if self.rule and self.rule.may_fail else 0

    def add(self, text: str, place: Place) -> None:
        """Count a value that COPY accepts, if it is unexpected."""
        if not self._is_expected(text):
            self._first = self._first if self.count else (text, place)
            self.count += 1

    def __str__(self) -> str:
        value, (file, line) = self._first
        be = "is" if self.count == 1 else "are"
        return (
            f"{self.column}: {numbered(self.count, 'value')} {be} not {self._expected}, the first "
            f"{shown(value)!r} in {file} line {line}; COPY accepts these values, {_consequence(self.rule)}"
        )


def _consequence(rule: SeverityRule | None) -> str:
    if rule is None:
        return "and no check refuses them"
    if rule.severity == ERROR:
        return "but the checks will roll the load back if a row of the star comes from them"
    above = "" if rule.tolerance is None else f", and roll the load back above {rule.tolerance}"
    return f"but the checks will warn if a row of the star comes from them{above}"


def suspicious_values(
    staging: type[StagingTable], warehouse: Warehouse, rules: CheckRules, *, has_milliseconds: bool
) -> Iterator[SuspiciousValues]:
    """Yield a counter for each column to watch. ``has_milliseconds`` says that times are epoch milliseconds.

    What only checks that are off would refuse is not watched.
    """
    for (column, allowed), rule in _allowed_values(staging, warehouse, rules).items():
        if rule.severity != OFF:
            yield _not_in(column, allowed, rule)
    time_rule = _time_rule(staging, warehouse, rules)
    if has_milliseconds and (time_rule is None or time_rule.severity != OFF):
        times = [column.name for column in staging.table().c if isinstance(column.type, DateTime)]
        yield from (_not_recent(name, warehouse.earliest, time_rule) for name in times)


def _allowed_values(
    staging: type[StagingTable], warehouse: Warehouse, rules: CheckRules
) -> dict[tuple[str, tuple[str, ...]], SeverityRule]:
    """Return the severities of the checks of allowed values, by the staged column and the values.

    Several columns of the star may come from one staged column: of equal values, the most serious check counts.
    """
    found: dict[tuple[str, tuple[str, ...]], SeverityRule] = {}
    for model in warehouse.star:
        if model.staged_in is staging:
            records = model.from_staging().selected_columns
            for name, declared in model.allowed_values.items():
                (column,) = records[name].base_columns
                assert isinstance(column, Column)
                key = column.name, tuple(rules.values(model.__tablename__, name, declared))
                rule = rules.severity(is_allowed_value(model, name), SeverityRule(ERROR))
                found[key] = max(rule, found.get(key, rule), key=lambda each: each.rank)
    return found


def _time_rule(staging: type[StagingTable], warehouse: Warehouse, rules: CheckRules) -> SeverityRule | None:
    """Return the severity of the most serious check that compares times with tomorrow; None without one."""
    severities = [
        rules.severity(check.name, check.rule)
        for model, check in warehouse.checks
        if model.staged_in is staging and any(part is TOMORROW for part in iterate(check.offenders))
    ]
    return max(severities, key=lambda rule: rule.rank, default=None)


def _not_in(column: str, allowed: Sequence[str], rule: SeverityRule) -> SuspiciousValues:
    """Return a counter of values other than ``allowed``, ignoring trailing blanks as the checks do."""
    return SuspiciousValues(column, " or ".join(allowed), lambda text: text.rstrip(" ") in allowed, rule)


def _not_recent(column: str, earliest: datetime, rule: SeverityRule | None) -> SuspiciousValues:
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    first, last = (int(time.timestamp() * 1000) for time in (earliest.replace(tzinfo=timezone.utc), tomorrow))

    def is_expected(text: str) -> bool:
        return not _INTEGER.fullmatch(text) or first <= int(text) <= last

    expected = f"between {earliest.year} and tomorrow, read as milliseconds since 1970"
    return SuspiciousValues(column, expected, is_expected, rule)
