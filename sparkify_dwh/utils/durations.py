"""Durations as people write them, such as ``36h``, ``90m``, ``2d`` or ``1d12h``, and as sentences name them."""

from __future__ import annotations

import re
from datetime import timedelta

DURATION_EXAMPLES = "a duration like 36h, 90m or 1d12h"

_DURATION = re.compile(r"(?:(?P<days>\d{1,3})d)?(?:(?P<hours>\d{1,4})h)?(?:(?P<minutes>\d{1,5})m)?", re.ASCII)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
MIN_DAYS = 2  # shorter durations are shown in hours
MIN_DAYS_WITHOUT_HOURS = 10


def parse_duration(text: str) -> timedelta | None:
    """Return a duration; None for another text, and for no time at all."""
    match = _DURATION.fullmatch(text.strip().lower())
    units = {unit: int(number) for unit, number in match.groupdict().items() if number} if match else {}
    return timedelta(**units) or None


def format_duration(duration: timedelta) -> str:
    """Return a duration in its two largest units: ``2 days 3 h``, ``36 h``, ``5 h 20 min``, ``8 min``, ``40 s``."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    days = seconds // _DAY
    if days >= MIN_DAYS_WITHOUT_HOURS:
        return f"{days:,} days"
    days = days if days >= MIN_DAYS else 0
    hours, minutes = (seconds - days * _DAY) // _HOUR, seconds % _HOUR // _MINUTE
    parts = {"days": days, "h": hours, "min": 0 if days else minutes}
    return " ".join(f"{number} {unit}" for unit, number in parts.items() if number)
