"""Questions on a report's temporary tables.

What the report asks as ``sparkify_dwh.analytics`` does is built by the same functions, from the temporary tables. The rest
is what a page needs to compute any days of its period: daily numbers, and when listeners and sessions were last there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Date, Double, Label, Select, Subquery, cast, func, select

from sparkify_dwh.analytics import geography, retention, user_agents
from sparkify_dwh.analytics.catalogue import most_played_first
from sparkify_dwh.analytics.measures import activity, as_count, most_active, whole_seconds
from sparkify_dwh.analytics.overview import first_and_last_day
from sparkify_dwh.analytics.period import constant, day_of, during, midnight
from sparkify_dwh.analytics.sessions import by_number_of_plays, length_seconds, median
from sparkify_dwh.report.period import Period
from sparkify_dwh.report.rollups import AUDIENCE, LISTENERS, SESSION_HOURS, SONGS

session_hour, member, song, listener = SESSION_HOURS.c, AUDIENCE.c, SONGS.c, LISTENERS.c


def days_of_data() -> Select[Any]:
    """From which day to which are there plays?

    One row, of all days in the warehouse: first_day, last_day; NULL without plays.
    """
    return select(*first_and_last_day(func.min(listener.first_play), func.max(listener.last_play)))


def levels_per_day() -> Select[Any]:
    """How much is listened to at each level, day after day?

    One row per day and level with plays, of the days before the period too: day, level, plays, matched_plays, seconds.
    """
    day, seconds = day_of(session_hour.hour).label("day"), whole_seconds(session_hour.seconds).label("seconds")
    return select(day, session_hour.level, *_sums(session_hour), seconds).group_by("day", session_hour.level)


def plays_per_hour(period: Period) -> Select[Any]:
    """How many plays are there, hour after hour?

    One row per hour with plays: hour (its start), plays.
    """
    plays = as_count(func.sum(session_hour.plays)).label("plays")
    return select(session_hour.hour, plays).where(_since(period)).group_by(session_hour.hour)


def listeners_by_return() -> Select[Any]:
    """How many listeners of a day were last there one day before, two days before, and so on?

    One row per day and the last day before on which its listeners listened: day, before (NULL: none), number.
    """
    return _by_return(session_hour.user_id, where=[session_hour.user_id.is_not(None)])


def sessions_by_return() -> Select[Any]:
    """How many sessions of a day already had plays one day before, two days before, and so on?

    One row per day and the last day before on which its sessions had plays: day, before (NULL: none), number.
    """
    return _by_return(session_hour.session_id, session_hour.user_id)


def new_users_per_day(period: Period) -> Select[Any]:
    """How many users listened for the first time, day after day?

    One row per day with new listeners: day, number.
    """
    day = day_of(listener.first_play).label("day")
    began = [listener.user_id.is_not(None), *during(period.first, period.last, listener.first_play)]
    return select(day, func.count().label("number")).where(*began).group_by("day")


def cohorts(period: Period) -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.cohorts`."""
    active = retention.active_weeks(session_hour.user_id, session_hour.hour, _since(period))
    return retention.cohorts_of(active, LISTENERS, period.first, period.last)


def levels() -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.levels`, without sessions."""
    return activity(AUDIENCE, "level").order_by("level")


def first_and_last_levels(period: Period) -> Select[Any]:
    """How many listeners had another level at their last play than at their first?

    One row per pair of levels, of listeners with plays at two levels or more: first_level, last_level, listeners.
    """
    several = select(member.user_id).group_by(member.user_id).having(func.min(member.level) < func.max(member.level))
    first_play, last_play = (
        func.row_number().over(partition_by=session_hour.user_id, order_by=order)
        for order in (
            (session_hour.began_at, session_hour.session_id),
            (session_hour.last_began_at.desc(), session_hour.session_id.desc()),
        )
    )
    ranked = (
        select(session_hour.user_id, session_hour.level, first_play.label("from_first"), last_play.label("from_last"))
        .where(_since(period), session_hour.level.is_not(None), session_hour.user_id.in_(several))
        .cte("ranked")
    )
    first, last = ranked.alias("first"), ranked.alias("last")
    first_level, last_level = first.c.level.label("first_level"), last.c.level.label("last_level")
    return (
        select(first_level, last_level, func.count().label("listeners"))
        .select_from(first.join(last, first.c.user_id == last.c.user_id))
        .where(first.c.from_first == 1, last.c.from_last == 1)
        .group_by(first.c.level, last.c.level)
        .order_by(first.c.level, last.c.level)
    )


def plays_per_session(period: Period) -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.plays_per_session`, with the lengths of the sessions.

    Added are length_seconds (the row's sessions together), longest_seconds, and median_seconds: the median of all
    sessions, the same in every row, because the sessions are then computed once.
    """
    session = _sessions(period).cte("session")
    return by_number_of_plays(session).add_columns(
        func.sum(cast(session.c.length_seconds, Double)).label("length_seconds"),
        func.max(session.c.length_seconds).label("longest_seconds"),
        median(session, "length_seconds").label("median_seconds"),
    )


def top_cities(limit: int) -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.top_cities`, without sessions."""
    rows = _audience(geography.city_of(member.location), geography.state_of(member.location))
    return most_active(rows, "city", "state").limit(limit)


def top_states(limit: int) -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.top_states`, without sessions."""
    return most_active(_audience(geography.state_of(member.location)), "state").limit(limit)


def browsers() -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.browsers`, without sessions."""
    return user_agents.by_browser(AUDIENCE)


def platforms() -> Select[Any]:
    """The rows of :func:`sparkify_dwh.analytics.platforms`, without sessions."""
    return user_agents.by_platform(AUDIENCE)


def top_songs(limit: int) -> Select[Any]:
    """Which songs are played most?

    One row per title and artist as logged: song, artist, plays, seconds, matched_plays.
    """
    return most_played_first(select(SONGS), "song", "artist").limit(limit)


def top_artists(limit: int) -> Select[Any]:
    """Which artists are played most?

    One row per artist as logged: artist, songs, plays, matched_plays, seconds.
    """
    seconds, songs = func.sum(song.seconds).label("seconds"), func.count(song.song).label("songs")
    artists = select(song.artist, songs, *_sums(song), seconds).group_by(song.artist)
    return most_played_first(artists, "artist").limit(limit)


def missing_songs(limit: int) -> Select[Any]:
    """Which songs does the catalogue lack most?

    One row per title and artist as logged with unmatched plays: song, artist, plays (the unmatched ones).
    """
    unmatched = song.plays - song.matched_plays
    songs = select(song.song, song.artist, unmatched.label("plays")).where(unmatched > constant(0))
    return most_played_first(songs, "song", "artist").limit(limit)


def songs_played() -> Select[Any]:
    """How many songs were played, and of how many artists?

    One row: songs, artists.
    """
    artists = select(song.artist, func.count().label("songs")).group_by(song.artist).subquery("artists").c
    return select(as_count(func.sum(artists.songs)).label("songs"), func.count(artists.artist).label("artists"))


def _since(period: Period) -> ColumnElement[bool]:
    """Limit the hours to those of the period: the table ends with its last day."""
    return session_hour.hour >= constant(midnight(period.first))


def _sums(table: Any) -> list[Label[int]]:
    return [as_count(func.sum(table[name])).label(name) for name in ("plays", "matched_plays")]


def _audience(*keys: Label[Any]) -> Subquery:
    return select(*keys, member.user_id, member.plays, member.seconds).subquery("listeners")


def _sessions(period: Period) -> Select[Any]:
    """One row per session with plays: plays, length_seconds."""
    plays = as_count(func.sum(session_hour.plays)).label("plays")
    length = length_seconds(func.min(session_hour.began_at), func.max(session_hour.last_began_at))
    return select(plays, length).where(_since(period)).group_by(session_hour.session_id, session_hour.user_id)


def _by_return(*keys: ColumnElement[Any], where: Sequence[ColumnElement[bool]] = ()) -> Select[Any]:
    """One row per day and day before, with the number of keys that have rows on both and on none between them."""
    days = select(*keys, day_of(session_hour.hour).label("day")).where(*where).group_by(*keys, "day").subquery("days")
    partition = [days.c[key.name] for key in keys]
    before = func.lag(days.c.day, type_=Date()).over(partition_by=partition, order_by=days.c.day)
    returns = select(days.c.day, before.label("before")).subquery("returns")
    number = func.count().label("number")
    return select(returns.c.day, returns.c.before, number).group_by(returns.c.day, returns.c.before)
