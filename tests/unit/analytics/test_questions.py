"""Rules that hold for every question."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Select
from sqlalchemy.types import NullType
from support.listening import a_play, add_plays, records, rows
from support.sql import sql

from sparkify_dwh import analytics
from sparkify_dwh.analytics import QUESTIONS
from sparkify_dwh.analytics.output_formats import columns
from sparkify_dwh.errors import UsageError

NAMES = sorted(QUESTIONS)
OF_DAYS = sorted(set(NAMES) - {"days-of-data"})
ONE_ROW = {"days-of-data", "sessions-summary", "share-in-catalogue", "totals"}
READ_ALL_EARLIER_PLAYS = {"level-changes", "totals", "new-and-returning-users", "cohorts"}


def asked(name: str, **days: object) -> Select[tuple[object, ...]]:
    """A question, with the song or artist of a_play where it takes one."""
    parameters = inspect.signature(QUESTIONS[name]).parameters
    about = {"song": "Undo", "artist": "Björk"}
    needed = {key: about[key] for key, parameter in parameters.items() if parameter.default is parameter.empty}
    return QUESTIONS[name](**needed, **days)


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_is_a_question_its_grain_and_its_columns(name: str) -> None:
    text = inspect.getdoc(QUESTIONS[name]) or ""
    question, _, rest = text.partition("\n\n")
    assert question.endswith("?")
    assert "\n" not in question
    assert rest.startswith("One row")
    if name != "longest-sessions":  # which says that it has those of sessions
        assert [column for column in columns(asked(name)) if column not in rest] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_column_has_a_type(name: str) -> None:
    assert not [column for column in asked(name).selected_columns if isinstance(column.type, NullType)]


@pytest.mark.parametrize("name", OF_DAYS)
def test_days_are_constants_on_the_sort_key(name: str) -> None:
    """On every scan of songplays; a scan of all earlier plays has an upper bound."""
    text = sql(asked(name, first="2018-11-01", last="2018-11-30"))
    reads = text.count("FROM songplays")
    assert text.count("songplays.start_time < '2018-12-01 00:00:00'") == reads
    if name not in READ_ALL_EARLIER_PLAYS:
        assert text.count("songplays.start_time >= '2018-11-01 00:00:00'") == reads


@pytest.mark.parametrize("name", OF_DAYS)
def test_without_days_all_plays_count(name: str) -> None:
    assert "start_time <" not in sql(asked(name)).replace("first_plays.first_play", "")
    assert "start_time >" not in sql(asked(name))


@pytest.mark.parametrize("name", sorted(set(NAMES) - ONE_ROW))
def test_the_rows_have_an_order(name: str) -> None:
    assert " ORDER BY " in sql(asked(name))


def test_the_last_day_is_included_and_the_next_is_not(connection: Connection) -> None:
    moments = ["2018-11-14 23:59:59.999", "2018-11-15 00:00:00", "2018-11-15 23:59:59.999", "2018-11-16 00:00:00"]
    add_plays(connection, *map(a_play, moments))
    for name in OF_DAYS:
        answer = records(connection, asked(name, first="2018-11-15", last=date(2018, 11, 15)))
        assert not answer or "plays" not in answer[0] or sum(row["plays"] for row in answer) == 2, name


@pytest.mark.parametrize("name", NAMES)
def test_every_question_runs_on_an_empty_warehouse(connection: Connection, name: str) -> None:
    assert len(rows(connection, asked(name))) == (name in ONE_ROW)


@pytest.mark.parametrize("limit", [0, -1, 2**31, "ten", 1.5])
def test_a_limit_is_a_number_of_rows(limit: Any) -> None:
    with pytest.raises(UsageError, match=r"Invalid limit .*: use a number of rows from 1"):
        analytics.top_songs(limit=limit)


def test_no_limit_gives_every_row() -> None:
    assert sql(analytics.top_songs(limit=None)) == sql(analytics.top_songs()).removesuffix(" LIMIT 10")


def test_a_first_day_after_the_last_is_refused() -> None:
    with pytest.raises(UsageError, match="The first day, 2018-11-02, must not come after the last, 2018-11-01"):
        analytics.plays_per_day("2018-11-02", "2018-11-01")


@pytest.mark.parametrize("day", ["yesterday", "2018-02-30", 20181101, datetime(2018, 11, 1)])
def test_an_invalid_day_is_refused(day: object) -> None:
    with pytest.raises(UsageError, match="Invalid date"):
        analytics.plays_per_day(day)  # type: ignore[arg-type]


def test_the_last_day_of_the_calendar_is_accepted() -> None:
    assert sql(analytics.plays_per_day(last=date.max)) == sql(analytics.plays_per_day())
