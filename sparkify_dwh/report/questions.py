"""What a report asks of the temporary tables: the questions of ``sparkify_dwh.analytics``, of plays that are read once.

What has the name of a question there means the same, which is tested, and has the columns that the page shows.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Label,
    ScalarSelect,
    Select,
    String,
    Subquery,
    case,
    cast,
    desc,
    func,
    literal_column,
    select,
)

from sparkify_dwh.analytics.clients import BROWSERS, PLATFORMS
from sparkify_dwh.analytics.measures import as_count, whole_seconds
from sparkify_dwh.analytics.period import constant, day_of, during, hour_of, week_of
from sparkify_dwh.report.period import Period
from sparkify_dwh.report.visits import LISTENERS, SONGS, VISITS
from sparkify_dwh.star import Songplay

visit, song, listener = VISITS.c, SONGS.c, LISTENERS.c
PLACES = {"city": 1, "state": 2}  # of what the comma separates in a location
CLIENTS = {"browser": BROWSERS, "platform": PLATFORMS}


def days_of_data() -> Select[Any]:
    """One row: first_day, last_day; NULL without plays."""
    first, last = func.min(Songplay.start_time), func.max(Songplay.start_time)
    return select(day_of(first).label("first_day"), day_of(last).label("last_day"))


def levels_per_day(period: Period) -> Select[Any]:
    """One row per day and level with plays: day, level, plays, seconds, matched_plays."""
    sums = [as_count(func.sum(visit[name])).label(name) for name in ("plays", "matched_plays")]
    return (
        select(visit.day, visit.level, *sums, whole_seconds(visit.seconds).label("seconds"))
        .where(_within(period))
        .group_by(visit.day, visit.level)
    )


def plays_per_hour(period: Period) -> Select[Any]:
    """One row per hour with plays: hour (its begin), plays."""
    hour = hour_of(Songplay.start_time).label("hour")
    return select(hour, func.count().label("plays")).where(*during(period.first, period.last)).group_by("hour")


def listeners_by_return(period: Period) -> Select[Any]:
    """One row per day, and the day on which its listeners were there before: day, before (NULL: never), number."""
    return _by_return(period, visit.user_id, having=visit.user_id.is_not(None))


def sessions_by_return(period: Period) -> Select[Any]:
    """One row per day, and the day on which its sessions were there before: day, before (NULL: never), number."""
    return _by_return(period, visit.session_id, visit.user_id)


def new_users_per_day(period: Period) -> Select[Any]:
    """One row per day that was the first of any listener: day, number."""
    day = day_of(listener.first_play).label("day")
    began = during(period.first, period.last, listener.first_play)
    return select(day, func.count().label("number")).where(*began).group_by("day")


def cohorts(period: Period) -> Select[Any]:
    """One row per week in which listeners began, and week in which they came again: cohort, weeks_since_first, users."""
    week, cohort = week_of(visit.day).label("week"), week_of(listener.first_play).label("cohort")
    active = (
        select(visit.user_id, week)
        .where(visit.user_id.is_not(None), _within(period))
        .group_by(visit.user_id, "week")
        .subquery("active")
    )
    days = func.datediff(literal_column("day"), cohort.element, active.c.week, type_=BigInteger())
    return (
        select(cohort, (days // constant(7)).label("weeks_since_first"), func.count().label("users"))
        .select_from(active.join(LISTENERS, listener.user_id == active.c.user_id))
        .where(*during(period.first, period.last, listener.first_play))
        .group_by("cohort", "weeks_since_first")
        .order_by("cohort", "weeks_since_first")
    )


def levels(period: Period) -> Select[Any]:
    """One row per level at the time of the play: level, plays, listeners, listening_seconds."""
    return _listened(period, VISITS, visit.level.label("level")).order_by("level")


def first_and_last_levels(period: Period) -> Select[Any]:
    """One row per level of listeners at their first play and level at their last: first_level, last_level, listeners."""
    listened = [_within(period), visit.user_id.is_not(None), visit.level.is_not(None)]
    first, last = (
        select(
            visit.user_id,
            visit.level,
            func.row_number().over(partition_by=visit.user_id, order_by=order).label("place"),
        )
        .where(*listened)
        .subquery(name)
        for name, order in {
            "first": (visit.began_at, visit.session_id),
            "last": (visit.last_began_at.desc(), visit.session_id.desc()),
        }.items()
    )
    first_level, last_level = first.c.level.label("first_level"), last.c.level.label("last_level")
    return (
        select(first_level, last_level, func.count().label("listeners"))
        .select_from(first.join(last, first.c.user_id == last.c.user_id))
        .where(first.c.place == 1, last.c.place == 1)
        .group_by(first.c.level, last.c.level)
        .order_by(first.c.level, last.c.level)
    )


def sessions_summary(period: Period) -> Select[Any]:
    """One row: sessions, mean_length_seconds, median_length_seconds, longest_length_seconds, mean_plays, median_plays."""
    session = _sessions(period).cte("session")
    length, plays = cast(session.c.length_seconds, Double), cast(session.c.plays, Double)
    return select(
        func.count().label("sessions"),
        func.avg(length).label("mean_length_seconds"),
        _median(session.c.length_seconds).label("median_length_seconds"),
        func.max(session.c.length_seconds).label("longest_length_seconds"),
        func.avg(plays).label("mean_plays"),
        _median(session.c.plays).label("median_plays"),
    ).select_from(session)


def plays_per_session(period: Period) -> Select[Any]:
    """One row per number of plays that a session has: plays, sessions."""
    session = _sessions(period).subquery("session")
    return select(session.c.plays, func.count().label("sessions")).group_by(session.c.plays).order_by(session.c.plays)


def places(period: Period, by: str, limit: int) -> Select[Any]:
    """One row per city (all before the comma) and state, or per state: plays, listeners, listening_seconds."""
    names = ["city", "state"] if by == "city" else ["state"]
    groups = _listened(period, VISITS, *(_place(name) for name in names))
    return groups.order_by(desc("plays"), *names).limit(limit)


def clients(period: Period, by: str) -> Select[Any]:
    """One row per browser, or per platform: its name, plays, listeners, listening_seconds."""
    clients = _client(by)
    rows = VISITS.outerjoin(clients, clients.c.user_agent == visit.user_agent)
    name = func.coalesce(clients.c.client, constant("unknown")).label(by)
    return _listened(period, rows, name).order_by(desc("plays"), by)


def top_songs(limit: int) -> Select[Any]:
    """One row per title and artist as logged: song, artist, plays, seconds, matched_plays. The most played first."""
    return select(SONGS).order_by(song.plays.desc(), song.song, song.artist).limit(limit)


def top_artists(limit: int) -> Select[Any]:
    """One row per artist as logged: artist, songs, plays, seconds, matched_plays. The most played first."""
    sums = [as_count(func.sum(song[name])).label(name) for name in ("plays", "matched_plays")]
    seconds, songs = func.sum(song.seconds).label("seconds"), func.count(song.song).label("songs")
    artists = select(song.artist, songs, *sums, seconds).group_by(song.artist)
    return artists.order_by(desc("plays"), song.artist).limit(limit)


def missing_songs(limit: int) -> Select[Any]:
    """One row per title and artist as logged that the catalogue lacks: song, artist, plays. The most played."""
    missed = (song.plays - song.matched_plays).label("missed")
    by_plays: tuple[Any, ...] = (desc("missed"), song.song, song.artist)
    return (
        select(song.song, song.artist, missed).where(song.matched_plays < song.plays).order_by(*by_plays).limit(limit)
    )


def songs_played() -> Select[Any]:
    """One row: how many songs were played, of how many artists."""
    return select(func.count().label("songs"), func.count(song.artist.distinct()).label("artists"))


def _within(period: Period) -> ColumnElement[bool]:
    return visit.day.between(constant(period.first), constant(period.last))


def _listened(period: Period, rows: FromClause, *by: Label[Any]) -> Select[Any]:
    """One row per ``by``, of whom each user is counted once: plays, listeners, listening_seconds."""
    names = [key.name for key in by]
    sums = [as_count(func.sum(visit.plays)).label("plays"), func.sum(visit.seconds).label("seconds")]
    users = select(*by, visit.user_id, *sums).select_from(rows).where(_within(period)).group_by(*names, visit.user_id)
    user = users.subquery("users").c
    groups = [user[name] for name in names]
    return select(
        *groups,
        as_count(func.sum(user.plays)).label("plays"),
        func.count(user.user_id).label("listeners"),
        whole_seconds(user.seconds).label("listening_seconds"),
    ).group_by(*groups)


def _sessions(period: Period) -> Select[Any]:
    """One row per session with plays: plays, length_seconds (from its first play's start to its last's)."""
    length = func.datediff(
        literal_column("second"), func.min(visit.began_at), func.max(visit.last_began_at), type_=BigInteger()
    )
    plays = as_count(func.sum(visit.plays)).label("plays")
    return (
        select(plays, length.label("length_seconds")).where(_within(period)).group_by(visit.session_id, visit.user_id)
    )


def _median(measure: ColumnElement[Any]) -> ScalarSelect[float]:
    """In a query of its own: two medians in one must have the same order. Redshift guide, r_MEDIAN"""
    return select(func.median(cast(measure, Double), type_=Double())).correlate(None).scalar_subquery()


def _by_return(period: Period, *who: ColumnElement[Any], having: ColumnElement[bool] | None = None) -> Select[Any]:
    conditions = [_within(period)] if having is None else [_within(period), having]
    days = select(*who, visit.day).where(*conditions).group_by(*who, visit.day).subquery("days")
    keys = [days.c[key.name] for key in who]
    before = func.lag(days.c.day, type_=days.c.day.type).over(partition_by=keys, order_by=days.c.day)
    returns = select(days.c.day, before.label("before")).subquery("returns")
    number = func.count().label("number")
    return select(returns.c.day, returns.c.before, number).group_by(returns.c.day, returns.c.before)


def _place(name: str) -> Label[Any]:
    part = func.split_part(visit.location, constant(", "), constant(PLACES[name]))
    return func.nullif(part, constant(""), type_=String()).label(name)


def _client(by: str) -> Subquery:
    """One row per user agent of the visits: user_agent, client (the name that goes with the first pattern that fits)."""
    agents = select(visit.user_agent).group_by(visit.user_agent).subquery("agents")
    fits = [(agents.c.user_agent.like(constant(pattern)), constant(name)) for pattern, name in CLIENTS[by]]
    client = case(*fits, else_=constant("other")).label("client")
    return select(agents.c.user_agent, client).where(agents.c.user_agent.is_not(None)).subquery("clients")
