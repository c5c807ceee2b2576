"""Numbers as the page shows them."""

from __future__ import annotations

import pytest

from sparkify_dwh.report.formatting import Kind, format_change, format_number


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("count", 1234567, "1,234,567"),
        ("count", 0, "0"),
        ("ratio", 1234.25, "1,234.3"),
        ("share", 0.8205, "82.1%"),
        ("share", 0.0, "0.0%"),
        ("share", 1.0, "100.0%"),
        ("share", None, "–"),
        ("share", 0.0001, "<0.1%"),
        ("share", 6819 / 6820, ">99.9%"),
        ("hours", 0, "0 min"),
        ("hours", 89, "1 min"),
        ("hours", 3600, "1.0 h"),
        ("hours", 35_999, "10.0 h"),
        ("hours", 360_000, "100 h"),
    ],
)
def test_numbers_are_written_for_readers(kind: Kind, value: float | None, text: str) -> None:
    assert format_number(kind, value) == text


@pytest.mark.parametrize(
    ("kind", "value", "before", "text"),
    [
        ("count", 120, 100, "+20 (+20.0%)"),
        ("count", 80, 100, "−20 (−20.0%)"),
        ("count", 100, 100, "unchanged"),
        ("count", 5, 0, "+5"),
        ("hours", 7200, 3600, "+1.0 h (+100.0%)"),
        ("share", 0.52, 0.5, "+2.0 points"),
        ("share", None, 0.5, ""),
        ("count", 5, None, ""),
    ],
)
def test_a_change_is_absolute_and_relative(kind: Kind, value: float | None, before: float | None, text: str) -> None:
    assert format_change(kind, value, before) == text
