"""New and returning users.

A user is new in the week of their first play in the warehouse: so the plays before the first day are read too, and in the
first week with data all users are new. Weeks are ISO weeks, named by their Mondays.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, Subquery, case, func, literal_column, select

from sparkify_dwh.analytics.measures import as_count, fraction
from sparkify_dwh.analytics.period import Day, constant, during, week_of
from sparkify_dwh.star import Songplay


def new_and_returning_users(first: Day = None, last: Day = None) -> Select[Any]:
    """How many of a week's listeners are new, and how many had listened in a week before?

    One row per week with plays: week, listeners, new_users, returning_users.
    """
    active, began = _active_weeks(first, last), first_plays(last)
    is_new = week_of(began.c.first_play) == active.c.week
    return (
        select(
            active.c.week,
            func.count().label("listeners"),
            _count_if(is_new).label("new_users"),
            _count_if(~is_new).label("returning_users"),
        )
        .select_from(active.join(began, began.c.user_id == active.c.user_id))
        .group_by(active.c.week)
        .order_by(active.c.week)
    )


def cohorts(first: Day = None, last: Day = None) -> Select[Any]:
    """Of the users who began in a week, how many listen one, two, three ... weeks later?

    One row per cohort (the Monday of the week in which its users began) and weeks_since_first (0, 1, 2 ...) in which any
    of them listened: cohort, weeks_since_first, users, cohort_users, share (0 to 1). The users are those whose first play
    is on the days asked for; the last week may be incomplete.
    """
    return cohorts_of(_active_weeks(first, last), first_plays(last), first, last)


def cohorts_of(active: FromClause, began: FromClause, first: Day, last: Day) -> Select[Any]:
    """The rows of ``cohorts`` from active weeks (user_id, week) and first plays (user_id, first_play)."""
    cohort = week_of(began.c.first_play).label("cohort")
    days = func.datediff(literal_column("day"), cohort.element, active.c.week, type_=BigInteger())
    weeks_since_first = (days // constant(7)).label("weeks_since_first")
    began_then = (
        select(active.c.user_id, cohort, weeks_since_first)
        .select_from(active.join(began, began.c.user_id == active.c.user_id))
        .where(*during(first, last, began.c.first_play))
        .subquery("began_then")
    )
    users = func.count().label("users")
    by_week = (
        select(began_then.c.cohort, began_then.c.weeks_since_first, users)
        .group_by(began_then.c.cohort, began_then.c.weeks_since_first)
        .subquery("by_week")
    )
    # All of a cohort listened in its first week, so no week has more.
    cohort_users = func.max(by_week.c.users).over(partition_by=by_week.c.cohort)
    return select(
        by_week.c.cohort,
        by_week.c.weeks_since_first,
        by_week.c.users,
        cohort_users.label("cohort_users"),
        fraction(by_week.c.users, cohort_users).label("share"),
    ).order_by(by_week.c.cohort, by_week.c.weeks_since_first)


def first_plays(last: Day) -> Subquery:
    """One row per user who listened up to the last day, with the time of their first play."""
    first_play = func.min(Songplay.start_time).label("first_play")
    listened = [Songplay.user_id.is_not(None), *during(None, last)]
    return select(Songplay.user_id, first_play).where(*listened).group_by(Songplay.user_id).subquery("first_plays")


def _active_weeks(first: Day, last: Day) -> Subquery:
    """One row per user and week in which the user listened on these days."""
    return active_weeks(Songplay.user_id, Songplay.start_time, *during(first, last))


def active_weeks(user_id: Any, start: Any, *where: ColumnElement[bool]) -> Subquery:
    """One row per known user and week in which the user listened; ``start`` is the column with the time of the plays."""
    week = week_of(start).label("week")
    return select(user_id, week).where(user_id.is_not(None), *where).group_by(user_id, "week").subquery("active_weeks")


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return as_count(func.sum(case((condition, constant(1)), else_=constant(0))))
