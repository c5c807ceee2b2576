"""Running the checks of a warehouse: those of a table together, and one by one only where that finds an offender.

    generic checks      follow from the models: ``sparkify_dwh.checks.generic``
    business checks     are declared one by one: ``sparkify_dwh.checks.check.BusinessChecks``

A load checks its batch before it is published, ``sparkify-dwh check`` everything. An offender of severity error stops the
load, one of severity warning is reported.

Limits: a check of a batch sees the rows within the batch's times. Stored rows that a load changes by way of another table
may lie outside of them; they are seen when everything is checked. So are rows without a key, and rows whose key was not
staged but exists twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, String, cast, func, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.check import BusinessChecks, Check, CheckResult
from sparkify_dwh.checks.combined import KeyChecks, Screen, key_screens, row_screens, run_screens
from sparkify_dwh.checks.generic import derived_checks, key_checks
from sparkify_dwh.checks.scope import Scope

Star = Sequence[type[StarTable]]


def all_checks(star: Star, business: BusinessChecks, scope: Scope) -> list[Check]:
    """Return every check of these tables in the scope: the generic ones, and the business checks in their order."""
    declared = [scope.narrowed(check, model) for model, check in business if scope.covers(model)]
    return [*derived_checks(star, scope), *declared]


def run_checks(connection: Connection, star: Star, business: BusinessChecks, scope: Scope) -> list[CheckResult]:
    """Run every check of these tables in the scope."""
    checks = all_checks(star, business, scope)
    clean = run_screens(connection, all_screens(star, scope, checks))
    return [passed(check) if check.name in clean else run_check(connection, check) for check in checks]


def all_screens(star: Star, scope: Scope, checks: Iterable[Check]) -> list[Screen]:
    """Return the screens that decide several checks of the scope together."""
    by_keys = [KeyChecks(model, scope.bounds(model), key_checks(model)) for model in star if scope.covers(model)]
    return [*row_screens(checks), *(key_screens(by_keys) if scope.is_batch else [])]


def passed(check: Check) -> CheckResult:
    """Return the result of a check that has no offenders."""
    return CheckResult(check.name, check.about, check.severity, 0, [])


def run_check(connection: Connection, check: Check, limit: int = 5) -> CheckResult:
    """Count the offenders, and show up to ``limit`` of them, in the order of their columns.

    Nearly always there are none, so they are counted only when there are more than are shown.
    """
    offenders = check.statement.subquery("offenders")
    first = select(*map(_as_shown, offenders.c)).order_by(*offenders.c).limit(limit + 1)
    rows = connection.execute(first).mappings().all()
    count = len(rows) if len(rows) <= limit else connection.scalar(select(func.count()).select_from(offenders))
    examples = [{name: _plain(value) for name, value in row.items()} for row in rows[:limit]]
    return CheckResult(check.name, check.about, check.severity, count or 0, examples)


def _as_shown(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return times as text: a time in microseconds lies beyond Python's datetime, and the driver would cut it."""
    return cast(column, String).label(column.key) if isinstance(column.type, DateTime) else column


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: not NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)
