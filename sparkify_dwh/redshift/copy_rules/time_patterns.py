"""Patterns of dates and times: those of Redshift's format strings, and the many that 'auto' recognises.

Sources: Redshift guide, r_DATEFORMAT_and_TIMEFORMAT_strings and automatic-recognition.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTHS = {name: number for number, full in enumerate(_MONTH_NAMES, start=1) for name in (full, full[:3])}
# Minutes from UTC. PostgreSQL knows hundreds of names; these are the ones of Redshift's examples and a few more.
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip

_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short_year>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "MON": r"(?P<month_name>[A-Za-z]{3,9})",
    "DD": r"(?P<day>[0-9]{2})",
    "HH": r"(?P<hour>[0-9]{2})",  # in COPY, unlike in SQL functions, HH is HH24
    "HH24": r"(?P<hour>[0-9]{2})",
    "HH12": r"(?P<half_hour>[0-9]{2})",
    "MI": r"(?P<minute>[0-9]{2})",
    "SS": r"(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?",
    "AM": r"(?P<meridiem>[AaPp][Mm])",
    "PM": r"(?P<meridiem>[AaPp][Mm])",
}
_FORMAT_PART = re.compile(r"YYYY|YY|MM|MON|MI|DD|HH24|HH12|HH|SS|AM|PM|T|[^A-Z0-9]", re.IGNORECASE)

OFFSET = r"(?P<zone>[+-][0-9]{1,2}(?::?[0-9]{2})?)"
_ZONE = rf"(?:{OFFSET}| ?(?P<zone_name>{'|'.join(_ZONES)}))"


class TimePattern:
    """A regular expression whose groups are the parts of a time."""

    def __init__(self, pattern: str) -> None:
        self._match = re.compile(pattern, re.IGNORECASE).fullmatch

    def read(self, text: str, *, with_zone: bool = False) -> datetime | None:
        """Return the time in ``text``, in UTC if ``with_zone``, else as written; None when the pattern does not match."""
        match = self._match(text)
        if match is None:
            return None
        parts = {name: value for name, value in match.groupdict().items() if value is not None}
        try:
            moment = datetime.combine(_day(parts), datetime.min.time()) + _time_of_day(parts)
            return moment - _offset(parts) if with_zone else moment
        except (ValueError, OverflowError):
            return None


def _day(parts: dict[str, str]) -> date:
    if "julian" in parts:
        return date.fromordinal(int(parts["julian"]) - 1_721_425)
    year = int(parts["year"]) if "year" in parts else _full_year(int(parts["short_year"]))
    if "day_of_year" in parts:
        day = date(year, 1, 1) + timedelta(days=int(parts["day_of_year"]) - 1)
        if day.year != year:
            raise ValueError("no such day in the year")
        return day
    month = _MONTHS.get(parts["month_name"].lower(), 0) if "month_name" in parts else int(parts.get("month", 1))
    return date(year, month, int(parts.get("day", 1)))


def _full_year(year: int) -> int:
    return year + (2000 if year < 70 else 1900)


def _time_of_day(parts: dict[str, str]) -> timedelta:
    hour = int(parts.get("hour", 0))
    if "half_hour" in parts or "meridiem" in parts:
        hour = int(parts.get("half_hour", parts.get("hour", 12)))
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if parts.get("meridiem", "am").lower() == "pm" else 0)
    minute, second = int(parts.get("minute", 0)), int(parts.get("second", 0))
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no such time of day")
    microsecond = int(parts.get("fraction", "0").ljust(6, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microsecond)


def _offset(parts: dict[str, str]) -> timedelta:
    if "zone_name" in parts:
        return timedelta(minutes=_ZONES[parts["zone_name"].lower()])
    zone = parts.get("zone", "+00")
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if zone[0] == "-" else offset


@cache
def compile_format(text: str, suffix: str = "") -> TimePattern | None:
    """Return the pattern of a DATEFORMAT or TIMEFORMAT string, followed by the expression ``suffix``.

    Return None when the string has no year, repeats a part, or has unknown letters or digits; T matches itself.
    """
    parts = _FORMAT_PART.findall(text)
    if "".join(parts) != text or "YY" not in text.upper():
        return None
    try:
        return TimePattern("".join(_PARTS.get(part.upper()) or re.escape(part) for part in parts) + suffix)
    except re.error:  # a repeated part makes two groups of one name
        return None


_CLOCK = (
    r"(?:[ T](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?)?"
    rf"(?: ?(?P<meridiem>[ap]m))?{_ZONE}?)?"
)
_DAYS_WITH_CLOCK = (
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYYMMDD", "MM/DD/YYYY", "MM-DD-YYYY", "MM.DD.YYYY",
    "MON DD, YYYY", "MON DD YYYY", "MON-DD-YYYY", "DD MON YYYY", "DD-MON-YYYY",
)  # fmt: skip


@cache
def _recognised() -> tuple[TimePattern, ...]:
    """Return the patterns of 'auto', the commonest first."""
    days = [compile_format(text, _CLOCK) for text in _DAYS_WITH_CLOCK]
    compact = [compile_format(text, rf"{_ZONE}?") for text in ("YYYYMMDD HHMISS", "YYMMDD HHMISS", "YYMMDD")]
    named = [compile_format("DD MON HH:MI:SS YYYY", rf"{_ZONE}?")]
    numbered = [
        TimePattern(r"(?P<year>[0-9]{4})\.(?P<day_of_year>[0-9]{3})" + _CLOCK),
        TimePattern(r"J(?P<julian>[0-9]{7})" + _CLOCK),
    ]
    return tuple(pattern for pattern in (*days, *compact, *named, *numbered) if pattern is not None)


def recognise(text: str, *, with_zone: bool = False) -> datetime | None:
    """Return the time in ``text``, in any form that 'auto' recognises; None when it has no such form.

    Limit: BC and other names of time zones are not recognised.
    """
    for pattern in _recognised():
        moment = pattern.read(text, with_zone=with_zone)
        if moment is not None:
            return moment
    return None
