"""The days of a report."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sparkify_dwh.errors import UsageError
from sparkify_dwh.report.period import Period, choose_period

LONG = Period(date(2018, 1, 1), date(2018, 11, 30))
SHORT = Period(date(2018, 11, 21), date(2018, 11, 30))
TODAY = Period(date(2018, 11, 30), date(2018, 11, 30))
WITH_FUTURE_PLAYS = Period(LONG.first, date(2099, 1, 1))
LATER = date(2019, 1, 1)


def on(month: int, day: int) -> date:
    return date(2018, month, day)


@pytest.mark.parametrize(
    ("data", "first", "last", "today", "period"),
    [
        pytest.param(LONG, None, None, LATER, (on(11, 1), on(11, 30)), id="the last thirty days by default"),
        pytest.param(SHORT, None, None, LATER, (on(11, 21), on(11, 30)), id="all days if there are fewer"),
        pytest.param(LONG, None, None, on(11, 30), (on(10, 31), on(11, 29)), id="today is incomplete"),
        pytest.param(TODAY, None, None, on(11, 30), (on(11, 30), on(11, 30)), id="today if there is no other day"),
        pytest.param(WITH_FUTURE_PLAYS, None, None, on(12, 1), (on(11, 1), on(11, 30)), id="not in the future"),
        pytest.param(LONG, on(3, 1), on(3, 7), LATER, (on(3, 1), on(3, 7)), id="both days given"),
        pytest.param(None, on(3, 1), on(3, 7), LATER, (on(3, 1), on(3, 7)), id="both days given, without plays"),
        pytest.param(LONG, on(11, 20), None, LATER, (on(11, 20), on(11, 30)), id="first day given"),
        pytest.param(LONG, None, on(3, 31), LATER, (on(3, 2), on(3, 31)), id="last day given"),
        pytest.param(LONG, None, on(1, 5), LATER, (on(1, 1), on(1, 5)), id="last day given, near the first plays"),
        pytest.param(None, LATER, None, LATER, (LATER, LATER), id="first day given, without plays"),
    ],
)
def test_the_period_of_a_report(
    data: Period | None, first: date | None, last: date | None, today: date, period: tuple[date, date]
) -> None:
    assert choose_period(data, first, last, today) == Period(*period)


def test_without_plays_there_is_no_period() -> None:
    assert choose_period(None, None, None, LATER) is None


def test_the_first_day_must_not_come_after_the_last() -> None:
    with pytest.raises(UsageError, match="2018-11-30, must not come after the last, 2018-11-29: exchange them"):
        choose_period(LONG, date(2018, 11, 30), date(2018, 11, 29), LATER)


def test_a_period_has_at_most_a_year() -> None:
    last = date(2018, 11, 30)
    assert choose_period(LONG, last - timedelta(365), last, LATER)
    with pytest.raises(UsageError, match=r"at most 366 days, and 2017-11-29 to 2018-11-30 are 367"):
        choose_period(LONG, last - timedelta(366), last, LATER)


def test_the_days_before_must_be_in_the_calendar() -> None:
    with pytest.raises(UsageError, match="not in the calendar"):
        choose_period(LONG, date(1, 1, 2), date(1, 1, 9), LATER)


def test_the_comparison_has_as_many_days() -> None:
    assert Period(date(2018, 11, 1), date(2018, 11, 30)).before() == Period(date(2018, 10, 2), date(2018, 10, 31))


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2018, 11, 1), date(2018, 11, 30), "1 to 30 November 2018"),
        (date(2018, 10, 31), date(2018, 11, 30), "31 October 2018 to 30 November 2018"),
        (date(2018, 11, 30), date(2018, 11, 30), "30 November 2018"),
    ],
)
def test_a_period_is_written_without_repeating_its_month(first: date, last: date, text: str) -> None:
    assert str(Period(first, last)) == text
