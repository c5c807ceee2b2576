"""How old the newest event is, at a given time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from sparkify_dwh.checks.freshness import Freshness, is_empty, read_freshness
from sparkify_dwh.errors import UsageError
from sparkify_dwh.ledger import Load
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.star import Songplay, Time

NOON = datetime(2018, 11, 15, 12)
CALENDAR = ("hour", "day", "week", "month", "year", "weekday")


def add_plays(connection: Connection, *times: datetime) -> None:
    rows = [{"start_time": time, "session_id": 1, "item_in_session": number} for number, time in enumerate(times)]
    connection.execute(insert(Songplay.table()), rows)


def add_loads(connection: Connection, **outcomes: datetime) -> None:
    common = {"seconds": 1.0, "version": "1", "report": "{}"}
    rows = [common | {"load_id": name, "outcome": name, "started_at": time} for name, time in outcomes.items()]
    connection.execute(insert(Load.table()), rows)


def freshness_at(connection: Connection, now: datetime) -> Freshness:
    return read_freshness(connection, SPARKIFY.event_time, now)


def test_the_newest_play_up_to_now_counts(connection: Connection) -> None:
    add_plays(connection, NOON, NOON - timedelta(hours=1), NOON + timedelta(hours=5), datetime(2900, 1, 1))
    assert freshness_at(connection, NOON).age == timedelta()
    assert freshness_at(connection, NOON + timedelta(hours=4)).age == timedelta(hours=4)
    assert freshness_at(connection, NOON + timedelta(hours=6)).age == timedelta(hours=1)


def test_the_last_load_that_succeeded_counts(connection: Connection) -> None:
    add_loads(connection, loaded=NOON - timedelta(hours=8), failed=NOON)
    freshness = freshness_at(connection, NOON)
    assert freshness.load_age == timedelta(hours=8)
    assert str(freshness) == ("There is no play yet; the last successful load began at 2018-11-15 04:00 UTC, 8 h ago.")


@pytest.mark.parametrize(("hours", "is_older"), [(35.9, False), (36, False), (36.01, True)])
def test_data_is_too_old_above_the_maximum_age(hours: float, is_older: bool) -> None:
    freshness = Freshness(NOON, "play", NOON - timedelta(hours=hours), None)
    assert freshness.is_older_than(timedelta(hours=36)) is is_older


def test_without_any_play_the_data_is_too_old() -> None:
    assert Freshness(NOON, "play", None, NOON).is_older_than(timedelta(days=999))


def test_without_times_of_events_no_age_can_be_required(connection: Connection) -> None:
    freshness = read_freshness(connection, None, NOON)
    assert str(freshness) == "The warehouse declares no times of events; no load has succeeded yet."
    with pytest.raises(UsageError, match="declares no times of events"):
        freshness.is_older_than(timedelta(hours=1))


def test_a_load_that_began_after_now_has_no_negative_age() -> None:
    assert Freshness(NOON, "play", None, NOON + timedelta(seconds=2)).load_age == timedelta()


def test_json_has_times_and_ages() -> None:
    assert Freshness(NOON, "play", NOON - timedelta(hours=1), None).to_dict() == {
        "now": "2018-11-15T12:00:00",
        "event": "play",
        "newest": {"time": "2018-11-15T11:00:00", "age_seconds": 3600},
        "last_load": None,
    }


def test_a_warehouse_with_a_row_in_any_table_is_not_empty(connection: Connection) -> None:
    assert is_empty(connection, SPARKIFY.star)
    values: dict[str, Any] = dict.fromkeys(CALENDAR, 1)
    connection.execute(insert(Time.table()).values(start_time=NOON, **values))
    assert not is_empty(connection, SPARKIFY.star)
