"""Several checks by one SELECT: if it finds nothing, none of them has an offender.

    by rows   checks that look at the rows of a table one by one, each alone or with the row that it points at: one scan
    by keys   of a batch: that every key that is staged is stored, and stored once: one join of a staging table with all
              that are filled from it

Nearly always nothing is found, and a check is a statement of its own only when its screen has found something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Join,
    Label,
    Select,
    SelectBase,
    Table,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql.visitors import iterate

from sparkify_dwh.base import StagingTable, StarTable
from sparkify_dwh.checks.check import Check
from sparkify_dwh.sql.batch import Range
from sparkify_dwh.sql.merge import in_range

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


@dataclass(frozen=True)
class KeyChecks:
    """The names of the checks that hold when every key that is staged for a table is stored once, within these bounds."""

    model: type[StarTable]
    range_: Range | None
    names: frozenset[str]


def key_screens(checks: Iterable[KeyChecks]) -> list[Screen]:
    """Screens of such checks: one for all the tables that are filled from one staging table."""
    groups: dict[type[StagingTable], list[KeyChecks]] = {}
    for each in checks:
        groups.setdefault(each.model.staged_in, []).append(each)
    return [_stored_once(staging, group) for staging, group in groups.items()]


def _stored_once(staging: type[StagingTable], group: Sequence[KeyChecks]) -> Screen:
    """The screen of checks of tables that are filled from one staging table.

    Every record is looked up in all of them. If all of its keys are stored once, it makes one row, and more if one of them
    is stored twice; of one that is missing nothing is found. So nothing needs to be grouped, and the same key may be staged
    more than once.
    """
    records: FromClause = staging.table()
    counts: list[tuple[Label[int], Label[int]]] = []
    for each in group:
        stored, staged = each.model.table(), each.model.staged_keys()
        keys = [staged.selected_columns[name] == stored.c[name] for name in each.model.key()]
        is_staged = [] if staged.whereclause is None else [staged.whereclause]
        records = records.outerjoin(stored, and_(*keys, *is_staged, *in_range(stored, each.range_)))
        found = func.count(stored.c[each.model.key()[0]]).label(f"{stored.name}_found")
        sought = func.count(*(case((condition, 1)) for condition in is_staged)).label(f"{stored.name}_sought")
        counts.append((found, sought))
    looked_up = select(func.count().label("pairs"), *chain(*counts)).select_from(records).subquery("looked_up")
    staged_rows = select(func.count()).select_from(staging.table()).scalar_subquery()
    differ = [looked_up.c[found.name] != looked_up.c[sought.name] for found, sought in counts]
    names = frozenset[str]().union(*(each.names for each in group))
    return Screen(names, select(FOUND).where(or_(looked_up.c.pairs != staged_rows, *differ)))


def run_screens(connection: Connection, screens: Iterable[Screen]) -> frozenset[str]:
    """The names of the checks that have no offenders, as far as the screens tell."""
    clean = [screen.names for screen in screens if connection.execute(screen.finds).first() is None]
    return frozenset().union(*clean)
