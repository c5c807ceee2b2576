"""Sessions: how long they are and how many plays they have.

``sparkify_dwh.analytics.measures`` defines a session and listening time. A session lasts from the start of its first play
to the start of its last, because the log holds no ends: a session of one play has length 0. Only plays on the requested
days count, also for sessions that reach beyond them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Label,
    ScalarSelect,
    Select,
    cast,
    desc,
    func,
    literal_column,
    select,
)

from sparkify_dwh.analytics.measures import whole_seconds
from sparkify_dwh.analytics.period import Day, during, limited
from sparkify_dwh.star import Songplay


def sessions(first: Day = None, last: Day = None, *, limit: int | None = None) -> Select[Any]:
    """Which sessions were there, and how long were they?

    One row per session with plays: session_id, user_id, began_at (start of the first play), length_seconds, plays,
    listening_seconds. In order of their start.
    """
    in_order = _sessions(first, last).order_by("began_at", Songplay.session_id, Songplay.user_id)
    return limited(in_order, limit)


def sessions_summary(first: Day = None, last: Day = None) -> Select[Any]:
    """How long are sessions, and how many songs are played in one?

    One row: sessions, mean_seconds, median_seconds, longest_seconds, mean_plays, median_plays, most_plays. Without
    sessions, the others are NULL.
    """
    session = _sessions(first, last).cte("session")
    # As doubles: the AVG of integers is an integer. Redshift guide, r_AVG
    length, plays = cast(session.c.length_seconds, Double), cast(session.c.plays, Double)
    return select(
        func.count().label("sessions"),
        func.avg(length, type_=Double()).label("mean_seconds"),
        median(session, "length_seconds").label("median_seconds"),
        func.max(session.c.length_seconds).label("longest_seconds"),
        func.avg(plays, type_=Double()).label("mean_plays"),
        median(session, "plays").label("median_plays"),
        func.max(session.c.plays).label("most_plays"),
    ).select_from(session)


def plays_per_session(first: Day = None, last: Day = None) -> Select[Any]:
    """How many sessions have one play, two plays, and so on?

    One row per number of plays: plays, sessions.
    """
    return by_number_of_plays(_sessions(first, last).subquery("session"))


def by_number_of_plays(session: FromClause) -> Select[Any]:
    """The rows of ``plays_per_session`` from one row per session with its plays."""
    return select(session.c.plays, func.count().label("sessions")).group_by(session.c.plays).order_by(session.c.plays)


def longest_sessions(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """Which sessions were the longest?

    One row per session with plays, as in ``sessions``. The longest first, then in order of their start.
    """
    in_order = _sessions(first, last).order_by(
        desc("length_seconds"), "began_at", Songplay.session_id, Songplay.user_id
    )
    return limited(in_order, limit)


def _sessions(first: Day, last: Day) -> Select[Any]:
    """One row per session with plays."""
    began = func.min(Songplay.start_time)
    return (
        select(
            Songplay.session_id,
            Songplay.user_id,
            began.label("began_at"),
            length_seconds(began, func.max(Songplay.start_time)),
            func.count().label("plays"),
            whole_seconds(Songplay.song_length).label("listening_seconds"),
        )
        .where(*during(first, last))
        .group_by(Songplay.session_id, Songplay.user_id)
    )


def length_seconds(began: ColumnElement[Any], last_began: ColumnElement[Any]) -> Label[int]:
    """The length of a session, from the start of its first play to the start of its last."""
    return func.datediff(literal_column("second"), began, last_began, type_=BigInteger()).label("length_seconds")


def median(session: CTE, measure: str) -> ScalarSelect[float]:
    """The median of a column, in a query of its own: medians of a query must share their order. Redshift guide, r_MEDIAN"""
    return select(func.median(cast(session.c[measure], Double), type_=Double())).correlate(None).scalar_subquery()
