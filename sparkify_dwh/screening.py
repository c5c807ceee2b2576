"""Many checks by one SELECT: while it finds nothing, none of them has an offender.

    by rows   checks that look at the rows of a table one by one, each alone or with the row that it points at: one scan
    by keys   of a batch: that every key that is staged is stored, and stored once: one join

Nearly always nothing is found, and a check is a statement of its own only when its screen has found something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Join,
    Select,
    SelectBase,
    Table,
    and_,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql.visitors import iterate

from sparkify_dwh.base import StarTable
from sparkify_dwh.batch import Range
from sparkify_dwh.checking import Check
from sparkify_dwh.merge import in_range, same_key

FOUND = literal_column("1", Integer).label("found")


@dataclass(frozen=True)
class Screen:
    """``finds`` selects a row when one of the checks of these names has an offender; it may find one though none has."""

    names: frozenset[str]
    finds: Select[Any]


@dataclass(frozen=True)
class RowCheck:
    """A check that looks at rows one by one: the table, and the one whose rows it needs besides, by an outer join."""

    check: Check
    table: Table
    other: Table | None = None
    on: ColumnElement[bool] | None = None

    @classmethod
    def of(cls, check: Check) -> RowCheck | None:
        """Of a SELECT which is a table, or a table LEFT JOIN another, and a WHERE; None of any other."""
        condition, (from_, *others) = check.offenders.whereclause, check.offenders.get_final_froms()
        if condition is None or others or any(isinstance(part, SelectBase) for part in iterate(condition)):
            return None
        if str(select(*check.offenders.selected_columns).select_from(from_).where(condition)) != str(check.offenders):
            return None
        if isinstance(from_, Table):
            return cls(check, from_)
        if not (isinstance(from_, Join) and isinstance(from_.left, Table) and isinstance(from_.right, Table)):
            return None
        return cls(check, from_.left, from_.right, from_.onclause) if from_.isouter and not from_.full else None

    def goes_with(self, each: RowCheck) -> bool:
        """Whether one scan can do for both: they are of one table, and do not join another on different conditions."""
        if self.table.fullname != each.table.fullname:
            return False
        joins_another = self.other is None or each.other is None or self.other.fullname != each.other.fullname
        return joins_another or (self.on is not None and each.on is not None and self.on.compare(each.on))


def row_screens(checks: Iterable[Check]) -> list[Screen]:
    """Screens of the checks that look at rows one by one, which are of one scope; of the other checks there is none."""
    groups: list[list[RowCheck]] = []
    for row_check in filter(None, map(RowCheck.of, checks)):
        for group in groups:
            if all(row_check.goes_with(each) for each in group):
                group.append(row_check)
                break
        else:
            groups.append([row_check])
    return [Screen(frozenset(each.check.name for each in group), _any_row(group)) for group in groups]


def _any_row(group: Sequence[RowCheck]) -> Select[Any]:
    """A SELECT that finds a row, when any of the checks does."""
    from_: FromClause = group[0].table
    joined = {each.other.fullname: (each.other, each.on) for each in group if each.other is not None}
    for other, on in joined.values():
        from_ = from_.outerjoin(other, on)
    offends = or_(*(each.check.offenders.whereclause for each in group if each.check.offenders.whereclause is not None))
    return select(FOUND).select_from(from_).where(offends, *group[0].check.within).limit(1)


def stored_once(model: type[StarTable], range_: Range | None, names: Iterable[str]) -> Screen:
    """The screen of the checks that every key that is staged is stored, and that no two rows of these have one key.

    Every record is looked up: stored once, it makes one pair; missing, a pair without a stored row; stored twice, two. So
    nothing needs to be grouped, and the same key may be staged more than once.
    """
    stored, staged = model.table(), model.staged_keys().subquery("staged")
    matched = and_(same_key(model, stored, staged), *in_range(stored, range_))
    looked_up = (
        select(func.count().label("pairs"), func.count(stored.c[model.key()[0]]).label("stored"))
        .select_from(staged.outerjoin(stored, matched))
        .subquery("looked_up")
    )
    records = select(func.count()).select_from(model.staged_keys().subquery("records")).scalar_subquery()
    pairs = looked_up.c.pairs
    return Screen(frozenset(names), select(FOUND).where(or_(pairs != looked_up.c.stored, pairs != records)))


def run_screens(connection: Connection, screens: Iterable[Screen]) -> frozenset[str]:
    """The names of the checks that have no offenders, as far as the screens tell."""
    clean = [screen.names for screen in screens if connection.execute(screen.finds).first() is None]
    return frozenset().union(*clean)
