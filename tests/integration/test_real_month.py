"""November 2018 as it was, against numbers counted in plain Python."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from support.inputs import inputs_under
from support.listening import records, rows

from sparkify_dwh import analytics, load
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY


@dataclass
class Play:
    """What the log says of a song that was started."""

    at: datetime
    user: int
    session: int
    level: str
    title: str
    artist: str
    seconds: float
    location: str


def a_play_of(event: dict[str, Any]) -> Play:
    at = datetime.fromtimestamp(event["ts"] / 1000, timezone.utc).replace(tzinfo=None)
    title, artist = event["song"].rstrip(" "), event["artist"].rstrip(" ")
    user, session, length = int(event["userId"]), event["sessionId"], event["length"]
    return Play(at, user, session, event["level"], title, artist, length, event["location"])


@pytest.fixture(scope="module")
def plays(real_data: Path) -> list[Play]:
    """The plays of the month, in the order of time."""
    lines = (line for path in real_data.glob("log_data/**/*.json") for line in path.read_text().splitlines())
    events = (json.loads(line) for line in lines)
    return sorted((a_play_of(event) for event in events if event["page"] == "NextSong"), key=lambda play: play.at)


@pytest.fixture(scope="module")
def month(real_data: Path, migrated: Settings, engine: Engine) -> Iterator[Connection]:
    """A connection to the warehouse with the month in it."""
    load(replace(migrated, inputs=inputs_under(real_data.as_uri())))
    with engine.connect() as connection:
        yield connection
    with engine.begin() as connection:
        for table in SPARKIFY.all_tables.values():
            connection.execute(table.delete())


def monday(at: datetime) -> date:
    return at.date() - timedelta(days=at.weekday())


def measured(plays: list[Play], key: Callable[[Play], Hashable]) -> dict[Any, tuple[int, int, int, int]]:
    """Plays, listeners, sessions and seconds by a key."""
    groups: dict[Any, list[Play]] = defaultdict(list)
    for play in plays:
        groups[key(play)].append(play)
    return {
        name: (
            len(group),
            len({play.user for play in group}),
            len({(play.session, play.user) for play in group}),
            round(sum(play.seconds for play in group)),
        )
        for name, group in groups.items()
    }


@pytest.mark.parametrize(
    ("question", "key", "width"),
    [
        (analytics.plays_per_hour, lambda play: (play.at.replace(minute=0, second=0, microsecond=0),), 1),
        (analytics.plays_per_day, lambda play: (play.at.date(),), 1),
        (analytics.plays_per_week, lambda play: (monday(play.at),), 1),
        (analytics.plays_per_weekday, lambda play: (play.at.isoweekday() % 7,), 1),
        (analytics.plays_per_hour_of_day, lambda play: (play.at.hour,), 1),
        (analytics.plays_per_weekday_and_hour, lambda play: (play.at.isoweekday() % 7, play.at.hour), 2),
        (analytics.levels, lambda play: (play.level,), 1),
        (analytics.levels_per_day, lambda play: (play.at.date(), play.level), 2),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_plays_by_time_and_by_level(
    month: Connection, plays: list[Play], question: Any, key: Callable[[Play], Hashable], width: int
) -> None:
    """Every row, in order."""
    answer = [(row[:width], row[width : width + 4]) for row in rows(month, question())]
    assert answer == sorted(measured(plays, key).items())


def test_the_month_in_one_row(month: Connection, plays: list[Play]) -> None:
    numbers = measured(plays, lambda _play: "all")["all"]
    assert rows(month, analytics.totals("2018-11-01", "2018-11-30")) == [(*numbers, 1, 96)]
    assert rows(month, analytics.days_of_data()) == [(date(2018, 11, 1), date(2018, 11, 30), 30, 6820)]
    assert rows(month, analytics.share_in_catalogue()) == [(6820, 1, 1 / 6820)]


def test_the_songs_and_the_artists_of_the_month(month: Connection, plays: list[Play]) -> None:
    songs = Counter((play.title, play.artist) for play in plays)
    by_plays = sorted((-number, *(name.encode() for name in names)) for names, number in songs.items())
    answer = [(-row[2], row[0].encode(), row[1].encode()) for row in rows(month, analytics.top_songs(limit=None))]
    assert answer == by_plays
    artists = Counter(play.artist for play in plays)
    titles = {artist: len({play.title for play in plays if play.artist == artist}) for artist in artists}
    assert {
        row["artist"]: (row["plays"], row["songs"]) for row in records(month, analytics.top_artists(limit=None))
    } == {artist: (number, titles[artist]) for artist, number in artists.items()}
    undo = [(play.at.date()) for play in plays if play.title == "You're The One"]
    assert [row[:2] for row in rows(month, analytics.song_history("You're The One"))] == sorted(Counter(undo).items())


def test_the_users_of_the_month(month: Connection, plays: list[Play]) -> None:
    by_user = measured(plays, lambda play: play.user)
    answer = records(month, analytics.top_users(limit=None))
    assert [row["user_id"] for row in answer] == sorted(by_user, key=lambda user: (-by_user[user][0], user))
    assert {row["user_id"]: (row["plays"], 1, row["sessions"], row["listening_seconds"]) for row in answer} == by_user


def test_the_level_changes_of_the_month(month: Connection, plays: list[Play]) -> None:
    changes, level = [], dict[int, str]()
    for play in plays:
        if level.setdefault(play.user, play.level) != play.level:
            changes.append((play.at, play.user, level[play.user], play.level))
        level[play.user] = play.level
    assert [(row[0], row[1], *row[4:]) for row in rows(month, analytics.level_changes())] == changes


def test_the_sessions_of_the_month(month: Connection, plays: list[Play]) -> None:
    moments: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    for play in plays:
        moments[play.session, play.user].append(play.at)
    lengths = {session: round((times[-1] - times[0]).total_seconds()) for session, times in moments.items()}
    numbers = [len(times) for times in moments.values()]
    assert {row[:2]: row[3:5] for row in rows(month, analytics.sessions())} == {
        session: (lengths[session], len(moments[session])) for session in moments
    }
    ((sessions, *summary),) = rows(month, analytics.sessions_summary())
    seconds = list(lengths.values())
    assert sessions == len(moments)
    assert summary == pytest.approx(
        [mean(seconds), median(seconds), max(seconds), mean(numbers), median(numbers), max(numbers)]
    )
    assert rows(month, analytics.plays_per_session()) == sorted(Counter(numbers).items())


def test_the_places_of_the_month(month: Connection, plays: list[Play]) -> None:
    cities = measured(plays, lambda play: tuple(play.location.split(", ")))
    assert {row[:2]: row[2:] for row in rows(month, analytics.top_cities(limit=None))} == cities
    states = measured(plays, lambda play: play.location.split(", ")[1])
    assert {row[0]: row[1:] for row in rows(month, analytics.top_states(limit=None))} == states


def test_who_came_back_in_the_month(month: Connection, plays: list[Play]) -> None:
    weeks: dict[int, set[date]] = defaultdict(set)
    for play in plays:
        weeks[play.user].add(monday(play.at))
    began = {user: min(visited) for user, visited in weeks.items()}
    later = Counter((began[user], (week - began[user]).days // 7) for user in weeks for week in weeks[user])
    size = Counter(began.values())
    assert rows(month, analytics.cohorts()) == [
        (cohort, week, users, size[cohort], users / size[cohort]) for (cohort, week), users in sorted(later.items())
    ]
    listeners = Counter(week for visited in weeks.values() for week in visited)
    assert rows(month, analytics.new_and_returning_users()) == [
        (week, number, size[week], number - size[week]) for week, number in sorted(listeners.items())
    ]
