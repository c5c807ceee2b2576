"""Values that loaders, drivers and servers are known to get wrong, all of which COPY must take.

Left out are values on whose meaning Redshift and PostgreSQL differ or the guide is silent: keys that differ by trailing
blanks or case, NUL, and denormal numbers. ``sparkify_dwh.verification.facts`` tries those one by one.
"""

from __future__ import annotations

from datetime import datetime, timezone

MAX_TEXT_BYTES = 512  # of titles, names and locations
MAX_KEY_BYTES = 32

TEXTS = (
    "O'Brien's \"50%\" \\ :1 %s ${x} {{y}} -- /* */ ; $$",
    "\\N \\n \\t \\\\ \\' \\u0041",
    "'",
    '"',
    "\\",
    "%",
    " ",
    "  leading and trailing  ",
    "tab\tline\nreturn\rfeed\fback\bend",
    "control \u0001\u001b[31m\u007f\u0085",
    "null",
    "NULL",
    "NaN",
    "true",
    "0",
    "{}",
    "[1,2]",
    "a|b,c;d~e",
    "Björk \u00c5ngstr\u00f6m \u0141\u00f3d\u017a",
    "Bjo\u0308rk",
    "日本語のうた",
    "\u0645\u0648\u0633\u064a\u0642\u0649 \u200f\u202e\u200b\ufeff",
    "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "\U0010fffd\ue000\uffef",
    "x" * MAX_TEXT_BYTES,
    "é" * (MAX_TEXT_BYTES // 2),
    "日" * (MAX_TEXT_BYTES // 3) + "ab",
    "😀" * (MAX_TEXT_BYTES // 4),
    "'" * MAX_TEXT_BYTES,
    "\\" * MAX_TEXT_BYTES,
)

# Leap days, first and last milliseconds, ISO weeks of another year than the calendar's, and weeks 52, 53 and 1.
MOMENTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    for text in (
        "2010-01-01T00:00:00.000",
        "2010-01-03T23:59:59.999",
        "2010-01-04T00:00:00.000",
        "2012-02-29T23:59:59.999",
        "2012-12-31T12:00:00.001",
        "2015-12-31T23:59:59.999",
        "2016-01-01T00:00:00.000",
        "2016-02-29T00:00:00.000",
        "2017-01-01T00:00:00.010",
        "2018-03-25T01:30:00.100",
        "2018-10-28T01:30:00.100",
        "2018-12-30T23:59:59.999",
        "2018-12-31T00:00:00.000",
        "2020-02-29T12:34:56.789",
        "2020-12-31T23:59:59.999",
        "2021-01-03T23:59:59.001",
        "2024-02-29T00:00:00.500",
        "2024-12-30T00:00:00.000",
    )
)

SESSION_IDS = (0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
ITEMS = (2**31 - 1, -(2**31))
USER_IDS = (0, -1, 2**31 - 1, -(2**31))
STATUSES = (2**15 - 1, -(2**15), 0)
REGISTRATIONS = (1540919166796.0, -1.5, 0.1, 1e300)
LENGTHS = (0.0, -1.0, 1e-300, 123456.78901)  # of plays; questions add them up as whole seconds
DURATIONS = (*LENGTHS, 1e308)
DEGREES = (90.0, -90.0, 0.1, -179.99999999999997, 1e300)
YEARS = (2**15 - 1, -1, 1)


def milliseconds(moment: datetime) -> int:
    """Return a time as the logs have it: milliseconds since 1970."""
    return round(moment.timestamp() * 1000)
