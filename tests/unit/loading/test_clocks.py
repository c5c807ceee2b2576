"""Loaders whose clocks are wrong: which delivery is the latest is for the warehouse to say."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from support.clocks import clock_ahead_by
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.database import warehouse_now
from sparkify_dwh.errors import CheckError, CopyError
from sparkify_dwh.loading.ledger_entries import recent_loads
from sparkify_dwh.loading.report import LoadReport

A_YEAR = timedelta(days=365)
CLOCKS = [A_YEAR, -A_YEAR]


def load_with_clock(sparkify: Sparkify, ahead: timedelta) -> LoadReport:
    with clock_ahead_by(ahead):
        return sparkify.load()


@pytest.mark.parametrize("ahead", CLOCKS, ids=["ahead", "behind"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_the_latest_delivery_of_a_file_is_that_of_the_latest_load(
    sparkify: Sparkify, ahead: timedelta, first: bool
) -> None:
    """A file that changed back is loaded again, and one that did not change is not."""
    clocks = [ahead, timedelta()] if first else [timedelta(), ahead]
    sparkify.songs("a.json", a_song())
    path = sparkify.logs("a.json", an_event(location="A"))
    first_stat = path.stat()
    load_with_clock(sparkify, clocks[0])
    sparkify.logs("a.json", an_event(location="B"))
    assert load_with_clock(sparkify, clocks[1]).files["staging_events"].changed == [path.as_uri()]
    assert load_with_clock(sparkify, timedelta()).files["staging_events"].files == []

    sparkify.logs("a.json", an_event(location="A"))
    os.utime(path, ns=(first_stat.st_atime_ns, first_stat.st_mtime_ns))
    assert load_with_clock(sparkify, timedelta()).files["staging_events"].changed == [path.as_uri()]
    assert sparkify.one("SELECT location FROM songplays") == "A"


@pytest.mark.parametrize("ahead", CLOCKS, ids=["ahead", "behind"])
def test_the_history_is_in_the_order_of_the_loads(sparkify: Sparkify, ahead: timedelta) -> None:
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", an_event())
    loads = [load_with_clock(sparkify, clock).load_id for clock in (timedelta(), ahead, timedelta())]
    with sparkify.engine.connect() as connection:
        assert [load["load_id"] for load in recent_loads(connection, 3)] == loads[::-1]


def test_failed_loads_stand_between_those_that_came_before_and_after(sparkify: Sparkify) -> None:
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", "no json")
    with clock_ahead_by(A_YEAR), pytest.raises(CopyError):
        sparkify.load()
    sparkify.logs("a.json", an_event())
    sparkify.load()
    sparkify.logs("a.json", "no json")
    with clock_ahead_by(-A_YEAR), pytest.raises(CopyError):
        sparkify.load()
    with sparkify.engine.connect() as connection:
        assert [load["outcome"] for load in recent_loads(connection, 3)] == ["failed", "loaded", "failed"]


@pytest.mark.parametrize("ahead", CLOCKS, ids=["ahead", "behind"])
def test_times_in_the_ledger_are_by_the_warehouses_clock(sparkify: Sparkify, ahead: timedelta) -> None:
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", an_event())
    with sparkify.engine.connect() as connection:
        before = warehouse_now(connection)
        started_at = load_with_clock(sparkify, ahead).started_at
        after = warehouse_now(connection)
    assert before <= started_at <= after
    ((stored, loaded_at),) = sparkify.rows(
        "SELECT DISTINCT loads.started_at, loaded_at FROM loads JOIN load_files ON loads.load_id = load_files.load_id"
    )
    assert before <= stored <= loaded_at <= after + timedelta(days=1)  # the time that it took is by the other clock


def test_a_clock_that_is_behind_refuses_no_events(loaded: Sparkify) -> None:
    """The latest day that the checks accept is by the warehouse's clock."""
    with loaded.engine.connect() as connection:
        today = warehouse_now(connection)
    loaded.logs("today.json", an_event(ts=int(today.timestamp() * 1000), itemInSession=9))
    assert load_with_clock(loaded, -A_YEAR).star["songplays"].inserted == 1


def test_a_clock_that_is_ahead_lets_no_event_of_the_future_pass(loaded: Sparkify) -> None:
    with loaded.engine.connect() as connection:
        later = warehouse_now(connection) + timedelta(days=30)
    loaded.logs("later.json", an_event(ts=int(later.timestamp() * 1000), itemInSession=9))
    with pytest.raises(CheckError, match="Every play started between 2010 and tomorrow"):
        load_with_clock(loaded, A_YEAR)
