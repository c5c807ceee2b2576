"""Severities as they are written, and when a warning is an error."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sparkify_dwh.checks.severity import SeverityRule, Tolerance


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("error", "error"),
        (" Warning ", "warning"),
        ("OFF", "off"),
        ("warning, error above 1%", "warning, error above 1%"),
        ("warning,error above 0.05 %", "warning, error above 0.05%"),
        ("Warning, Error above 1 row", "warning, error above 1 row"),
        ("warning, error above 100 rows", "warning, error above 100 rows"),
        ("warning, error above 0 rows", "warning, error above 0 rows"),
    ],
)
def test_a_severity_is_shown_as_it_can_be_written(text: str, shown: str) -> None:
    rule = SeverityRule.parse(text)
    assert str(rule) == shown
    assert SeverityRule.parse(shown) == rule


@pytest.mark.parametrize(
    "text",
    ["", "warn", "true", "warning above 1%", "warning, error above 1", "warning, error above 101%", "error above 5 rows",
     "warning, error above -1 rows", "warning, error above 1.5 rows", "error, error above 1%", "off, error above 1%"],
)  # fmt: skip
def test_any_other_text_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"must be error, warning, off, or a warning with a limit: 'warning, error above"
    ):
        SeverityRule.parse(text)


@pytest.mark.parametrize(
    ("tolerance", "offenders", "checked", "is_exceeded"),
    [
        (Tolerance(Decimal(2)), 2, 2, False),
        (Tolerance(Decimal(2)), 3, 1_000, True),
        (Tolerance(Decimal(1), is_percentage=True), 10, 1_000, False),
        (Tolerance(Decimal(1), is_percentage=True), 11, 1_000, True),
        (Tolerance(Decimal("0.1"), is_percentage=True), 1, 1_000, False),
        (Tolerance(Decimal(100), is_percentage=True), 5, 5, False),
        (Tolerance(Decimal(100), is_percentage=True), 1, 0, True),  # a staged row that no table has
    ],
)
def test_a_tolerance_is_exceeded_above_its_limit(
    tolerance: Tolerance, offenders: int, checked: int, is_exceeded: bool
) -> None:
    assert tolerance.is_exceeded(offenders, checked) is is_exceeded


def test_a_rule_may_fail_unless_it_is_a_warning_or_off() -> None:
    texts = ("off", "warning", "warning, error above 1%", "error")
    rules = [SeverityRule.parse(text) for text in texts]
    assert [rule.may_fail for rule in rules] == [False, False, True, True]
    assert sorted(rules, key=lambda rule: rule.rank) == rules
