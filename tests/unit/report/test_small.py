"""The page of a small warehouse: empty, with one play, with a load that failed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql_text
from support.records import a_song, an_event
from support.two_months import NO_DRAWING, embedded, visible_text
from support.warehouse import Sparkify

from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.errors import LoadError, SparkifyError
from sparkify_dwh.report.data import read_report_data
from sparkify_dwh.report.page import render_page


def page_of(sparkify: Sparkify, **options: Any) -> str:
    """The text of a report's page."""
    return visible_text(render_page(read_report_data(sparkify.settings, **options), NO_DRAWING))


def test_an_empty_warehouse_gives_a_page_that_says_so(sparkify: Sparkify) -> None:
    html = render_page(read_report_data(sparkify.settings), NO_DRAWING)
    text = visible_text(html)
    assert "The warehouse has no plays yet." in text
    assert "Last load none yet" in text
    assert "Nothing has been loaded yet." in text
    assert embedded(html)["daily"] is None


def test_one_play_gives_a_whole_page(loaded: Sparkify) -> None:
    text = page_of(loaded)
    assert "What people listen to 15 November 2018" in text
    assert "Plays 1 Listeners 1 New listeners 1 Sessions 1 Listening time 5 min Plays per listener 1.0" in text
    assert "Paid plays 100.0% Plays not in the catalogue 0.0%" in text
    assert "Setanta matins Elena 1 100.0% 5 min yes" in text
    assert "Every song that was played is in the catalogue." in text
    assert "No listener changed level between the first and the last play of the period." in text


def test_a_play_with_empty_fields_is_shown(sparkify: Sparkify) -> None:
    nothing = dict.fromkeys(["artist", "song", "length", "level", "location", "userAgent"])
    sparkify.logs("a.json", an_event(**nothing, userId=""))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    text = page_of(sparkify)
    assert "(no title) (no artist) 1 100.0%" in text
    assert "(no location) 1 100.0%" in text
    assert "Listeners 0" in text
    assert "Plays per listener –" in text
    assert "unknown 1 100.0%" in text


def test_days_without_plays_give_a_page_that_names_those_with(loaded: Sparkify) -> None:
    text = page_of(loaded, first="2018-03-01", last="2018-03-31")
    assert "no plays on these days. The warehouse has plays from 15 November 2018 to 15 November 2018." in text


def test_a_failed_load_is_shown_first(loaded: Sparkify) -> None:
    loaded.logs("b.json", an_event(ts="yesterday"))
    with pytest.raises(LoadError):
        loaded.load()
    text = page_of(loaded)
    assert "A load failed , at" in text
    assert "no later load has brought its data" in text
    assert "The latest 2 loads" in text
    assert "Run: sparkify-dwh history" in text
    loaded.logs("b.json", an_event(itemInSession=6))
    loaded.load()
    assert "A load failed" not in page_of(loaded)


@pytest.mark.parametrize("change", [{"level": "premium"}, {"ts": "Verena Secret"}])
def test_the_page_of_a_failed_load_has_counts_and_nothing_of_a_row(loaded: Sparkify, change: dict[str, Any]) -> None:
    who = {"userId": "987654321", "firstName": "Verena", "lastName": "Secret", "sessionId": 123454321}
    loaded.logs("b.json", an_event(**who), an_event(**who, itemInSession=6, **change))
    with pytest.raises(SparkifyError, match="Secret" if "ts" in change else "987654321"):
        loaded.load()
    html = render_page(read_report_data(loaded.settings, check=True), NO_DRAWING)
    for value in map(str, [*who.values(), *change.values()]):
        assert value not in html
    assert ("users.level is an allowed value: not so for 1 row" in visible_text(html)) == ("level" in change)


def test_checks_are_those_of_the_latest_load_with_new_rows(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(userId=""))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    sparkify.load()
    text = page_of(sparkify)
    assert re.search(r"(\d+) of \d+ checks passed. They cover the rows of the load of", text)
    assert "Checks with failing rows" in text
    assert "Every play is by a user. warning 1" in text


def test_everything_is_checked_on_request(loaded: Sparkify) -> None:
    with loaded.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET gender = 'X'")
    text = page_of(loaded, check=True)
    assert "They cover everything in the warehouse, when this page was made." in text
    assert "Every gender of users is F or M. failed 1" in text


def test_checks_of_the_configuration_are_shown(sparkify: Sparkify) -> None:
    """One that is off has not passed; a level that is allowed is one of the page's levels."""
    premium = {"users.level": ["free", "paid", "premium"], "songplays.level": ["free", "paid", "premium"]}
    rules = CheckRules.of(severities={"plays have a positive length": "off"}, allowed_values=premium)
    sparkify.settings = replace(sparkify.settings, checks=rules)
    sparkify.logs("a.json", an_event(level="premium", length=0))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    for check in (False, True):
        text = page_of(sparkify, check=check)
        passed, run = map(int, re.search(r"(\d+) of (\d+) checks passed; 1 is off\.", text).groups())  # type: ignore[union-attr]
        assert passed == run
        assert "Every length of a play, where it is known, is more than 0 seconds. off 0" in text
        assert "Premium" in text


def test_the_header_says_how_old_the_data_is(loaded: Sparkify) -> None:
    now = datetime(2018, 11, 17, 0, 30, 1)
    with loaded.engine.begin() as connection:
        connection.execute(sql_text("UPDATE loads SET started_at = '2018-11-16 03:15:00'"))
    text = page_of(loaded, now=now)
    assert "Newest play 2018-11-15 12:30 UTC, 36 h before this page was made" in text
    assert "Last load 2018-11-16 03:15 UTC, 21 h 15 min before" in text
    assert "The data is old" not in text
    loaded.settings = replace(loaded.settings, max_age=timedelta(hours=30))
    assert "The data is old : the newest play is 36 h old, and the limit is 30 h." in page_of(loaded, now=now)
    loaded.settings = replace(loaded.settings, max_age=timedelta(hours=37))
    assert "The data is old" not in page_of(loaded, now=now)
