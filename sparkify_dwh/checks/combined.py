"""Several checks combined in one SELECT, a screen: if it returns no row, none of the checks has offenders.

    row screens   checks of single rows of a table, or of rows joined with the row they reference: one scan
    key screens   for a batch: every staged key is stored exactly once: one join of a staging table with all tables that are
                  filled from it

Checks run one by one only if their screen returns a row, which is rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
from sparkify_dwh.sql.merge import in_range, same

FOUND = literal_column("1", Integer).label("found")


@dataclass(frozen=True)
class Screen:
    """``finds`` returns a row if any of the named checks has an offender; it may also return one if none has."""

    names: frozenset[str]
    finds: Select[Any]


@dataclass(frozen=True)
class RowCheck:
    """A check of single rows: its table, and the table that is outer joined to it, if any."""

    check: Check
    table: Table
    other: Table | None = None
    on: ColumnElement[bool] | None = None

    @classmethod
    def of(cls, check: Check) -> RowCheck | None:
        """Return the check if its SELECT is a table, or a table LEFT JOIN another, with a WHERE; None for any other."""
        tables = _tables_of_rows(check.offenders)
        return None if tables is None else cls(check, *tables)

    def goes_with(self, each: RowCheck) -> bool:
        """Return whether one scan serves both: the same table, and no join of another table on different conditions."""
        if self.table.fullname != each.table.fullname:
            return False
        joins_another = self.other is None or each.other is None or self.other.fullname != each.other.fullname
        return joins_another or (self.on is not None and each.on is not None and self.on.compare(each.on))


@lru_cache(maxsize=512)  # the SELECTs of a warehouse's checks stay the same, and comparing their texts takes long
def _tables_of_rows(offenders: Select[Any]) -> tuple[Table, Table | None, ColumnElement[bool] | None] | None:
    """Return the table, the one that is outer joined to it, and on what; None when the SELECT is of another form."""
    condition, (from_, *others) = offenders.whereclause, offenders.get_final_froms()
    if condition is None or others or any(isinstance(part, SelectBase) for part in iterate(condition)):
        return None
    if str(select(*offenders.selected_columns).select_from(from_).where(condition)) != str(offenders):
        return None
    if isinstance(from_, Table):
        return from_, None, None
    if not (isinstance(from_, Join) and isinstance(from_.left, Table) and isinstance(from_.right, Table)):
        return None
    return (from_.left, from_.right, from_.onclause) if from_.isouter and not from_.full else None


def row_screens(checks: Iterable[Check]) -> list[Screen]:
    """Return screens for the checks of single rows, which must have the same scope; other checks are ignored."""
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
    """Return a SELECT that returns a row if any of the checks has an offender."""
    from_: FromClause = group[0].table
    joined = {each.other.fullname: (each.other, each.on) for each in group if each.other is not None}
    for other, on in joined.values():
        from_ = from_.outerjoin(other, on)
    offends = or_(*(each.check.offenders.whereclause for each in group if each.check.offenders.whereclause is not None))
    return select(FOUND).select_from(from_).where(offends, *group[0].check.within).limit(1)


@dataclass(frozen=True)
class KeyChecks:
    """The names of the checks that pass when every key staged for a table is stored exactly once within the bounds."""

    model: type[StarTable]
    range_: Range | None
    names: frozenset[str]


def key_screens(checks: Iterable[KeyChecks]) -> list[Screen]:
    """Return a screen per staging table, for all tables that are filled from it."""
    groups: dict[type[StagingTable], list[KeyChecks]] = {}
    for each in checks:
        groups.setdefault(each.model.staged_in, []).append(each)
    return [_stored_once(staging, group) for staging, group in groups.items()]


def _stored_once(staging: type[StagingTable], group: Sequence[KeyChecks]) -> Screen:
    """Return the screen of the tables that are filled from one staging table.

    The staging table is outer joined with all of them. A record gives one row if each of its keys is stored once, more rows
    if a key is stored twice, and NULL for a missing key. So nothing is grouped, and a key may be staged more than once.
    """
    records: FromClause = staging.table()
    counts: list[tuple[Label[int], Label[int]]] = []
    for each in group:
        stored, staged = each.model.table(), each.model.staged_keys()
        keys = [same(staged.selected_columns[name], stored.c[name]) for name in each.model.key()]
        is_staged = [] if staged.whereclause is None else [staged.whereclause]
        records = records.outerjoin(stored, and_(*keys, *is_staged, *in_range(stored, each.range_)))
        found = func.count(stored.c[each.model.required_key()]).label(f"{stored.name}_found")
        sought = func.count(*(case((condition, 1)) for condition in is_staged)).label(f"{stored.name}_sought")
        counts.append((found, sought))
    looked_up = select(func.count().label("pairs"), *chain(*counts)).select_from(records).subquery("looked_up")
    staged_rows = select(func.count()).select_from(staging.table()).scalar_subquery()
    differ = [looked_up.c[found.name] != looked_up.c[sought.name] for found, sought in counts]
    names = frozenset[str]().union(*(each.names for each in group))
    return Screen(names, select(FOUND).where(or_(looked_up.c.pairs != staged_rows, *differ)))


def run_screens(connection: Connection, screens: Iterable[Screen]) -> frozenset[str]:
    """Run the screens, and return the names of the checks that have no offenders by them."""
    clean = [screen.names for screen in screens if connection.execute(screen.finds).first() is None]
    return frozenset().union(*clean)
