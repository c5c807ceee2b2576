"""Running the checks of a warehouse: those of a table together, and one by one only where that finds an offender.

    generic checks      follow from the models: ``sparkify_dwh.checks.generic``
    business checks     are declared one by one: ``sparkify_dwh.checks.check.BusinessChecks``

A load checks its batch before it is published, ``sparkify-dwh check`` everything. An offender of severity error stops the
load, one of severity warning is reported. dwh.cfg changes severities and allowed values: ``sparkify_dwh.checks.rules``.

Limits: a check of a batch sees the rows within the batch's times. Stored rows that a load changes by way of another table
may lie outside of them; they are seen when everything is checked. So are rows without a key, and rows whose key was not
staged but exists twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, String, cast, func, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.check import ERROR, OFF, BusinessChecks, Check, CheckResult
from sparkify_dwh.checks.combined import KeyChecks, Screen, key_screens, row_screens, run_screens
from sparkify_dwh.checks.generic import derived_checks, key_checks
from sparkify_dwh.checks.rules import DECLARED_RULES, CheckRules
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.checks.severity import Tolerance

Star = Sequence[type[StarTable]]


def all_checks(star: Star, business: BusinessChecks, scope: Scope, rules: CheckRules = DECLARED_RULES) -> list[Check]:
    """Return every check of these tables in the scope, with the severities of the rules, also those that are off.

    The generic ones come first, then the business checks in their order.
    """
    declared = [scope.narrowed(check, model) for model, check in business if scope.covers(model)]
    checks = [*derived_checks(star, scope, rules), *declared]
    return [check.under(rules.severity(check.name, check.rule)) for check in checks]


def run_checks(
    connection: Connection, star: Star, business: BusinessChecks, scope: Scope, rules: CheckRules = DECLARED_RULES
) -> list[CheckResult]:
    """Run every check of these tables in the scope; one that is off has a result that says so."""
    checks = all_checks(star, business, scope, rules)
    clean = run_screens(connection, all_screens(star, scope, [check for check in checks if check.severity != OFF]))
    return [
        without_offenders(check) if check.severity == OFF or check.name in clean else run_check(connection, check)
        for check in checks
    ]


def all_screens(star: Star, scope: Scope, checks: Sequence[Check]) -> list[Screen]:
    """Return the screens that decide several checks of the scope together."""
    names = {check.name for check in checks}
    by_keys = [
        KeyChecks(model, scope.bounds(model), key_checks(model) & names) for model in star if scope.covers(model)
    ]
    return [*row_screens(checks), *(key_screens(each for each in by_keys if each.names) if scope.is_batch else [])]


def without_offenders(check: Check) -> CheckResult:
    """Return the result of a check that has passed, or is off."""
    return CheckResult(check.name, check.about, check.severity, 0, [], _as_text(check.tolerance))


def run_check(connection: Connection, check: Check, limit: int = 5) -> CheckResult:
    """Count the offenders, and show up to ``limit`` of them, in the order of their columns.

    Nearly always there are none, so they are counted only when there are more than are shown, and the checked rows only
    where a percentage of them decides about the severity.
    """
    offenders = check.statement.subquery("offenders")
    first = select(*map(_as_shown, offenders.c)).order_by(*offenders.c).limit(limit + 1)
    rows = connection.execute(first).mappings().all()
    count = len(rows) if len(rows) <= limit else connection.scalar(select(func.count()).select_from(offenders))
    examples = [{name: _plain(value) for name, value in row.items()} for row in rows[:limit]]
    result = replace(without_offenders(check), offenders=count or 0, examples=examples)
    return result if check.tolerance is None or not rows else _weighed(connection, check, result, check.tolerance)


def _weighed(connection: Connection, check: Check, result: CheckResult, tolerance: Tolerance) -> CheckResult:
    """Return the result with the severity that follows from the number of offenders."""
    checked = None
    if tolerance.is_percentage:
        checked = 0 if check.checked is None else connection.scalar(check.checked) or 0
    is_too_many = tolerance.is_exceeded(result.offenders, checked or 0)
    return replace(result, severity=ERROR if is_too_many else check.severity, checked=checked)


def _as_text(tolerance: Tolerance | None) -> str | None:
    return None if tolerance is None else str(tolerance)


def _as_shown(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return times as text: a time in microseconds lies beyond Python's datetime, and the driver would cut it."""
    return cast(column, String).label(column.key) if isinstance(column.type, DateTime) else column


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: not NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)
