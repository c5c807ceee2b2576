"""What a report asks of the temporary tables: the questions of ``sparkify_dwh.analytics``, of plays that are added up.

What has the name of a question there means the same, which is tested, and has the columns that the page shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    FromClause,
    Label,
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

from sparkify_dwh.analytics.measures import as_count, whole_seconds
from sparkify_dwh.analytics.period import constant, day_of, during, midnight, week_of
from sparkify_dwh.analytics.user_agents import BROWSERS, PLATFORMS
from sparkify_dwh.report.period import Period
from sparkify_dwh.report.rollups import AUDIENCE, LISTENERS, SONGS, VISITS

visit, member, song, listener = VISITS.c, AUDIENCE.c, SONGS.c, LISTENERS.c
PLACES = {"city": 1, "state": 2}  # of what the comma separates in a location
CLIENTS = {"browser": BROWSERS, "platform": PLATFORMS}


def days_of_data() -> Select[Any]:
    """One row, of all that the warehouse holds: first_day, last_day; NULL without plays."""
    first, last = func.min(listener.first_play), func.max(listener.last_play)
    return select(day_of(first).label("first_day"), day_of(last).label("last_day"))


def levels_per_day() -> Select[Any]:
    """One row per day and level with plays, of the days before too: day, level, plays, seconds, matched_plays."""
    sums = [as_count(func.sum(visit[name])).label(name) for name in ("plays", "matched_plays")]
    day, seconds = day_of(visit.hour).label("day"), whole_seconds(visit.seconds).label("seconds")
    return select(day, visit.level, *sums, seconds).group_by("day", visit.level)


def plays_per_hour(period: Period) -> Select[Any]:
    """One row per hour with plays: hour (its begin), plays."""
    plays = as_count(func.sum(visit.plays)).label("plays")
    return select(visit.hour, plays).where(_since(period)).group_by(visit.hour)


def listeners_by_return() -> Select[Any]:
    """One row per day, and the day on which its listeners were there before: day, before (NULL: never), number."""
    return _by_return(visit.user_id, where=[visit.user_id.is_not(None)])


def sessions_by_return() -> Select[Any]:
    """One row per day, and the day on which its sessions were there before: day, before (NULL: never), number."""
    return _by_return(visit.session_id, visit.user_id)


def new_users_per_day(period: Period) -> Select[Any]:
    """One row per day that was the first of any listener: day, number."""
    day = day_of(listener.first_play).label("day")
    began = [listener.user_id.is_not(None), *during(period.first, period.last, listener.first_play)]
    return select(day, func.count().label("number")).where(*began).group_by("day")


def cohorts(period: Period) -> Select[Any]:
    """One row per week in which listeners began, and week in which they came again: cohort, weeks_since_first, users."""
    week, cohort = week_of(visit.hour).label("week"), week_of(listener.first_play).label("cohort")
    active = (
        select(visit.user_id, week)
        .where(visit.user_id.is_not(None), _since(period))
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


def levels() -> Select[Any]:
    """One row per level at the time of the play: level, plays, listeners, listening_seconds."""
    return _listened(AUDIENCE, member.level.label("level")).order_by("level")


def first_and_last_levels(period: Period) -> Select[Any]:
    """One row per level of listeners at their first play and level at their last: first_level, last_level, listeners.

    Of those who listened at two levels or more.
    """
    several = select(member.user_id).group_by(member.user_id).having(func.min(member.level) < func.max(member.level))
    first_play, last_play = (
        func.row_number().over(partition_by=visit.user_id, order_by=order)
        for order in ((visit.began_at, visit.session_id), (visit.last_began_at.desc(), visit.session_id.desc()))
    )
    placed = (
        select(visit.user_id, visit.level, first_play.label("from_first"), last_play.label("from_last"))
        .where(_since(period), visit.level.is_not(None), visit.user_id.in_(several))
        .cte("placed")
    )
    first, last = placed.alias("first"), placed.alias("last")
    first_level, last_level = first.c.level.label("first_level"), last.c.level.label("last_level")
    return (
        select(first_level, last_level, func.count().label("listeners"))
        .select_from(first.join(last, first.c.user_id == last.c.user_id))
        .where(first.c.from_first == 1, last.c.from_last == 1)
        .group_by(first.c.level, last.c.level)
        .order_by(first.c.level, last.c.level)
    )


def plays_per_session(period: Period) -> Select[Any]:
    """One row per number of plays that a session has: plays, sessions, length_seconds, longest_seconds, median_seconds.

    ``length_seconds`` are those of the row's sessions together; ``median_seconds`` is the same in every row, that of all
    sessions, here because the sessions need not be put together for it once more.
    """
    session = _sessions(period).cte("session")
    length = cast(session.c.length_seconds, Double)
    median = select(func.median(length, type_=Double())).correlate(None).scalar_subquery()
    return (
        select(
            session.c.plays,
            func.count().label("sessions"),
            func.sum(length).label("length_seconds"),
            func.max(session.c.length_seconds).label("longest_seconds"),
            median.label("median_seconds"),
        )
        .group_by(session.c.plays)
        .order_by(session.c.plays)
    )


def places(by: str, limit: int) -> Select[Any]:
    """One row per city (all before the comma) and state, or per state: plays, listeners, listening_seconds."""
    names = ["city", "state"] if by == "city" else ["state"]
    groups = _listened(AUDIENCE, *(_place(name) for name in names))
    return groups.order_by(desc("plays"), *names).limit(limit)


def clients(by: str) -> Select[Any]:
    """One row per browser, or per platform: its name, plays, listeners, listening_seconds."""
    clients = _client(by)
    rows = AUDIENCE.outerjoin(clients, clients.c.user_agent == member.user_agent)
    name = func.coalesce(clients.c.client, constant("unknown")).label(by)
    return _listened(rows, name).order_by(desc("plays"), by)


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
    artists = select(song.artist, func.count().label("songs")).group_by(song.artist).subquery("artists").c
    return select(as_count(func.sum(artists.songs)).label("songs"), func.count(artists.artist).label("artists"))


def _since(period: Period) -> ColumnElement[bool]:
    """Of the visits, those of the period, with whose last day they end."""
    return visit.hour >= constant(midnight(period.first))


def _listened(rows: FromClause, *by: Label[Any]) -> Select[Any]:
    """One row per ``by``, of whom each user is counted once: plays, listeners, listening_seconds."""
    names = [key.name for key in by]
    sums = [as_count(func.sum(member.plays)).label("plays"), func.sum(member.seconds).label("seconds")]
    users = select(*by, member.user_id, *sums).select_from(rows).group_by(*names, member.user_id)
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
    return select(plays, length.label("length_seconds")).where(_since(period)).group_by(visit.session_id, visit.user_id)


def _by_return(*who: ColumnElement[Any], where: Sequence[ColumnElement[bool]] = ()) -> Select[Any]:
    days = select(*who, day_of(visit.hour).label("day")).where(*where).group_by(*who, "day").subquery("days")
    keys = [days.c[key.name] for key in who]
    before = func.lag(days.c.day, type_=Date()).over(partition_by=keys, order_by=days.c.day)
    returns = select(days.c.day, before.label("before")).subquery("returns")
    number = func.count().label("number")
    return select(returns.c.day, returns.c.before, number).group_by(returns.c.day, returns.c.before)


def _place(name: str) -> Label[Any]:
    part = func.split_part(member.location, constant(", "), constant(PLACES[name]))
    return func.nullif(part, constant(""), type_=String()).label(name)


def _client(by: str) -> Subquery:
    """One row per user agent of the audience: user_agent, client (the name that goes with the first pattern that fits)."""
    agents = select(member.user_agent).group_by(member.user_agent).subquery("agents")
    fits = [(agents.c.user_agent.like(constant(pattern)), constant(name)) for pattern, name in CLIENTS[by]]
    client = case(*fits, else_=constant("other")).label("client")
    return select(agents.c.user_agent, client).where(agents.c.user_agent.is_not(None)).subquery("clients")
