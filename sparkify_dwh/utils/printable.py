"""Text from data that is safe to show: in errors, reports, tables and logs.

A file name or a value can hold characters that move a terminal's cursor, colour its text, reverse its direction, or begin a
new line of a log. They are shown as escapes: ``\\x1b``, ``\\n``, ``\\u202e``.
"""

from __future__ import annotations

import re

FIRST_BYTE_SURROGATE, LAST_BYTE_SURROGATE = 0xDC80, 0xDCFF  # of the bytes 0x80 to 0xFF (PEP 383)

# C0, DEL and C1; the characters with Unicode's property Bidi_Control; separators of lines and paragraphs; surrogates.
_UNSAFE = "\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE_IN_LINES = re.compile(f"[{_UNSAFE}]")
_UNSAFE_IN_LINE = re.compile(f"[\n{_UNSAFE}]")


def printable(text: str) -> str:
    """Return a text as one line, with escapes for the characters that are not safe to show: see the module."""
    return _UNSAFE_IN_LINE.sub(_escape, text)


def printable_lines(text: str) -> str:
    """Return a text that may have several lines, with escapes for all other characters that are not safe to show."""
    return _UNSAFE_IN_LINES.sub(_escape, text)


def printable_json(document: str) -> str:
    """Return the same JSON in characters that are safe to show: JSON has escapes of its own, so the values stay exact."""
    return _UNSAFE_IN_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _escape(found: re.Match[str]) -> str:
    """Return a character as an escape; a surrogate that stands for a byte as the byte: ``\\xe9``."""
    code = ord(found[0])
    if FIRST_BYTE_SURROGATE <= code <= LAST_BYTE_SURROGATE:
        return f"\\x{code - FIRST_BYTE_SURROGATE + 0x80:02x}"
    return found[0].encode("unicode_escape", "surrogatepass").decode()
