"""The measures of plays, defined once.

A **session** is a session number together with a user, because the app may reuse a number for another user. A session
counts in every group with a play of it, so one that goes past midnight counts on both days: sessions, like listeners, do
not add up over days. The star holds only plays, so sessions without a play are missing.

**Listening time** is the logged length of the songs that were started: an upper bound, because the log does not hold how
much of them was heard. A play without a user adds no listener, one without a length no listening time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, FromClause, Label, Select, Subquery, cast, desc, func, select

from sparkify_dwh.analytics.period import constant
from sparkify_dwh.star import Songplay


def activity(rows: FromClause, *by: str) -> Select[Any]:
    """One row per ``by``: plays, listeners, sessions, listening_seconds.

    ``rows`` have the columns ``by``, user_id, plays and seconds: those of :func:`session_plays`, or of a table that holds
    plays added up. Sessions are counted where there is a row per session, which its session_id shows.
    """
    keys = [rows.c[name] for name in by]
    sessions = [func.count().label("sessions")] if "session_id" in rows.c else []
    return select(
        *keys,
        as_count(func.sum(rows.c.plays)).label("plays"),
        func.count(rows.c.user_id.distinct()).label("listeners"),
        *sessions,
        whole_seconds(rows.c.seconds).label("listening_seconds"),
    ).group_by(*keys)


def most_active(rows: FromClause, *by: str) -> Select[Any]:
    """The rows of :func:`activity`, those with the most plays first, then in order of their names."""
    return activity(rows, *by).order_by(desc("plays"), *by)


def session_plays(*by: Any, where: Sequence[ColumnElement[bool]], join: Any = None) -> Subquery:
    """One row per session and ``by``, with its plays and seconds.

    Sessions are counted as rows of this subquery, because COUNT(DISTINCT ...) takes one expression on Redshift and a
    session has two. A computed key is grouped by its label, which must not be the name of a column.
    """
    plays = select(
        *by,
        Songplay.session_id,
        Songplay.user_id,
        func.count().label("plays"),
        func.sum(Songplay.song_length).label("seconds"),
    )
    joined = plays.select_from(Songplay) if join is None else plays.select_from(Songplay).join(join)
    groups = [key.name if isinstance(key, Label) else key for key in by]
    return joined.where(*where).group_by(*groups, Songplay.session_id, Songplay.user_id).subquery("visits")


def as_count(number: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum of counts as a BIGINT, 0 for NULL: SUM returns NUMERIC on Redshift. Redshift guide, r_SUM"""
    return cast(func.coalesce(number, constant(0)), BigInteger)


def whole_seconds(length: Any) -> ColumnElement[int]:
    """The sum of lengths, rounded to seconds; unknown lengths count as 0."""
    return cast(func.round(func.coalesce(func.sum(length), constant(0))), BigInteger)


def fraction(part: ColumnElement[int], whole: ColumnElement[int]) -> ColumnElement[Any]:
    """A part of a whole, from 0 to 1; NULL when the whole is 0. As doubles: Redshift divides integers as integers."""
    return cast(part, Double) / cast(func.nullif(whole, constant(0)), Double)
