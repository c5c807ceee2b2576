"""What a report says is what the questions of analytics say, of the period and of any of its days."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, Select
from support.two_months import IMAGE, PERIOD, SCRIPT, TwoMonths, wanted

from sparkify_dwh import analytics
from sparkify_dwh.report import questions
from sparkify_dwh.report.daily import Daily
from sparkify_dwh.report.data import read_report_data
from sparkify_dwh.report.figures import headline_figures, measures
from sparkify_dwh.report.listening import Listening, median
from sparkify_dwh.report.period import Period
from sparkify_dwh.report.rollups import create_listeners, create_rollups

DAYS = (PERIOD.first, PERIOD.last)
SOME_DAYS = [
    PERIOD,
    PERIOD.before(),
    Period(PERIOD.before().first, PERIOD.last),
    Period(date(2018, 11, 20), date(2018, 11, 20)),
    Period(date(2018, 11, 21), date(2018, 11, 26)),
]


@pytest.fixture(scope="module")
def listening(two_months: TwoMonths) -> Listening:
    assert two_months.data.listening is not None
    return two_months.data.listening


@pytest.fixture(scope="module")
def gathered(two_months: TwoMonths) -> Iterator[Connection]:
    """A connection that has the plays of the period in its temporary tables."""
    with two_months.engine.connect() as connection:
        create_listeners(connection)
        create_rollups(connection, PERIOD, two_months.data.days)
        yield connection


def rows(connection: Connection, question: Select[Any], *left_out: str) -> list[dict[str, Any]]:
    found = connection.execute(question).mappings()
    return [{name: value for name, value in row.items() if name not in left_out} for row in found]


@pytest.mark.parametrize("days", SOME_DAYS, ids=str)
def test_the_numbers_of_any_days_are_their_totals(
    two_months: TwoMonths, listening: Listening, gathered: Connection, days: Period
) -> None:
    """Listeners and sessions too, which do not add up over days."""
    totals = gathered.execute(analytics.totals(days.first, days.last)).one()
    found = measures(listening.daily, days)
    assert found["plays"] == totals.plays > 100
    assert found["listeners"] == totals.listeners
    assert found["new"] == totals.new_users
    assert found["sessions"] == totals.sessions
    assert found["seconds"] == pytest.approx(totals.listening_seconds, abs=len(days.dates))
    assert found["unmatched"] == pytest.approx(1 - totals.matched_plays / totals.plays)


def test_the_headline_has_the_days_before(two_months: TwoMonths) -> None:
    figures = {figure.name: figure for figure in headline_figures(two_months.data)}
    assert two_months.data.comparable
    assert figures["plays"].before == measures(listening_of(two_months).daily, PERIOD.before())["plays"]


def listening_of(two_months: TwoMonths) -> Listening:
    assert two_months.data.listening is not None
    return two_months.data.listening


def test_hours_are_those_of_the_questions(listening: Listening, gathered: Connection) -> None:
    hours = gathered.execute(analytics.plays_per_hour(*DAYS)).all()
    assert sum(map(sum, listening.daily.hours)) == listening.plays
    assert {(row.hour.date(), row.hour.hour): row.plays for row in hours} == {
        (day, hour): plays
        for day, found in zip(PERIOD.dates, listening.daily.hours, strict=True)
        for hour, plays in enumerate(found)
        if plays
    }


PAIRS = {
    "levels": (questions.levels(), analytics.levels(*DAYS)),
    "cities": (questions.top_cities(20), analytics.top_cities(*DAYS, limit=20)),
    "states": (questions.top_states(20), analytics.top_states(*DAYS, limit=20)),
    "browsers": (questions.browsers(), analytics.browsers(*DAYS)),
    "platforms": (questions.platforms(), analytics.platforms(*DAYS)),
    "cohorts": (questions.cohorts(PERIOD), analytics.cohorts(*DAYS)),
    "plays per session": (questions.plays_per_session(PERIOD), analytics.plays_per_session(*DAYS)),
}


LEFT_OUT = {
    "cohorts": [],
    "plays per session": ["length_seconds", "longest_seconds", "median_seconds"],
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_report_asks_what_the_questions_ask(gathered: Connection, name: str) -> None:
    ours, theirs = PAIRS[name]
    left_out = LEFT_OUT.get(name, ["sessions"])
    found = rows(gathered, ours, *left_out)
    assert found == rows(gathered, theirs, *left_out)
    assert len(found) > 1


def test_the_most_played_are_those_of_the_questions(listening: Listening, gathered: Connection) -> None:
    songs = gathered.execute(analytics.top_songs(*DAYS)).all()
    artists = gathered.execute(analytics.top_artists(*DAYS)).all()
    missing = gathered.execute(analytics.missing_songs(*DAYS)).all()
    assert [(each.song, each.artist, each.plays, each.matched_plays) for each in listening.top_songs] == [
        (row.song, row.artist, row.plays, row.matched_plays) for row in songs
    ]
    assert [(each.artist, each.songs, each.plays, each.matched_plays) for each in listening.top_artists] == [
        (row.artist, row.songs, row.plays, row.matched_plays) for row in artists
    ]
    assert [(each.song, each.artist, each.plays) for each in listening.missing_songs] == [
        (row.song, row.artist, row.plays) for row in missing
    ]
    assert [each.seconds for each in listening.top_songs] == [row.listening_seconds for row in songs]
    assert (listening.top_songs[0].song, listening.top_songs[0].artist) == (SCRIPT, IMAGE)


def test_a_change_of_level_is_from_the_first_play_to_the_last(listening: Listening, gathered: Connection) -> None:
    """All the changes of a listener between them lead from the one to the other, or back."""
    levels: dict[int, list[str]] = {}
    for change in gathered.execute(analytics.level_changes(*DAYS)):
        levels.setdefault(change.user_id, []).extend((change.from_level, change.to_level))
    found = {(each.first_level, each.last_level): each.listeners for each in listening.level_changes}
    changed = Counter((of_user[0], of_user[-1]) for of_user in levels.values() if of_user[0] != of_user[-1])
    assert found.keys() <= changed.keys()
    assert all(found[change] <= changed[change] for change in found)  # a change may be from before the period
    assert found


def test_sessions_are_those_of_the_questions(listening: Listening, gathered: Connection) -> None:
    theirs = gathered.execute(analytics.sessions_summary(*DAYS)).one()
    ours = listening.sessions
    assert ours.number == theirs.sessions == sum(each.sessions for each in ours.classes)
    assert (ours.mean_plays, ours.median_plays) == pytest.approx((theirs.mean_plays, theirs.median_plays))
    assert (ours.mean_length_seconds, ours.median_length_seconds) == pytest.approx(
        (theirs.mean_seconds, theirs.median_seconds)
    )
    assert ours.longest_length_seconds == theirs.longest_seconds


def test_the_days_of_data_are_those_of_the_questions(two_months: TwoMonths, gathered: Connection) -> None:
    known = gathered.execute(analytics.days_of_data()).one()
    assert two_months.data.days == Period(known.first_day, known.last_day)


@pytest.mark.parametrize("numbers", [[], [3], [1, 2], [1, 1, 5], [1, 2, 2, 9], [4, 1, 1, 1, 9, 9]])
def test_the_median_of_counted_numbers_is_that_of_the_numbers(numbers: list[int]) -> None:
    assert median(Counter(numbers)) == (statistics.median(numbers) if numbers else 0)


def test_a_listener_of_many_days_counts_once() -> None:
    """One who was there on the first and the third day, and one who was there on the third and the fourth."""
    listeners = [[1], [], [1, 0, 1], [0, 1]]
    span = Period(date(2018, 11, 1), date(2018, 11, 4))
    daily = Daily(span, [], [], [], {}, [], listeners, [], [])
    counted = {
        (first, last): daily.distinct(listeners, Period(span.dates[first], span.dates[last]))
        for first in range(4)
        for last in range(first, 4)
    }
    assert counted == {
        (0, 0): 1, (0, 1): 1, (0, 2): 2, (0, 3): 2, (1, 1): 0, (1, 2): 2, (1, 3): 2, (2, 2): 2, (2, 3): 2, (3, 3): 1,
    }  # fmt: skip


def test_nothing_is_written_to_the_warehouse(two_months: TwoMonths) -> None:
    """The temporary tables are gone with the transaction."""
    with two_months.engine.connect() as connection:
        read_report_data(two_months.settings, wanted())
        tables = two_months.engine.dialect.get_table_names(connection)
    assert not [name for name in tables if name.startswith("report_")]
