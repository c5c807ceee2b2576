"""Numbers as the page writes them. ``report.js`` writes them the same way, to the letter: change both."""

from __future__ import annotations

import math
from typing import Literal

Kind = Literal["count", "ratio", "share", "hours"]
HOUR = 3600


def written(kind: Kind, value: float | None) -> str:
    """A count, a number with one decimal, a share (0 to 1) in percent, or seconds in hours; a dash for none."""
    if value is None:
        return "–"
    if kind == "share":
        return percent(value)
    if kind == "hours":
        return duration(value)
    return f"{tenth(value):,.1f}" if kind == "ratio" else f"{math.floor(value + 0.5):,}"


def percent(share: float) -> str:
    """To one decimal; a little is never nothing, and nearly all never all."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{tenth(share * 100):,.1f}%"


def duration(seconds: float) -> str:
    """Hours, with a decimal when there are few; minutes, when there is not one hour."""
    if seconds >= 100 * HOUR:
        return f"{math.floor(seconds / HOUR + 0.5):,} h"
    if seconds >= HOUR:
        return f"{tenth(seconds / HOUR):.1f} h"
    return f"{math.floor(seconds / 60 + 0.5)} min"


def change(kind: Kind, value: float | None, before: float | None) -> str:
    """How a number differs from that of the days before: by how much, and by what part of it; nothing when unknown."""
    if value is None or before is None:
        return ""
    difference = value - before
    if difference == 0:
        return "unchanged"
    sign = "+" if difference > 0 else "−"
    if kind == "share":
        return f"{sign}{tenth(abs(difference) * 100):.1f} points"
    part = f" ({sign}{written('share', abs(difference) / before)})" if before else ""
    return f"{sign}{written(kind, abs(difference))}{part}"


def tenth(value: float) -> float:
    """To one decimal, halves up: Python's own rounding and JavaScript's differ there."""
    return math.floor(value * 10 + 0.5) / 10


def part_of(part: float, whole: float) -> float | None:
    """A part of a whole, None of nothing."""
    return part / whole if whole else None
