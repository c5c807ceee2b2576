"""What a check is, which rows it is made of, and what it finds.

What is checked stands in ``sparkify_dwh.checks.generic`` and ``sparkify_dwh.checks.business``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Select,
    String,
    bindparam,
    cast,
    false,
    func,
    select,
)

from sparkify_dwh.base import StarTable
from sparkify_dwh.sql.batch import Range
from sparkify_dwh.sql.merge import in_range

Severity = Literal["error", "warning"]
ERROR: Severity = "error"
WARNING: Severity = "warning"

TOMORROW = bindparam("tomorrow", type_=DateTime)  # a day after the scope's now; a check has no clock of its own


def utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


@dataclass(frozen=True)
class Check:
    """``about`` says in a sentence what must hold; ``offenders`` selects the rows of which it does not.

    An offender is shown by its key and the value that offends. ``within`` are the conditions of the scope that the check was
    narrowed to.
    """

    name: str
    about: str
    severity: Severity
    offenders: Select[Any]
    within: tuple[ColumnElement[bool], ...] = ()

    @property
    def statement(self) -> Select[Any]:
        """The SELECT of the offenders in the scope."""
        return self.offenders.where(*self.within)


@dataclass(frozen=True)
class CheckResult:
    """What a check found: how many offenders, and some of them. ``examples`` hold what JSON can, times as ISO text."""

    name: str
    about: str
    severity: Severity
    offenders: int
    examples: list[dict[str, Any]]

    @property
    def state(self) -> Literal["ok", "warning", "failed"]:
        if not self.offenders:
            return "ok"
        return "failed" if self.severity == ERROR else "warning"

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return asdict(self) | {"state": self.state}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> CheckResult:
        """What ``to_dict`` gave, of any version."""
        return cls(**{each.name: told[each.name] for each in fields(cls)})


@dataclass(frozen=True)
class Scope:
    """Which rows are checked: everything, or those that the staged batch is about.

    In a batch, ``ranges`` has the batch's bounds in the sort key of every table that is too large to be read whole, or None
    where the batch holds nothing for it; of the other tables, the rows whose key is staged are checked. ``now`` is UTC.
    """

    now: datetime = field(default_factory=utc_now)
    ranges: Mapping[type[StarTable], Range | None] | None = None

    @property
    def is_batch(self) -> bool:
        return self.ranges is not None

    def covers(self, model: type[StarTable]) -> bool:
        """Whether there is anything to check in the table."""
        return self.ranges is None or model not in self.ranges or self.ranges[model] is not None

    def bounds(self, model: type[StarTable]) -> Range | None:
        """The bounds of the checked rows in the table's sort key; None where there are none."""
        return (self.ranges or {}).get(model)

    def of(self, model: type[StarTable]) -> list[ColumnElement[bool]]:
        """Conditions that are true of the table's rows in the scope."""
        if self.ranges is None:
            return []
        if not self.covers(model):
            return [false()]
        if model in self.ranges:
            return in_range(model.table(), self.bounds(model))
        staged = model.staged_keys()
        return [
            model.table().c[name].in_(staged.with_only_columns(staged.selected_columns[name])) for name in model.key()
        ]

    def narrowed(self, check: Check, model: type[StarTable]) -> Check:
        """The check of the table, over the rows in the scope."""
        everywhere = check.offenders.params(tomorrow=self.now + timedelta(days=1))
        return replace(check, offenders=everywhere, within=tuple(self.of(model)))


def rows_of(model: type[StarTable], *values: str) -> Select[Any]:
    """Rows of a table, shown by their key and the named values."""
    return select(*(model.table().c[name] for name in dict.fromkeys([*model.key(), *values])))


def passed(check: Check) -> CheckResult:
    """The result of a check that has no offenders."""
    return CheckResult(check.name, check.about, check.severity, 0, [])


def run_check(connection: Connection, check: Check, most: int = 5) -> CheckResult:
    """Count the offenders, and show at most ``most`` of them, in the order of their columns.

    Nearly always there are none, so they are counted only when there are more than are shown.
    """
    found = check.statement.subquery("offenders")
    first = select(*map(_shown, found.c)).order_by(*found.c).limit(most + 1)
    rows = connection.execute(first).mappings().all()
    count = len(rows) if len(rows) <= most else connection.scalar(select(func.count()).select_from(found))
    examples = [{name: _plain(value) for name, value in row.items()} for row in rows[:most]]
    return CheckResult(check.name, check.about, check.severity, count or 0, examples)


def _shown(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Times as text: a ts in microseconds lies beyond what Python's datetime holds, and the driver would cut it."""
    return cast(column, String).label(column.key) if isinstance(column.type, DateTime) else column


def _plain(value: Any) -> Any:
    """A value as JSON can hold it: NaN and the infinities it cannot."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)


def failed(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Those of severity error that have offenders."""
    return [result for result in results if result.state == "failed"]


def explain(result: CheckResult) -> str:
    """One sentence: what must hold, and the rows of which it does not. Of a check that passed, only what must hold."""
    if not result.offenders:
        return result.about
    rows = [", ".join(f"{name} {_told(value)}" for name, value in row.items()) for row in result.examples]
    if result.offenders > len(rows):
        rows.append(f"{result.offenders - len(rows):,} more")
    return f"{result.about.removesuffix('.')}; not so: {'; '.join(rows)}."


def _told(value: Any) -> str:
    return "NULL" if value is None else str(value)
