"""Conversion of dates and times: DATEFORMAT, TIMEFORMAT, 'auto' and epochs.

Sources: Redshift guide, r_DATEFORMAT_and_TIMEFORMAT_strings, automatic-recognition and copy-parameters-data-conversion.

Choices and limits: every part of a format needs all its digits (YYYY-MM-DD does not match ``2018-1-5``); years go from 1
to 9999, and BC is rejected; an epoch is an integer; a time zone is an offset, UTC, GMT, Z or one of the American
abbreviations; with 'auto', ``12.17.1997`` has the month first, as in the guide's example.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from sparkify_dwh.redshift.copy_rules.rejects import Reject
from sparkify_dwh.redshift.copy_rules.time_patterns import OFFSET, compile_format, recognise
from sparkify_dwh.redshift.errors import NotSupportedError

DATE_FORMAT = "YYYY-MM-DD"
TIMESTAMP_FORMAT = "YYYY-MM-DD HH24:MI:SS"
TIMESTAMPTZ_FORMAT = "YYYY-MM-DD HH24:MI:SSOF"

EPOCH = datetime(1970, 1, 1)  # in UTC, without a zone like TIMESTAMP
EPOCH_UNITS = {"epochsecs": 1, "epochmillisecs": 1000}
# The first and the last second of the years 1 to 9999.
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def check_format(option: str, text: str, *keywords: str) -> str:
    """Return ``text`` if it is one of the keywords (which are case-sensitive) or a supported format.

    Raise NotSupportedError for any other.
    """
    if text not in keywords and compile_format(text) is None:
        raise NotSupportedError(
            f"{option} '{text}'",
            f"it takes {', '.join(map(repr, keywords))}, or a format of YYYY, YY, MM, MON, DD, HH24, HH12, HH, MI, SS, AM "
            "and PM, each once, between separators",
        )
    return text


def date_converter(date_format: str) -> Callable[[str], date]:
    """Return the converter to DATE by this DATEFORMAT; it drops a time of day."""
    read = _reader(date_format)

    def convert(text: str) -> date:
        moment = read(text)
        if moment is not None:
            return moment.date()
        if date_format == DATE_FORMAT and len(text) < len("2018-11-01"):
            raise Reject(1205, "Invalid Date Format - length must be 10 or more")
        raise Reject(1205, f"Invalid Date Format or value [{date_format}]")

    return convert


def timestamp_converter(time_format: str | None, *, with_zone: bool) -> Callable[[str], datetime]:
    """Return the converter to TIMESTAMP or TIMESTAMPTZ by this TIMEFORMAT; None is the default of the type.

    The result is in UTC, without a zone. TIMESTAMP ignores a zone in the data, TIMESTAMPTZ converts from it
    (Redshift guide, r_Datetime_types) and takes a time without one as UTC; its default format demands an offset.
    """
    if time_format in EPOCH_UNITS:
        return _epoch_converter(time_format)
    shown = time_format or (TIMESTAMPTZ_FORMAT if with_zone else TIMESTAMP_FORMAT)
    read = _reader(shown, with_zone=with_zone)

    def convert(text: str) -> datetime:
        moment = read(text)
        if moment is None:
            raise Reject(1206, f"Invalid timestamp format or value [{shown}]")
        return moment

    return convert


def epoch_range(time_format: str) -> tuple[int, int]:
    """Return the first and the last number that is a time in ``epochsecs`` or ``epochmillisecs``."""
    unit = EPOCH_UNITS[time_format]
    return FIRST_SECOND * unit, (LAST_SECOND + 1) * unit - 1


def _epoch_converter(time_format: str) -> Callable[[str], datetime]:
    first, last = epoch_range(time_format)
    unit = timedelta(seconds=1) / EPOCH_UNITS[time_format]

    def convert(text: str) -> datetime:
        if not _INTEGER.fullmatch(text):
            raise Reject(1206, f"Invalid timestamp format or value [{time_format}]")
        if not first <= int(text) <= last:
            raise Reject(1206, f"Epoch time copy out of acceptable range of [{first}, {last}]")
        return EPOCH + int(text) * unit

    return convert


def _reader(text_format: str, *, with_zone: bool = False) -> Callable[[str], datetime | None]:
    if text_format == "auto":
        return partial(recognise, with_zone=with_zone)
    if text_format == TIMESTAMPTZ_FORMAT:
        pattern = compile_format(TIMESTAMP_FORMAT, suffix=OFFSET)
    elif text_format == DATE_FORMAT:
        pattern = compile_format(DATE_FORMAT, suffix=r"(?: [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)?")
    else:
        pattern = compile_format(text_format)
    if pattern is None:
        raise AssertionError(f"{text_format!r} was checked when the statement was read")
    return partial(pattern.read, with_zone=with_zone)
