"""How people listen in one sitting.

What a session is, and what its listening time: see ``sparkify_dwh.analytics.measures``. Its length is from the start of
its first play to the start of its last, which is what the log knows: a session of one play has length 0. Of a session
that goes beyond the days asked for, the plays within them count.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, Double, ScalarSelect, Select, cast, desc, func, literal_column, select

from sparkify_dwh.analytics.measures import whole_seconds
from sparkify_dwh.analytics.period import Day, during, limited
from sparkify_dwh.star import Songplay


def sessions(first: Day = None, last: Day = None, *, limit: int | None = None) -> Select[Any]:
    """Which sessions were there, and how long were they?

    One row per session with plays: session_id, user_id, began_at (start of the first play), length_seconds, plays,
    listening_seconds. In the order in which they began.
    """
    in_order = _sessions(first, last).order_by("began_at", Songplay.session_id, Songplay.user_id)
    return limited(in_order, limit)


def sessions_summary(first: Day = None, last: Day = None) -> Select[Any]:
    """How long are sessions, and how many songs are played in one?

    One row: sessions; of their lengths mean_seconds, median_seconds, longest_seconds; of their plays mean_plays,
    median_plays, most_plays. All but sessions are NULL when there are none.
    """
    session = _sessions(first, last).cte("session")
    # As doubles: the AVG of integers is an integer. Redshift guide, r_AVG
    length, plays = cast(session.c.length_seconds, Double), cast(session.c.plays, Double)
    return select(
        func.count().label("sessions"),
        func.avg(length, type_=Double()).label("mean_seconds"),
        _median(session, "length_seconds").label("median_seconds"),
        func.max(session.c.length_seconds).label("longest_seconds"),
        func.avg(plays, type_=Double()).label("mean_plays"),
        _median(session, "plays").label("median_plays"),
        func.max(session.c.plays).label("most_plays"),
    ).select_from(session)


def plays_per_session(first: Day = None, last: Day = None) -> Select[Any]:
    """How many sessions have one play, two plays, and so on?

    One row per number of plays that a session has: plays, sessions.
    """
    session = _sessions(first, last).subquery("session")
    return select(session.c.plays, func.count().label("sessions")).group_by(session.c.plays).order_by(session.c.plays)


def longest_sessions(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """Which sessions were the longest?

    One row per session with plays, as in ``sessions``, the longest first, then in the order in which they began.
    """
    in_order = _sessions(first, last).order_by(
        desc("length_seconds"), "began_at", Songplay.session_id, Songplay.user_id
    )
    return limited(in_order, limit)


def _sessions(first: Day, last: Day) -> Select[Any]:
    """One row per session with plays."""
    began, last_began = func.min(Songplay.start_time), func.max(Songplay.start_time)
    length = func.datediff(literal_column("second"), began, last_began, type_=BigInteger())
    return (
        select(
            Songplay.session_id,
            Songplay.user_id,
            began.label("began_at"),
            length.label("length_seconds"),
            func.count().label("plays"),
            whole_seconds(Songplay.song_length).label("listening_seconds"),
        )
        .where(*during(first, last))
        .group_by(Songplay.session_id, Songplay.user_id)
    )


def _median(session: CTE, measure: str) -> ScalarSelect[float]:
    """The median, in a query of its own: two in one must have the same order. Redshift guide, r_MEDIAN"""
    return select(func.median(cast(session.c[measure], Double), type_=Double())).correlate(None).scalar_subquery()
