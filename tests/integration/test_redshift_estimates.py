"""The estimates of benchmarks/REDSHIFT.md: what they are made of, and that the page holds them."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path
from typing import Any

import pytest
import support.checkout  # noqa: F401 (benchmarks is not installed)

from benchmarks import redshift_measured as measured
from benchmarks.redshift_estimates import PAGE, TABLES, amount, short, with_tables
from benchmarks.redshift_growth import SIZES, files_per_copy, row_bytes
from benchmarks.redshift_joins import ALTERNATIVES, CHOSEN, JOINS, bytes_moved, plays_with
from benchmarks.redshift_skew import SLICES, expected, of_slices, simulated
from sparkify_dwh.analytics import QUESTIONS
from sparkify_dwh.sql.render import readable

MILLION, BILLION, HUNDRED_BILLION = SIZES


def test_the_page_holds_the_tables_as_they_are_made() -> None:
    """When this fails: python -m benchmarks.redshift_estimates --write"""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert all(f"<!-- table: {name} -->" in page for name in TABLES)


def test_what_was_measured_of_the_real_data_is_what_it_says(real_data: Path) -> None:
    found = measured.measure(real_data)
    for name in ("GZIPPED_EVENT_BYTES", "GZIPPED_SONG_BYTES"):  # zlib is not the same everywhere
        assert found.pop(name) == pytest.approx(getattr(measured, name), rel=0.05)
    assert found == {name: getattr(measured, name) for name in found}


def test_the_measured_numbers_agree_with_one_another() -> None:
    for histogram in (
        measured.PLAYS_PER_USER, measured.PLAYS_PER_SESSION, measured.PLAYS_PER_SONG, measured.PLAYS_PER_MOMENT,
    ):  # fmt: skip
        assert sum(plays * number for plays, number in histogram.items()) == measured.PLAYS


def test_a_row_is_as_wide_as_its_types_and_its_texts() -> None:
    assert row_bytes("time") == 8 + 6 * 2
    assert row_bytes("users", ("user_id", "level")) == 4 + (4 + 4.0)


def test_there_are_never_more_moments_than_seconds() -> None:
    assert MILLION.rows("time") == pytest.approx(1e6, rel=0.01)
    assert BILLION.rows("time") == pytest.approx(730 * 86_400, rel=1e-6)
    assert HUNDRED_BILLION.moments(1000) < 730 * 86_400_000


def test_by_the_chosen_design_no_join_of_a_question_or_a_load_moves_plays() -> None:
    moved = {join.name: join.movement(HUNDRED_BILLION, CHOSEN)[1] for join in JOINS}
    assert max(moved.values()) < 0.001 * HUNDRED_BILLION.plays * row_bytes("songplays")
    assert moved["plays with their calendar"] == moved["staged plays with stored plays"] == 0


def test_rows_that_stay_on_their_node_cross_no_network() -> None:
    moved = {movement: bytes_moved(movement, 400, 40, nodes=4) for movement in ("DS_DIST_BOTH", "DS_BCAST_INNER")}
    assert moved == {"DS_DIST_BOTH": 330, "DS_BCAST_INNER": 120}
    assert bytes_moved("DS_DIST_OUTER", 400, 40, nodes=4) == 300
    assert bytes_moved("DS_DIST_INNER", 400, 40, nodes=1) == 0
    assert bytes_moved("DS_DIST_NONE", 400, 40, nodes=4) == 0


def test_a_table_that_is_on_every_node_is_joined_with_plays_for_nothing() -> None:
    by_song = plays_with("songs", "song_id", ("title",))
    assert by_song.movement(BILLION, CHOSEN) == ("DS_DIST_ALL_NONE", 0)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_every_dist_key_saves_what_it_places(size: Any) -> None:
    by = {each.name: each for each in ALTERNATIVES}
    assert by["start_time (chosen)"].calendar_bytes(size) == by["start_time (chosen)"].match_bytes(size) == 0
    assert by["session_id"].session_bytes(size) == by["session_id"].match_bytes(size) == 0
    assert by["user_id"].session_bytes(size) == by["user_id"].window_bytes(size) == 0
    assert by["EVEN"].calendar_bytes(size) > 0
    assert by["session_id"].calendar_bytes(size) > by["session_id, time on every node"].calendar_bytes(size) == 0


def test_every_question_that_joins_tables_is_in_the_table_of_joins() -> None:
    """A new question with a join belongs into JOINS; one that is gone, out of it."""
    told = {name for join in JOINS for name in join.used_by.split(", ") if name in QUESTIONS or "-" in name}
    assert told == {name for name in QUESTIONS if _joins_tables(name)}


def _joins_tables(name: str) -> bool:
    parameters = inspect.signature(QUESTIONS[name]).parameters.values()
    question = QUESTIONS[name](*("x" for each in parameters if each.default is inspect.Parameter.empty))
    return re.search(r"\bJOIN\b", readable(question)) is not None


@pytest.mark.parametrize("slices", SLICES)
def test_simulated_and_computed_skew_agree_where_both_can_be_had(slices: int) -> None:
    by_hand, by_formula = (
        skew(measured.PLAYS_PER_MOMENT, 30_000, slices).to_average - 1 for skew in (simulated, expected)
    )
    assert by_hand == pytest.approx(by_formula, abs=0.05)


def test_few_keys_leave_slices_empty() -> None:
    assert math.isinf(simulated(measured.PLAYS_PER_USER, 96, 256).to_emptiest)
    assert str(of_slices([6_819, 1])) == "2.00 / 6,819"
    assert str(of_slices([3, 0])) == "2.00 / empty"


@pytest.mark.parametrize(
    ("compressed", "slices", "number"),
    [
        (53e6, 4, 4),  # a file a slice
        (2.2e9, 16, 48),  # parts of 64 MB at most
        (2.2e6, 4, 2),  # never below a megabyte
        (1000, 256, 1),
        (0, 4, 1),
    ],
)
def test_a_copy_gets_a_multiple_of_the_slices_in_files_of_a_megabyte_or_more(
    compressed: float, slices: int, number: int
) -> None:
    files = files_per_copy(compressed, slices)
    assert files.number == number
    assert files.bytes_each * files.number == pytest.approx(compressed)


def test_numbers_have_three_digits() -> None:
    assert [amount(each) for each in (0, 999.4, 999.6, 2.434e12, 5e18)] == ["0", "999 B", "1 kB", "2.43 TB", "5000 PB"]
    assert [short(each) for each in (578.4, 58_651_026)] == ["578", "58.7 M"]
