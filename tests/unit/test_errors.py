"""What an error says: its message and its hint, as sentences."""

from __future__ import annotations

import pytest

from sparkify_dwh.errors import SparkifyError


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("It is wrong", "", "It is wrong."),
        ("It is wrong.", "", "It is wrong."),
        ("It is wrong", "correct it", "It is wrong: correct it."),
        ("It is wrong.", "correct it.", "It is wrong: correct it."),
        ("It is wrong", "Correct it", "It is wrong. Correct it."),
        ("It is wrong.", "Correct it.", "It is wrong. Correct it."),
        ("Did you mean this?", "Correct it", "Did you mean this? Correct it."),
        ("Did you mean this?", "correct it", "Did you mean this? Correct it."),
        ("It is too long: 'aaa...", "", "It is too long: 'aaa..."),
        ("It has no X_...", "add one", "It has no X_...: add one."),
        ("", "", ""),
    ],
)
def test_an_error_ends_in_one_full_stop(message: str, hint: str, text: str) -> None:
    assert str(SparkifyError(message, hint)) == text
