"""Rejected values and records, with the codes and reasons of Redshift's load errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkify_dwh.utils.printable import printable

# STL_LOAD_ERRORS keeps this many bytes of a line and of a value. Redshift guide, r_STL_LOAD_ERRORS
MAX_SHOWN_BYTES = 1024

# "Input line is not valid", the code for malformed JSON. Redshift guide, r_Load_Error_Reference, which has no other code
# for JSON
INVALID_LINE = 1216

# PostgreSQL stores no NUL; surrogates stand for bytes that are not UTF-8.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Reject(Exception):
    """A value that a column rejects, with the code and the reason of Redshift's load error reference.

    ``position`` is the position of the wrong character in the value, from 0, when the reason names one.
    """

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True)
class LoadReject:
    """One rejected record, as in STL_LOAD_ERRORS.

    ``line`` is the last line of the record, from 1. The names of column and type are Redshift's, and empty when the
    record as a whole could not be read; ``column_length`` is ``'256'`` for a VARCHAR, ``'18, 0'`` for a NUMERIC and
    ``'0'`` for other types. ``raw_line`` and ``raw_value`` have at most 1,024 bytes of UTF-8; U+FFFD replaces NUL and bytes
    that were not UTF-8.
    """

    url: str
    line: int
    column: str
    column_type: str
    column_length: str
    position: int
    raw_line: str
    raw_value: str
    code: int
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", printable(self.reason))


def storable(text: str) -> str:
    """Return a text with U+FFFD for NUL and for bytes that were not UTF-8."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def shown(text: str) -> str:
    """Return ``text`` as a reject shows it: see `LoadReject`."""
    clean = storable(text[:MAX_SHOWN_BYTES])
    return clean.encode()[:MAX_SHOWN_BYTES].decode("utf-8", "ignore")
