"""Dates and times as Redshift counts them. Redshift guide, r_Dateparts_for_datetime_functions and the functions' pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

MOMENT = "timestamp '2009-09-21 11:10:03.189717'"


def answer(connection: Connection, expression: str) -> Any:
    """The value of an expression; an int is no float here, nor a Decimal."""
    return connection.exec_driver_sql(f"SELECT {expression}").scalar_one()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("second", 3), ("s", 3), ("ms", 189), ("us", 717), ("m", 10), ("h", 11), ("day", 21), ("d", 21), ("w", 39),
        ("mon", 9), ("qtr", 3), ("yr", 2009), ("decade", 201), ("c", 21), ("mil", 3), ("doy", 264), ("yearday", 264),
        ("weekday", 1), ("dow", 1), ("dayofweek", 1), ("dw", 1), ("epoch", 1253531403), ("'year'", 2009),
    ],
)  # fmt: skip
def test_extract_returns_the_part_as_an_integer(connection: Connection, part: str, expected: int) -> None:
    value = answer(connection, f"EXTRACT({part} FROM {MOMENT})")
    assert (type(value), value) == (int, expected)


@pytest.mark.parametrize(
    ("part", "expected"), [("sec", 3.189717), ("dow", 1.0), ("'weekday'", 1.0), ("ms", 3189.717), ("decade", 201.0)]
)
def test_date_part_gives_a_double_with_all_of_the_seconds(connection: Connection, part: str, expected: float) -> None:
    value = answer(connection, f"DATE_PART({part}, {MOMENT})")
    assert (type(value), value) == (float, expected)


def test_extract_from_a_time_with_zone_is_a_double(connection: Connection) -> None:
    value = answer(connection, "EXTRACT(hour FROM timestamptz '2018-11-02 03:00+01')")
    assert (type(value), value) == (float, 2.0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("epoch FROM timestamp '2018-11-02' - timestamp '2018-11-01'", 86400),
        ("dw FROM date '2018-11-04'", 0),
        ("hour FROM time '10:11:12'", 10),
        ("month FROM '2018-11-04'", 11),
    ],
)
def test_extract_takes_dates_times_texts_and_lengths(connection: Connection, source: str, expected: int) -> None:
    assert answer(connection, f"EXTRACT({source})") == expected


def test_extract_takes_a_bound_value(connection: Connection) -> None:
    moment = sa.bindparam("moment", datetime(2018, 11, 4, 12), sa.DateTime())
    assert connection.scalar(sa.select(sa.extract("dow", moment))) == 0


def test_results_have_redshifts_column_names(connection: Connection) -> None:
    """Redshift guide, r_Dateparts_for_datetime_functions and r_DATEADD_function: date_part, pgdate_part, date_add."""
    calls = "extract(h FROM t), date_part(h, t), dateadd(h, 1, t), datediff(h, t, t)"
    assert list(connection.exec_driver_sql(f"SELECT {calls} FROM (SELECT SYSDATE AS t) AS now").keys()) == [
        "date_part",
        "pgdate_part",
        "date_add",
        "date_diff",
    ]


@pytest.mark.parametrize(
    "call", ["EXTRACT(isodow FROM sysdate)", "DATEADD(dow, 1, sysdate)", "DATEDIFF(song, sysdate, sysdate)"]
)
def test_an_unknown_date_part_is_an_error(connection: Connection, call: str) -> None:
    with pytest.raises(DBAPIError, match="is not recognized here"):
        answer(connection, call)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("DATEADD(month, 18, '2008-02-28')", datetime(2009, 8, 28)),
        ("DATEADD('day', -1, date '2018-11-01')", datetime(2018, 10, 31)),  # a TIMESTAMP for a DATE
        ("DATEADD(month, 1, timestamp '2008-01-31')", datetime(2008, 2, 29)),
        ("DATEADD(qtr, 1, timestamp '2018-11-01')", datetime(2019, 2, 1)),
        ("DATEADD(w, 1, timestamp '2018-11-01')", datetime(2018, 11, 8)),
        ("DATEADD(ms, 1, timestamp '2018-11-01')", datetime(2018, 11, 1, 0, 0, 0, 1000)),
        ("DATE_TRUNC('week', date '2018-11-04')", datetime(2018, 10, 29)),
        ("TRUNC(timestamp '2018-11-04 12:00')", date(2018, 11, 4)),
        ("LAST_DAY('2008-02-01'::timestamp)", date(2008, 2, 29)),
        ("ADD_MONTHS('2008-04-30', 1)", datetime(2008, 5, 31)),
        ("CONVERT_TIMEZONE('EST', 'UTC', '2018-11-01 12:00')", datetime(2018, 11, 1, 17)),
        ("CONVERT_TIMEZONE('US/Pacific', timestamp '2018-11-01 12:00')", datetime(2018, 11, 1, 5)),
    ],
)
def test_functions_of_dates(connection: Connection, call: str, expected: object) -> None:
    assert answer(connection, call) == expected


@pytest.mark.parametrize(
    ("part", "since", "until", "expected"),
    [
        ("year", "2008-12-31", "2009-01-01", 1),
        ("qtr", "2018-03-31", "2018-04-01", 1),
        ("month", "2018-11-01", "2018-11-30", 0),
        ("week", "2009-01-01", "2009-12-31", 52),
        ("day", "2018-11-01 23:59:59", "2018-11-02", 1),
        ("hour", "2018-11-01 10:59:59", "2018-11-01 11:00", 1),
        ("minute", "2018-11-01 10:59:59.9", "2018-11-01 10:59:00", 0),
        ("second", "2018-11-01 10:00:01.1", "2018-11-01 10:00:00.9", -1),
        ("hour", "1969-12-31 23:30", "1970-01-01 00:30", 1),
        ("decade", "2009-12-31", "2010-01-01", 1),
    ],
)
def test_datediff_counts_the_boundaries_crossed(
    connection: Connection, part: str, since: str, until: str, expected: int
) -> None:
    """Redshift guide, r_DATEDIFF_function: 2008-12-31 to 2009-01-01 is a year."""
    assert answer(connection, f"DATEDIFF({part}, '{since}', timestamp '{until}')") == expected
    assert answer(connection, f"DATEDIFF({part}, timestamp '{until}', '{since}')") == -expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    part=st.sampled_from(["second", "minute", "hour", "day", "week", "year"]),
    moment=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    count=st.integers(-50_000, 50_000),
)
def test_datediff_is_the_inverse_of_dateadd(connection: Connection, part: str, moment: datetime, count: int) -> None:
    if part == "year":
        count %= 100
    literal = f"timestamp '{moment.isoformat()}'"
    assert answer(connection, f"DATEDIFF({part}, {literal}, DATEADD({part}, {count}, {literal}))") == count
