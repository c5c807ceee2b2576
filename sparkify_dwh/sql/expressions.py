"""Expressions that Redshift lacks or needs written out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, SmallInteger, String, Subquery, and_, cast, extract, func, or_, select


def trimmed(text: Any) -> ColumnElement[str]:
    """Return a text without trailing blanks, which Redshift ignores in comparisons. Redshift guide, r_Character_types"""
    return func.rtrim(text, " ", type_=String())


def part(name: str, moment: ColumnElement[Any]) -> ColumnElement[int]:
    """Return a part of a time: week is the ISO week, dow 0 is Sunday. Redshift guide, r_Dateparts_for_datetime_functions"""
    return cast(extract(name, moment), SmallInteger).label(name)


def not_before(pairs: Iterable[tuple[ColumnElement[Any], ColumnElement[Any]]]) -> ColumnElement[bool]:
    """Return the condition (left, ...) >= (right, ...), compared column by column.

    Written out because Redshift has no row constructors. Redshift guide, c_unsupported-postgresql-features
    """
    (left, right), *rest = pairs
    if not rest:
        return left >= right
    return or_(left > right, and_(left == right, not_before(rest)))


def placed_first(ranked: Subquery) -> Select[Any]:
    """Return the rows whose ``place`` is 1, without that column."""
    return select(*(column for column in ranked.c if column.name != "place")).where(ranked.c.place == 1)
