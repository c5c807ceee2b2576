"""Who listens, and who pays.

Names and the present level come from ``users``: those of the user's latest event of any page. Listening time is an upper
bound: see ``sparkify_dwh.analytics.measures``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, String, func, select

from sparkify_dwh.analytics.measures import activity, session_plays
from sparkify_dwh.analytics.period import Day, day_of, during, limited
from sparkify_dwh.star import Songplay, User


def top_users(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """Who listens most, and for how long?

    One row per user with plays: user_id, first_name, last_name, level (the present one), plays, sessions,
    listening_seconds. The most plays first, then by user_id.
    """
    by_user = session_plays(where=[Songplay.user_id.is_not(None), *during(first, last)])
    active = activity(by_user, "user_id").subquery("active")
    most_plays_first = (
        select(
            active.c.user_id,
            User.first_name,
            User.last_name,
            User.level,
            active.c.plays,
            active.c.sessions,
            active.c.listening_seconds,
        )
        .select_from(active.outerjoin(User, User.user_id == active.c.user_id))
        .order_by(active.c.plays.desc(), active.c.user_id)
    )
    return limited(most_plays_first, limit)


def levels(first: Day = None, last: Day = None) -> Select[Any]:
    """How do free and paid listening compare?

    One row per level at the time of the play: level, plays, listeners, sessions, listening_seconds. A user who
    changed level is a listener of both.
    """
    return activity(session_plays(Songplay.level, where=during(first, last)), "level").order_by("level")


def levels_per_day(first: Day = None, last: Day = None) -> Select[Any]:
    """How do free and paid listening compare, day after day?

    One row per day and level with plays: day, level, plays, listeners, sessions, listening_seconds.
    """
    day = day_of(Songplay.start_time).label("day")
    return activity(session_plays(day, Songplay.level, where=during(first, last)), "day", "level").order_by(
        "day", "level"
    )


def level_changes(first: Day = None, last: Day = None) -> Select[Any]:
    """Who began to pay, or stopped?

    One row per change of level between consecutive plays of a user: changed_at (start of the first play at the new level;
    the change itself came some time before), user_id, first_name, last_name, from_level, to_level. The play before may
    lie before the first day, so all earlier plays are read.
    """
    in_order = (Songplay.start_time, Songplay.session_id, Songplay.item_in_session)
    level_before = func.lag(Songplay.level, type_=String()).over(partition_by=Songplay.user_id, order_by=in_order)
    has_level = [Songplay.user_id.is_not(None), Songplay.level.is_not(None)]
    played = (
        select(
            Songplay.user_id,
            Songplay.start_time,
            Songplay.session_id,
            Songplay.item_in_session,
            Songplay.level,
            level_before.label("level_before"),
        )
        .where(*has_level, *during(None, last))
        .subquery("played")
    )
    return (
        select(
            played.c.start_time.label("changed_at"),
            played.c.user_id,
            User.first_name,
            User.last_name,
            played.c.level_before.label("from_level"),
            played.c.level.label("to_level"),
        )
        .select_from(played.outerjoin(User, User.user_id == played.c.user_id))
        .where(played.c.level != played.c.level_before, *during(first, last, played.c.start_time))
        .order_by(played.c.start_time, played.c.user_id, played.c.session_id, played.c.item_in_session)
    )
