"""Durations as people write them, and as sentences name them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sparkify_dwh.utils.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "hours"), [("36h", 36), ("2d", 48), ("90m", 1.5), ("1d12h", 36), (" 1D12H30M ", 36.5), ("0048h", 48)]
)
def test_a_duration_is_days_hours_and_minutes(text: str, hours: float) -> None:
    assert parse_duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["", "0h", "36", "h", "-1h", "1.5h", "36 h", "12h1d", "1w", "\N{ARABIC-INDIC DIGIT ONE}h"]
)
def test_any_other_text_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("duration", "shown"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(hours=5, minutes=20), "5 h 20 min"),
        (timedelta(hours=36), "36 h"),
        (timedelta(hours=47, minutes=59, seconds=59), "47 h 59 min"),
        (timedelta(days=2, minutes=59), "2 days"),
        (timedelta(days=9, hours=3), "9 days 3 h"),
        (timedelta(days=2922, hours=10), "2,922 days"),
    ],
)
def test_a_duration_is_shown_in_its_largest_units(duration: timedelta, shown: str) -> None:
    assert format_duration(duration) == shown
