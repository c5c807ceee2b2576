"""The checks that follow from the models: keys, required values, references, allowed values, what was staged.

Keys are counted by GROUP BY ... HAVING: Redshift's planner trusts the keys that are declared, so that DISTINCT may show a
row twice or hide it. Redshift guide, t_Defining_constraints
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Column, Select, and_, between, func, or_, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.check import ERROR, Check, rows_of
from sparkify_dwh.checks.rules import DECLARED_RULES, CheckRules
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.sql.batch import Range
from sparkify_dwh.sql.expressions import trimmed
from sparkify_dwh.sql.merge import in_range, same_key
from sparkify_dwh.utils.text import listed


def derived_checks(star: Sequence[type[StarTable]], scope: Scope, rules: CheckRules = DECLARED_RULES) -> list[Check]:
    """Return the checks that follow from the models' declarations, table by table."""
    tables = {model.__tablename__: model for model in star}
    checks: list[Check] = []
    for model in filter(scope.covers, star):
        declared = [
            *unique_keys(model),
            required_values(model),
            *references(model, tables, scope),
            *allowed_values(model, rules),
        ]
        checks += [scope.narrowed(each, model) for each in declared]
        if scope.is_batch:
            checks.append(all_staged(model, scope))
    return checks


@cache
def unique_keys(model: type[StarTable]) -> tuple[Check, ...]:
    """Check the primary key, which the planner trusts, and the natural key, by which a load recognises its rows."""
    table = model.table()
    keys = {tuple(column.name for column in table.primary_key), tuple(model.key())}
    return tuple(
        Check(
            _is_unique(model, names),
            f"No two rows of {table.name} have the same {listed(names)}.",
            ERROR,
            _repeated([table.c[name] for name in names]),
        )
        for names in sorted(keys, key=len)
    )


def _repeated(columns: Sequence[Column[Any]]) -> Select[Any]:
    return select(*columns, func.count().label("times")).group_by(*columns).having(func.count() > 1)


def _is_unique(model: type[StarTable], names: Sequence[str]) -> str:
    return f"{model.__tablename__}.{names[0] if len(names) == 1 else 'natural_key'} is unique"


def _has_all_staged(model: type[StarTable]) -> str:
    return f"{model.__tablename__} has all that was staged"


def key_checks(model: type[StarTable]) -> frozenset[str]:
    """Return the names of the checks that pass for a batch when each of its keys is stored exactly once."""
    return frozenset({_is_unique(model, model.key()), _has_all_staged(model)})


@cache
def required_values(model: type[StarTable]) -> Check:
    """Check NOT NULL: Redshift enforces it, but cannot add it to an existing column. Redshift guide, r_ALTER_TABLE"""
    required = [column for column in model.table().columns if not column.nullable]
    return Check(
        f"{model.__tablename__} has its required values",
        f"Every row of {model.__tablename__} has {listed(column.name for column in required)}.",
        ERROR,
        select(*required).where(or_(*(column.is_(None) for column in required))),
    )


def references(model: type[StarTable], tables: Mapping[str, type[StarTable]], scope: Scope) -> Iterator[Check]:
    """Check that no row is an orphan. Bounds on the sort key apply to the referenced table too."""
    stored = model.table()
    for name, target_name in model.references.items():
        bounds = scope.bounds(model) if name == stored.dialect_options["redshift"]["sortkey"] else None
        yield Check(
            f"{stored.name}.{name} is in {target_name}",
            f"Every {name} of {stored.name} is that of a row of {target_name}.",
            ERROR,
            _orphans(model, name, tables[target_name], bounds),
        )


@lru_cache(maxsize=64)
def _orphans(model: type[StarTable], name: str, target: type[StarTable], bounds: Range | None) -> Select[Any]:
    referring = model.table().c[name]
    (key,) = (target.table().c[key] for key in target.key())
    matched = referring == key if bounds is None else and_(referring == key, between(key, *bounds))
    return rows_of(model, name).outerjoin(target, matched).where(referring.is_not(None), key.is_(None))


def allowed_values(model: type[StarTable], rules: CheckRules) -> Iterator[Check]:
    """Check the values of columns, ignoring trailing blanks as Redshift does. Redshift guide, r_Character_types"""
    for name, declared in model.allowed_values.items():
        allowed = rules.values(model.__tablename__, name, declared)
        yield Check(
            is_allowed_value(model, name),
            f"Every {name} of {model.__tablename__} is {listed(allowed, 'or')}.",
            ERROR,
            _not_allowed(model, name, tuple(allowed)),
        )


@lru_cache(maxsize=64)
def _not_allowed(model: type[StarTable], name: str, allowed: tuple[str, ...]) -> Select[Any]:
    return rows_of(model, name).where(trimmed(model.table().c[name]).not_in(allowed))


def is_allowed_value(model: type[StarTable], column: str) -> str:
    """Return the name of the check of a column's values."""
    return f"{model.__tablename__}.{column} is an allowed value"


def all_staged(model: type[StarTable], scope: Scope) -> Check:
    """Check that every staged key is stored. Duplicates are removed before, and counted in the load's report."""
    stored, staged = model.table(), model.staged_keys().subquery("staged")
    matched = and_(same_key(model, stored, staged), *in_range(stored, scope.bounds(model)))
    is_missing = stored.c[model.required_key()].is_(None)
    return Check(
        _has_all_staged(model),
        f"Every {listed(model.key())} that was staged is in {stored.name}.",
        ERROR,
        select(*staged.c).select_from(staged.outerjoin(stored, matched)).where(is_missing).group_by(*staged.c),
        checked=select(func.count()).select_from(model.staged_keys().distinct().subquery("staged")),
    )
