"""Numbers and days as the page shows them.

The rules are data, because the page's script applies them too: ``FORMATS`` is embedded in the page.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["count", "ratio", "share", "hours", "points"]
MISSING = "–"
UNCHANGED = "unchanged"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """How numbers of ``at_least`` are written: as a fixed text, or divided by ``unit``, rounded, with a suffix."""

    at_least: float
    unit: float = 1
    decimals: int = 0
    suffix: str = ""
    text: str | None = None


# The last rule of a kind whose ``at_least`` a number reaches applies.
FORMATS: dict[Kind, tuple[Rule, ...]] = {
    "count": (Rule(0),),
    "ratio": (Rule(0, decimals=1),),
    # Small shares do not look like none, and large ones not like all.
    "share": (
        Rule(0, 0.01, 1, "%"),
        Rule(sys.float_info.min, text="<0.1%"),
        Rule(0.0005, 0.01, 1, "%"),
        Rule(0.9995, text=">99.9%"),
        Rule(1, 0.01, 1, "%"),
    ),
    "hours": (Rule(0, 60, 0, " min"), Rule(3600, 3600, 1, " h"), Rule(360_000, 3600, 0, " h")),
    "points": (Rule(0, 0.01, 1, " points"),),
}


def format_number(kind: Kind, value: float | None) -> str:
    """Return a number as text; shares are numbers from 0 to 1, hours are given in seconds."""
    if value is None:
        return MISSING
    rules = FORMATS[kind]
    rule = next((rule for rule in reversed(rules) if value >= rule.at_least), rules[0])
    if rule.text is not None:
        return rule.text
    # Half up: the built-in rounding of Python and of JavaScript differ there.
    scale = 10**rule.decimals
    rounded = math.floor(value / rule.unit * scale + 0.5) / scale
    return f"{rounded:,.{rule.decimals}f}{rule.suffix}"


def format_change(kind: Kind, value: float | None, before: float | None) -> str:
    """Return the difference from the days before, absolute and relative; empty when either is unknown."""
    if value is None or before is None:
        return ""
    difference = value - before
    if difference == 0:
        return UNCHANGED
    sign, size = "+" if difference > 0 else "−", abs(difference)
    if kind == "share":
        return sign + format_number("points", size)
    relative = f" ({sign}{format_number('share', size / before)})" if before else ""
    return sign + format_number(kind, size) + relative


def format_day(day: date) -> str:
    """Return a day in English whatever the locale: 15 November 2018."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_days(first: date, last: date) -> str:
    """Return days from first to last without repeating their month: 1 to 30 November 2018."""
    if first == last:
        return format_day(last)
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"{first.day if same_month else format_day(first)} to {format_day(last)}"


def fraction(part: float, whole: float) -> float | None:
    """Return a part of a whole, from 0 to 1; None when the whole is 0."""
    return part / whole if whole else None
