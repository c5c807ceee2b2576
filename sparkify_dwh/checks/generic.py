"""The checks that follow from the models: keys, what may not be NULL, references, allowed values, what was staged.

Keys are counted by GROUP BY ... HAVING: Redshift's planner trusts the keys that are declared, so that DISTINCT may show a
row twice or hide it. Redshift guide, t_Defining_constraints
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import and_, between, func, or_, select

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.check import ERROR, Check, Scope, rows_of
from sparkify_dwh.sql.merge import in_range, same_key
from sparkify_dwh.star import STAR, TABLES, trimmed
from sparkify_dwh.utils.text import listed


def derived_checks(scope: Scope) -> list[Check]:
    """The checks that follow from the models' declarations, table by table."""
    checks: list[Check] = []
    for model in filter(scope.covers, STAR):
        declared = [*unique_keys(model), required_values(model), *references(model, scope), *allowed_values(model)]
        checks += [scope.narrowed(each, model) for each in declared]
        if scope.is_batch:
            checks.append(all_staged(model, scope))
    return checks


def unique_keys(model: type[StarTable]) -> Iterator[Check]:
    """The primary key, which the planner trusts, and the natural key, by which a load knows its rows again."""
    table = model.table()
    keys = {tuple(column.name for column in table.primary_key), tuple(model.key())}
    for names in sorted(keys, key=len):
        columns = [table.c[name] for name in names]
        yield Check(
            _is_unique(model, names),
            f"No two rows of {table.name} have the same {listed(names)}.",
            ERROR,
            select(*columns, func.count().label("times")).group_by(*columns).having(func.count() > 1),
        )


def _is_unique(model: type[StarTable], names: Sequence[str]) -> str:
    return f"{model.__tablename__}.{names[0] if len(names) == 1 else 'natural_key'} is unique"


def _has_all_staged(model: type[StarTable]) -> str:
    return f"{model.__tablename__} has all that was staged"


def key_checks(model: type[StarTable]) -> frozenset[str]:
    """The names of the checks that hold of a batch, when every key of it is stored once."""
    return frozenset({_is_unique(model, model.key()), _has_all_staged(model)})


def required_values(model: type[StarTable]) -> Check:
    """Redshift enforces NOT NULL, but cannot add it to a column that is there. Redshift guide, r_ALTER_TABLE"""
    required = [column for column in model.table().columns if not column.nullable]
    return Check(
        f"{model.__tablename__} has its required values",
        f"Every row of {model.__tablename__} has {listed(column.name for column in required)}.",
        ERROR,
        select(*required).where(or_(*(column.is_(None) for column in required))),
    )


def references(model: type[StarTable], scope: Scope) -> Iterator[Check]:
    """No orphans: what a column points at is there. Bounds on the sort key go for what it points at too."""
    stored = model.table()
    for name, target_name in model.references.items():
        target = TABLES[target_name]
        (key,) = (target.table().c[key] for key in target.key())
        found = stored.c[name] == key
        bounds = scope.bounds(model)
        if bounds is not None and name == stored.dialect_options["redshift"]["sortkey"]:
            found = and_(found, between(key, *bounds))
        yield Check(
            f"{stored.name}.{name} is in {target_name}",
            f"Every {name} of {stored.name} is that of a row of {target_name}.",
            ERROR,
            rows_of(model, name).outerjoin(target, found).where(stored.c[name].is_not(None), key.is_(None)),
        )


def allowed_values(model: type[StarTable]) -> Iterator[Check]:
    """Trailing blanks aside, which Redshift ignores when it compares. Redshift guide, r_Character_types"""
    for name, allowed in model.allowed_values.items():
        yield Check(
            f"{model.__tablename__}.{name} is an allowed value",
            f"Every {name} of {model.__tablename__} is {listed(allowed, 'or')}.",
            ERROR,
            rows_of(model, name).where(trimmed(model.table().c[name]).not_in(allowed)),
        )


def all_staged(model: type[StarTable], scope: Scope) -> Check:
    """Rows staged are rows loaded: deliveries of one record are told apart before, and counted by the load's report."""
    stored, staged = model.table(), model.staged_keys().subquery("staged")
    matched = and_(same_key(model, stored, staged), *in_range(stored, scope.bounds(model)))
    is_missing = stored.c[model.key()[0]].is_(None)
    return Check(
        _has_all_staged(model),
        f"Every {listed(model.key())} that was staged is in {stored.name}.",
        ERROR,
        select(*staged.c).select_from(staged.outerjoin(stored, matched)).where(is_missing).group_by(*staged.c),
    )
