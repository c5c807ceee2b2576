"""COPY reads dates and times by DATEFORMAT and TIMEFORMAT, as epochs, or by what 'auto' recognises."""

from __future__ import annotations

from datetime import datetime

import pytest
from support.conversions import TIMESTAMP, TIMESTAMPTZ, convert, reject


@pytest.mark.parametrize("type_", [TIMESTAMP, TIMESTAMPTZ])
def test_epochs_are_times_in_utc_with_their_milliseconds(type_: str) -> None:
    assert convert(type_, "1541106106796", time_format="epochmillisecs") == datetime(2018, 11, 1, 21, 1, 46, 796000)
    assert convert(type_, "-1", time_format="epochmillisecs") == datetime(1969, 12, 31, 23, 59, 59, 999000)
    assert convert(type_, "1541106106", time_format="epochsecs") == datetime(2018, 11, 1, 21, 1, 46)


@pytest.mark.parametrize("text", ["253402300800000", "-62135596800001", "9" * 18])
def test_an_epoch_outside_of_the_years_1_to_9999_is_refused(text: str) -> None:
    code, reason = reject(TIMESTAMP, text, time_format="epochmillisecs")
    assert code == 1206
    assert reason == "Epoch time copy out of acceptable range of [-62135596800000, 253402300799999]"


@pytest.mark.parametrize("text", ["1541106106796.0", "2018-11-01 20:57:10", "9" * 19, "1e12"])
def test_an_epoch_is_an_integer(text: str) -> None:
    expected = (1206, "Invalid timestamp format or value [epochmillisecs]")
    assert reject(TIMESTAMP, text, time_format="epochmillisecs") == expected


def test_timeformat_applies_only_to_timestamps() -> None:
    """copy-parameters-data-conversion: TIMEFORMAT is for TIMESTAMP and TIMESTAMPTZ columns."""
    assert convert("bigint", "1541106106796", time_format="epochmillisecs") == 1541106106796
    assert reject("date", "1541106106796", time_format="epochmillisecs")[0] == 1205


@pytest.mark.parametrize(
    ("time_format", "text", "value"),
    [
        ("MM.DD.YYYY HH:MI:SS", "03.31.2003 18:45:05", datetime(2003, 3, 31, 18, 45, 5)),
        ("MM.DD.YYYY HH:MI:SS", "03.31.2003 18:45:05.123456", datetime(2003, 3, 31, 18, 45, 5, 123456)),
        ("YYYY-MM-DDTHH24:MI:SS", "2018-11-01T00:00:01", datetime(2018, 11, 1, 0, 0, 1)),
        ("MM/DD/YY HH12:MI AM", "11/01/18 12:05 pm", datetime(2018, 11, 1, 12, 5)),
        ("DD MON YYYY", "01 november 1970", datetime(1970, 11, 1)),
        ("yyyymmdd", "19990131", datetime(1999, 1, 31)),
    ],
)
def test_a_timeformat_reads_what_it_describes(time_format: str, text: str, value: datetime) -> None:
    """r_DATEFORMAT_and_TIMEFORMAT_strings; HH is HH24 in COPY, and seconds may have a fraction."""
    assert convert(TIMESTAMP, text, time_format=time_format) == value


@pytest.mark.parametrize("text", ["2003-3-31", "31.03.2003", "13.01.2003", "03.31.2003 18:45", "00.10.2003"])
def test_a_timeformat_reads_nothing_else(text: str) -> None:
    expected = (1206, "Invalid timestamp format or value [MM.DD.YYYY]")
    assert reject(TIMESTAMP, text, time_format="MM.DD.YYYY") == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2019-02-11T05:09:12.195Z", datetime(2019, 2, 11, 5, 9, 12, 195000)),
        ("J2345678", datetime(1710, 2, 23)),
        ("J2345678 04:05:06.789", datetime(1710, 2, 23, 4, 5, 6, 789000)),
        ("19960108 040809", datetime(1996, 1, 8, 4, 8, 9)),
        ("960108 040809", datetime(1996, 1, 8, 4, 8, 9)),
        ("1996.008", datetime(1996, 1, 8)),
        ("1996-01-08 04:05:06.789", datetime(1996, 1, 8, 4, 5, 6, 789000)),
        ("17 Dec 07:37:16 1997 PST", datetime(1997, 12, 17, 7, 37, 16)),
        ("12/17/1997 07:37:16.00 PST", datetime(1997, 12, 17, 7, 37, 16)),
        ("1997-12-17 07:37:16-08", datetime(1997, 12, 17, 7, 37, 16)),
        ("12.17.1997 07:37:16.00 PST", datetime(1997, 12, 17, 7, 37, 16)),
        ("March 31, 2003", datetime(2003, 3, 31)),
    ],
)
def test_auto_recognises_the_forms_of_the_guide(text: str, value: datetime) -> None:
    """automatic-recognition; TIMESTAMP ignores the zone, as r_Datetime_types says."""
    assert convert(TIMESTAMP, text, time_format="auto") == value
    assert convert("date", text, date_format="auto") == value.date()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2019-02-11T05:09:12.195Z", datetime(2019, 2, 11, 5, 9, 12, 195000)),
        ("1997-12-17 07:37:16-08", datetime(1997, 12, 17, 15, 37, 16)),
        ("1997-12-17 07:37:16+05:30", datetime(1997, 12, 17, 2, 7, 16)),
        ("12/17/1997 07:37:16.00 PST", datetime(1997, 12, 17, 15, 37, 16)),
        ("1997-12-17 07:37:16", datetime(1997, 12, 17, 7, 37, 16)),
    ],
)
def test_timestamptz_is_converted_to_utc(text: str, value: datetime) -> None:
    assert convert(TIMESTAMPTZ, text, time_format="auto") == value


@pytest.mark.parametrize("text", ["1541106106796", "Jan-08-95 BC", "yesterday", "1997-13-01", "1997.366", "0000-01-01"])
def test_auto_recognises_no_epochs_and_no_bc(text: str) -> None:
    """automatic-recognition: epochs are not supported; BC is a limit of the stand-in."""
    assert reject(TIMESTAMP, text, time_format="auto") == (1206, "Invalid timestamp format or value [auto]")


def test_acceptanydate_makes_bad_dates_null() -> None:
    assert convert("date", "00/00/00", accept_any_date=True) is None
    assert convert(TIMESTAMP, "00/00/00 00:00:00", accept_any_date=True) is None
    assert reject("integer", "x", accept_any_date=True)[0] == 1207
    assert reject("date", "00/00/00", accept_any_date=True, not_null=True)[0] == 1213
