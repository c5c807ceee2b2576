"""What people listened to in a period."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, groupby
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.report import questions
from sparkify_dwh.report.daily import Daily, daily_numbers
from sparkify_dwh.report.period import Period
from sparkify_dwh.report.rollups import create_rollups

MAX_NAMES = 10  # songs, artists, cities, states
MAX_COHORT_WEEKS = 12
MIN_PLAYS_OF_CLASS = (1, 2, 3, 6, 11, 21, 41, 81)
MAX_PLAYS_OF_CLASS = (*(least - 1 for least in MIN_PLAYS_OF_CLASS[1:]), None)


@dataclass(frozen=True)
class Played:
    """A song (with its artist) or an artist (without ``song``), as logged; None when the log has none."""

    song: str | None
    artist: str | None
    plays: int
    matched_plays: int
    seconds: int = 0
    songs: int = 0


@dataclass(frozen=True)
class Group:
    """Listening at a level, in a location or with a browser. ``name`` is None when the log has none."""

    name: str | None
    plays: int
    listeners: int
    seconds: int


@dataclass(frozen=True)
class LevelChange:
    """The number of listeners whose level at the last play of the period differs from that at the first."""

    first_level: str
    last_level: str
    listeners: int


@dataclass(frozen=True)
class Cohort:
    """Listeners whose first play was in the week of a Monday: the number who listened 0, 1, 2 ... weeks later."""

    week: date
    users: list[int]


@dataclass(frozen=True)
class SessionClass:
    """Sessions of at least ``least`` plays, and at most ``most`` (None: any number)."""

    least: int
    most: int | None
    sessions: int


@dataclass(frozen=True)
class Sessions:
    """Lengths of sessions, from the start of the first play to that of the last, and their numbers of plays."""

    number: int
    mean_length_seconds: float
    median_length_seconds: float
    longest_length_seconds: float
    mean_plays: float
    median_plays: float
    classes: list[SessionClass]


@dataclass(frozen=True)
class Listening:
    """What people listened to in a period. ``songs_played`` and ``artists_played`` are numbers of distinct names."""

    period: Period
    daily: Daily
    songs_played: int
    artists_played: int
    top_songs: list[Played]
    top_artists: list[Played]
    missing_songs: list[Played]
    levels: list[Group]
    level_changes: list[LevelChange]
    cohorts: list[Cohort]
    sessions: Sessions
    cities: list[Group]
    states: list[Group]
    browsers: list[Group]
    platforms: list[Group]

    @property
    def plays(self) -> int:
        return self.daily.total(self.daily.plays, self.period)


def listening(connection: Connection, period: Period, days: Period | None, on_step: Callable[[str], None]) -> Listening:
    """Read the period, in the transaction in which :func:`create_listeners` was called.

    ``days`` are those from the first play in the warehouse to the last.
    """
    create_rollups(connection, period, days)
    on_step("asking")

    def ask(question: Any) -> Any:
        return connection.execute(question)

    played = ask(questions.songs_played()).one()
    return Listening(
        period,
        daily_numbers(connection, period),
        played.songs,
        played.artists,
        [_song(row) for row in ask(questions.top_songs(MAX_NAMES))],
        [_artist(row) for row in ask(questions.top_artists(MAX_NAMES))],
        [Played(row.song, row.artist, row.plays, 0) for row in ask(questions.missing_songs(MAX_NAMES))],
        [_group(row, row.level and row.level.rstrip()) for row in ask(questions.levels())],
        _changes(ask(questions.first_and_last_levels(period))),
        _cohorts(ask(questions.cohorts(_latest_weeks(period)))),
        _sessions(ask(questions.plays_per_session(period)).all()),
        [_group(row, _city(row)) for row in ask(questions.top_cities(MAX_NAMES))],
        [_group(row, row.state) for row in ask(questions.top_states(MAX_NAMES))],
        [_group(row, row.browser) for row in ask(questions.browsers())],
        [_group(row, row.platform) for row in ask(questions.platforms())],
    )


def _song(row: Any) -> Played:
    return Played(row.song, row.artist, row.plays, row.matched_plays, round(row.seconds or 0))


def _artist(row: Any) -> Played:
    return Played(None, row.artist, row.plays, row.matched_plays, round(row.seconds or 0), row.songs)


def _group(row: Any, name: str | None) -> Group:
    return Group(name, row.plays, row.listeners, row.listening_seconds)


def _city(row: Any) -> str | None:
    return ", ".join(part for part in (row.city, row.state) if part) or None


def _changes(rows: Iterable[Any]) -> list[LevelChange]:
    changes = [LevelChange(row.first_level.rstrip(), row.last_level.rstrip(), row.listeners) for row in rows]
    return [change for change in changes if change.first_level != change.last_level]


def _latest_weeks(period: Period) -> Period:
    """Return the last weeks of a long period."""
    monday = period.last - timedelta(period.last.weekday())
    return Period(max(period.first, monday - timedelta(weeks=MAX_COHORT_WEEKS - 1)), period.last)


def _cohorts(rows: Iterable[Any]) -> list[Cohort]:
    cohorts = []
    for week, weeks in groupby(rows, key=lambda row: row.cohort):
        users: list[int] = []
        for row in weeks:
            users += [0] * (row.weeks_since_first - len(users)) + [row.users]
        cohorts.append(Cohort(week, users))
    return cohorts


def _sessions(rows: Sequence[Any]) -> Sessions:
    """Summarize the rows of ``questions.plays_per_session``."""
    plays_of = {row.plays: row.sessions for row in rows}
    number = sum(plays_of.values())
    return Sessions(
        number,
        sum(row.length_seconds for row in rows) / max(number, 1),
        float(rows[0].median_seconds) if rows else 0.0,
        float(max((row.longest_seconds for row in rows), default=0)),
        sum(plays * sessions for plays, sessions in plays_of.items()) / max(number, 1),
        median(plays_of),
        [_class(least, most, plays_of) for least, most in zip(MIN_PLAYS_OF_CLASS, MAX_PLAYS_OF_CLASS, strict=True)],
    )


def _class(least: int, most: int | None, plays_of: Mapping[int, int]) -> SessionClass:
    within = (number for plays, number in plays_of.items() if least <= plays and (most is None or plays <= most))
    return SessionClass(least, most, sum(within))


def median(counts: Mapping[int, int]) -> float:
    """Return the median of numbers given with their frequencies; 0 of none."""
    numbers, total = sorted(counts), sum(counts.values())
    cumulative = list(accumulate(counts[number] for number in numbers))
    middle = [numbers[bisect_right(cumulative, rank)] for rank in ((total - 1) // 2, total // 2) if total]
    return sum(middle) / 2
