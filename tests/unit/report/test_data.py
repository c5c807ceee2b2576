"""The numbers of a report equal those of the questions in analytics, for the period and for any of its days."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, Select
from support.two_months import IMAGE, PERIOD, SCRIPT, TwoMonths

from sparkify_dwh import analytics
from sparkify_dwh.report import questions
from sparkify_dwh.report.daily import Daily
from sparkify_dwh.report.data import read_report_data
from sparkify_dwh.report.headline_figures import headline_figures, measures
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
def rollups(two_months: TwoMonths) -> Iterator[Connection]:
    """A connection with the temporary tables of the period."""
    with two_months.engine.connect() as connection:
        create_listeners(connection)
        create_rollups(connection, PERIOD, two_months.data.days)
        yield connection


def rows(connection: Connection, question: Select[Any], *left_out: str) -> list[dict[str, Any]]:
    answer = connection.execute(question).mappings()
    return [{name: value for name, value in row.items() if name not in left_out} for row in answer]


@pytest.mark.parametrize("days", SOME_DAYS, ids=str)
def test_the_numbers_of_any_days_equal_the_totals_of_these_days(
    listening: Listening, rollups: Connection, days: Period
) -> None:
    """Listeners and sessions too, which do not add up over days."""
    totals = rollups.execute(analytics.totals(days.first, days.last)).one()
    numbers = measures(listening.daily, days)
    assert numbers["plays"] == totals.plays > 100
    assert numbers["listeners"] == totals.listeners
    assert numbers["new"] == totals.new_users
    assert numbers["sessions"] == totals.sessions
    assert numbers["seconds"] == pytest.approx(totals.listening_seconds, abs=len(days.dates))
    assert numbers["unmatched"] == pytest.approx(1 - totals.matched_plays / totals.plays)


def test_the_headline_compares_with_the_days_before(two_months: TwoMonths, listening: Listening) -> None:
    figures = {figure.name: figure for figure in headline_figures(two_months.data)}
    assert two_months.data.comparable
    assert figures["plays"].before == measures(listening.daily, PERIOD.before())["plays"]


def test_hours_equal_those_of_the_questions(listening: Listening, rollups: Connection) -> None:
    hours = rollups.execute(analytics.plays_per_hour(*DAYS)).all()
    assert sum(map(sum, listening.daily.hours)) == listening.plays
    assert {(row.hour.date(), row.hour.hour): row.plays for row in hours} == {
        (day, hour): plays
        for day, hourly in zip(PERIOD.dates, listening.daily.hours, strict=True)
        for hour, plays in enumerate(hourly)
        if plays
    }


SECONDS = ["listening_seconds", "seconds"]


@pytest.mark.parametrize(
    ("ours", "theirs", "left_out"),
    [
        (questions.levels(), analytics.levels(*DAYS), ["sessions"]),
        (questions.top_cities(20), analytics.top_cities(*DAYS, limit=20), ["sessions"]),
        (questions.top_states(20), analytics.top_states(*DAYS, limit=20), ["sessions"]),
        (questions.browsers(), analytics.browsers(*DAYS), ["sessions"]),
        (questions.platforms(), analytics.platforms(*DAYS), ["sessions"]),
        (questions.cohorts(PERIOD), analytics.cohorts(*DAYS), []),
        (questions.top_songs(20), analytics.top_songs(*DAYS, limit=20), ["listeners", *SECONDS]),
        (questions.top_artists(20), analytics.top_artists(*DAYS, limit=20), ["listeners", *SECONDS]),
        (questions.missing_songs(20), analytics.missing_songs(*DAYS, limit=20), ["listeners", "matched_plays", *SECONDS]),
        (
            questions.plays_per_session(PERIOD),
            analytics.plays_per_session(*DAYS),
            ["length_seconds", "longest_seconds", "median_seconds"],
        ),
    ],
    ids=["levels", "cities", "states", "browsers", "platforms", "cohorts", "songs", "artists", "missing", "sessions"],
)  # fmt: skip
def test_the_report_equals_the_questions(
    rollups: Connection, ours: Select[Any], theirs: Select[Any], left_out: list[str]
) -> None:
    answer = rows(rollups, ours, *left_out)
    assert answer == rows(rollups, theirs, *left_out)
    assert len(answer) > 1


def test_the_listening_time_of_songs_equals_that_of_the_questions(listening: Listening, rollups: Connection) -> None:
    songs = rollups.execute(analytics.top_songs(*DAYS)).all()
    assert [song.seconds for song in listening.top_songs] == [row.listening_seconds for row in songs]
    assert (listening.top_songs[0].song, listening.top_songs[0].artist) == (SCRIPT, IMAGE)


def test_a_change_of_level_is_from_the_first_play_to_the_last(listening: Listening, rollups: Connection) -> None:
    """The changes of a listener in between lead from one level to the other, or back."""
    levels: dict[int, list[str]] = {}
    for change in rollups.execute(analytics.level_changes(*DAYS)):
        levels.setdefault(change.user_id, []).extend((change.from_level, change.to_level))
    ours = {(each.first_level, each.last_level): each.listeners for each in listening.level_changes}
    theirs = Counter((of_user[0], of_user[-1]) for of_user in levels.values() if of_user[0] != of_user[-1])
    assert ours
    assert Counter(ours) <= theirs  # a change may be from before the period


def test_sessions_equal_those_of_the_questions(listening: Listening, rollups: Connection) -> None:
    theirs = rollups.execute(analytics.sessions_summary(*DAYS)).one()
    ours = listening.sessions
    assert ours.number == theirs.sessions == sum(each.sessions for each in ours.classes)
    assert (ours.mean_plays, ours.median_plays) == pytest.approx((theirs.mean_plays, theirs.median_plays))
    assert (ours.mean_length_seconds, ours.median_length_seconds) == pytest.approx(
        (theirs.mean_seconds, theirs.median_seconds)
    )
    assert ours.longest_length_seconds == theirs.longest_seconds


def test_the_days_of_data_equal_those_of_the_questions(two_months: TwoMonths, rollups: Connection) -> None:
    known = rollups.execute(analytics.days_of_data()).one()
    assert two_months.data.days == Period(known.first_day, known.last_day)


@pytest.mark.parametrize("numbers", [[], [3], [1, 2], [1, 1, 5], [1, 2, 2, 9], [4, 1, 1, 1, 9, 9]])
def test_the_median_of_counts_is_the_median_of_the_numbers(numbers: list[int]) -> None:
    assert median(Counter(numbers)) == (statistics.median(numbers) if numbers else 0)


def test_a_listener_of_many_days_counts_once() -> None:
    """One listened on the first and third day, one on the third and fourth."""
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
        read_report_data(two_months.settings)
        tables = two_months.engine.dialect.get_table_names(connection)
    assert not [name for name in tables if name.startswith("report_")]
