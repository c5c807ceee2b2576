"""Tables on a terminal: headings wrap at underscores, numbers and times are not wrapped, and nothing is cut."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support.cli import Captured, Run, Terminal
from support.listening import a_play, add_plays
from support.warehouse import Sparkify

from sparkify_dwh.cli.tables import column, fit_widths, print_table, wrap_heading


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard output from now on: a terminal of 80 columns that knows no colours."""
    shown = Terminal()
    monkeypatch.setattr("sys.stdout", shown)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    return shown


@pytest.fixture
def configuration(sparkify: Sparkify, configuration: Path) -> Path:
    """A dwh.cfg for the warehouse of the tests, which holds three sessions, two of them of one play."""
    with sparkify.engine.begin() as connection:
        add_plays(
            connection,
            a_play("2018-11-15 12:00:00.326"),
            a_play("2018-11-15 13:00:00", user_id=8, session_id=9),
            a_play("2018-11-15 15:26:40.5", session_id=1024, item_in_session=3),
            a_play("2018-11-15 16:00:00", session_id=1024, item_in_session=4, length=1_234.0),
        )
    return configuration


def test_times_are_not_cut_on_80_columns(configuration: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    assert run("--config", configuration, "query", "sessions") == 0
    assert (
        terminal.getvalue()
        == """\
Which sessions were there, and how long were they?
┏━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━┳━━━━━━━━━━━━┓
┃ session_ ┃         ┃                         ┃  length_ ┃       ┃ listening_ ┃
┃ id       ┃ user_id ┃ began_at                ┃  seconds ┃ plays ┃    seconds ┃
┡━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━━━━┩
│ 818      │ 15      │ 2018-11-15 12:00:00.326 │        0 │     1 │        200 │
│ 9        │ 8       │ 2018-11-15 13:00:00.000 │        0 │     1 │        200 │
│ 1024     │ 15      │ 2018-11-15 15:26:40.500 │    2,000 │     2 │      1,434 │
└──────────┴─────────┴─────────────────────────┴──────────┴───────┴────────────┘
"""
    )


def test_headings_wrap_at_their_underscores(configuration: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    assert run("--config", configuration, "query", "sessions-summary") == 0
    assert (
        terminal.getvalue()
        == """\
How long are sessions, and how many songs are played in one?
┏━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━┓
┃          ┃    mean_ ┃  median_ ┃ longest_ ┃    mean_ ┃   median_ ┃     most_ ┃
┃ sessions ┃  seconds ┃  seconds ┃  seconds ┃    plays ┃     plays ┃     plays ┃
┡━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━┩
│        3 │ 666.6667 │      0.0 │    2,000 │   1.3333 │       1.0 │         2 │
└──────────┴──────────┴──────────┴──────────┴──────────┴───────────┴───────────┘
"""
    )


def test_a_table_that_is_too_wide_is_printed_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut, and no number is wrapped."""
    terminal = a_terminal(monkeypatch)
    headings = [f"count_{index}" for index in range(12)]
    print_table("Wide", headings, [tuple(range(1_000_000, 1_000_012))])
    first, second, *rest = terminal.getvalue().splitlines()
    assert (first, second) == ("Wide", "1")
    assert rest[0] == "  count_0   1,000,000"
    assert rest[11] == "  count_11  1,000,011"


def test_without_a_terminal_a_table_has_120_columns(capsys: Captured) -> None:
    print_table("Long", ["a_heading_of_some_length", "words"], [(1, "word " * 100)])
    assert {len(line) for line in capsys.readouterr().out.splitlines()[1:]} == {120}


@pytest.mark.parametrize(
    ("available", "expected"),
    [(100, [17, 44]), (56, [10, 39]), (30, [10, 13]), (26, [10, 9]), (25, [10, 8]), (24, None)],
)
def test_headings_are_wrapped_before_texts_and_texts_before_words(available: int, expected: list[int] | None) -> None:
    """Numbers are not wrapped."""
    text = "Supercalifragilistic, and more of these: yes"
    assert fit_widths([column("listening_seconds", [1_000_000]), column("song", [text])], available) == expected


def test_a_heading_keeps_its_name() -> None:
    """Without the line feeds it is the name in SQL."""
    for width in range(1, 30):
        assert wrap_heading("mean_listening_seconds", width).replace("\n", "") == "mean_listening_seconds"
    assert wrap_heading("mean_listening_seconds", 15) == "mean_listening_\nseconds"


@pytest.mark.parametrize(
    ("heading", "values", "cells"),
    [
        ("plays", [1_234, None, 0.20254], ["1,234", "", "0.2025"]),
        ("user_id", [1_234, None], ["1234", ""]),
        ("hour", [datetime(2018, 11, 15, 12), None], ["2018-11-15 12:00:00", ""]),
        (
            "began_at",
            [datetime(2018, 11, 15, 12), datetime(2018, 11, 15, 12, 0, 0, 326_000)],
            ["2018-11-15 12:00:00.000", "2018-11-15 12:00:00.326"],
        ),
        ("at", [datetime(2018, 11, 15, 12, 0, 0, 1)], ["2018-11-15 12:00:00.000001"]),
        ("song", ["a\x1b[31m\nb", None], [r"a\x1b[31m\nb", ""]),
    ],
)
def test_values_are_formatted_for_people(heading: str, values: list[Any], cells: list[str]) -> None:
    """Control characters in a log do not reach the terminal."""
    assert column(heading, values).cells == cells
