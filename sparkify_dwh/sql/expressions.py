"""Expressions that Redshift lacks or needs written out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, SmallInteger, String, Subquery, and_, cast, extract, func, or_, select


def trimmed(text: Any) -> ColumnElement[str]:
    """A text without trailing blanks, which Redshift ignores when it compares. Redshift guide, r_Character_types"""
    return func.rtrim(text, " ", type_=String())


def part(name: str, moment: ColumnElement[Any]) -> ColumnElement[int]:
    """A part of a time. Redshift guide, r_Dateparts_for_datetime_functions: week is the ISO week, dow 0 is Sunday."""
    return cast(extract(name, moment), SmallInteger).label(name)


def not_before(pairs: Iterable[tuple[ColumnElement[Any], ColumnElement[Any]]]) -> ColumnElement[bool]:
    """True of the rows whose first columns come after, or with, their second columns, compared one after the other.

    Written out, for Redshift has no row constructors. Redshift guide, c_unsupported-postgresql-features
    """
    (left, right), *rest = pairs
    if not rest:
        return left >= right
    return or_(left > right, and_(left == right, not_before(rest)))


def placed_first(ranked: Subquery) -> Select[Any]:
    """The rows whose ``place`` is 1, without it."""
    return select(*(column for column in ranked.c if column.name != "place")).where(ranked.c.place == 1)
