"""Which rows are checked: everything, or those that the staged batch touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, false, func, or_, select
from sqlalchemy.sql.visitors import cloned_traverse, iterate

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.check import TOMORROW, Check
from sparkify_dwh.sql.batch import Range
from sparkify_dwh.sql.merge import in_range


def utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _is_staged(model: type[StarTable], name: str) -> ColumnElement[bool]:
    """Return the condition that a column of the key is that of a staged record, or NULL, which no IN finds."""
    staged, stored = model.staged_keys(), model.table().c[name]
    found = stored.in_(staged.with_only_columns(staged.selected_columns[name]))
    return or_(found, stored.is_(None)) if stored.nullable else found


@lru_cache(maxsize=512)  # the SELECTs of a warehouse's checks stay the same, and copying all of them takes long
def _depends_on_now(offenders: Select[Any]) -> bool:
    return any(isinstance(part, BindParameter) and part.key == TOMORROW.key for part in iterate(offenders))


@dataclass(frozen=True)
class Scope:
    """The rows that are checked.

    ``ranges`` is None when everything is checked. In a batch, it holds the batch's bounds in the sort key of every table
    that is too large to be read whole, or None where the batch holds nothing for it; of the other tables, the rows whose
    key is staged are checked. ``now`` is UTC.
    """

    now: datetime = field(default_factory=utc_now)
    ranges: Mapping[type[StarTable], Range | None] | None = None

    @property
    def is_batch(self) -> bool:
        return self.ranges is not None

    def covers(self, model: type[StarTable]) -> bool:
        """Return whether the table has any rows to check."""
        return self.ranges is None or model not in self.ranges or self.ranges[model] is not None

    def bounds(self, model: type[StarTable]) -> Range | None:
        """Return the bounds of the checked rows in the table's sort key; None where there are none."""
        return (self.ranges or {}).get(model)

    def of(self, model: type[StarTable]) -> list[ColumnElement[bool]]:
        """Return the conditions that are true of the table's rows in the scope."""
        if self.ranges is None:
            return []
        if not self.covers(model):
            return [false()]
        if model in self.ranges:
            return in_range(model.table(), self.bounds(model))
        return [_is_staged(model, name) for name in model.key()]

    def narrowed(self, check: Check, model: type[StarTable]) -> Check:
        """Return the check of the table, restricted to the rows in the scope."""
        within = tuple(self.of(model))
        checked = select(func.count()).select_from(model.table()).where(*within)
        offenders = self._as_of_now(check.offenders) if _depends_on_now(check.offenders) else check.offenders
        return replace(check, offenders=offenders, within=within, checked=checked)

    def _as_of_now(self, offenders: Select[Any]) -> Select[Any]:
        """Return the query with its time in place; with ``params()`` of SQLAlchemy 2.1 its parts would lack it."""

        def fill_in(parameter: BindParameter[Any]) -> None:
            if parameter.key == TOMORROW.key:
                parameter.value, parameter.required = self.now + timedelta(days=1), False

        return cloned_traverse(offenders, {"maintain_key": True, "detect_subquery_cols": True}, {"bindparam": fill_in})
