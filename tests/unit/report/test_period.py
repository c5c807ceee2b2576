"""Which days a report is about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sparkify_dwh.errors import UsageError
from sparkify_dwh.report.period import Period, choose_period

LONG = Period(date(2018, 1, 1), date(2018, 11, 30))
LATER = date(2019, 1, 1)


def test_the_usual_period_is_the_last_thirty_days() -> None:
    assert choose_period(LONG, None, None, LATER) == Period(date(2018, 11, 1), date(2018, 11, 30))


def test_of_fewer_days_it_is_all_of_them() -> None:
    few = Period(date(2018, 11, 21), date(2018, 11, 30))
    assert choose_period(few, None, None, LATER) == few


def test_a_day_that_is_not_over_is_left_out() -> None:
    assert choose_period(LONG, None, None, date(2018, 11, 30)) == Period(date(2018, 10, 31), date(2018, 11, 29))


def test_a_day_that_is_not_over_is_taken_when_it_is_all_there_is() -> None:
    today = Period(date(2018, 11, 30), date(2018, 11, 30))
    assert choose_period(today, None, None, today.last) == today


def test_plays_of_the_future_do_not_move_the_period() -> None:
    spoilt = Period(LONG.first, date(2099, 1, 1))
    assert choose_period(spoilt, None, None, date(2018, 12, 1)) == Period(date(2018, 11, 1), date(2018, 11, 30))


def test_days_that_are_given_are_taken() -> None:
    given = Period(date(2018, 3, 1), date(2018, 3, 7))
    assert choose_period(LONG, given.first, given.last, LATER) == given
    assert choose_period(None, given.first, given.last, LATER) == given


def test_one_day_that_is_given_leaves_the_other_as_usual() -> None:
    assert choose_period(LONG, date(2018, 11, 20), None, LATER) == Period(date(2018, 11, 20), date(2018, 11, 30))
    assert choose_period(LONG, None, date(2018, 3, 31), LATER) == Period(date(2018, 3, 2), date(2018, 3, 31))
    assert choose_period(LONG, None, date(2018, 1, 5), LATER) == Period(date(2018, 1, 1), date(2018, 1, 5))


def test_without_plays_there_is_no_period() -> None:
    assert choose_period(None, None, None, LATER) is None
    assert choose_period(None, LATER, None, LATER) == Period(LATER, LATER)


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


def test_the_days_before_are_as_many() -> None:
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
