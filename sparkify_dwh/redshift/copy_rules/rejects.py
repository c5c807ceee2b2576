"""What COPY refuses: a value, with its code and reason, and the record that STL_LOAD_ERRORS keeps of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# STL_LOAD_ERRORS keeps this many bytes of a line and of a value. Redshift guide, r_STL_LOAD_ERRORS
SHOWN_BYTES = 1024

# What the lines of STL_LOAD_ERRORS say about JSON that cannot be read at all: "Input line is not valid".
# Redshift guide, r_Load_Error_Reference, which has no code of its own for JSON
INVALID_LINE = 1216


# PostgreSQL stores no NUL; surrogates stand for bytes that are not UTF-8.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Reject(Exception):
    """A value that a column does not take, with the code and the reason of Redshift's load error reference.

    ``position`` is where in the value the trouble is, counted from 0, when the reason names one.
    """

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True)
class LoadReject:
    """One record that was not loaded, as STL_LOAD_ERRORS has it.

    ``line`` is the last line of the record, from 1. The names of column and type are Redshift's, and empty when the
    record as a whole could not be read; ``column_length`` is ``'256'`` for a VARCHAR, ``'18, 0'`` for a NUMERIC and
    ``'0'`` for other types. ``raw_line`` and ``raw_value`` hold at most 1024 bytes of UTF-8 and no NUL; what was not
    UTF-8 shows as U+FFFD.
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


def printable(text: str) -> str:
    """A reason as it can be stored and printed: control characters, and what was not UTF-8, are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def shown(text: str) -> str:
    """``text`` as a reject shows it: see `LoadReject`."""
    clean = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text[:SHOWN_BYTES])
    return clean.encode()[:SHOWN_BYTES].decode("utf-8", "ignore")
