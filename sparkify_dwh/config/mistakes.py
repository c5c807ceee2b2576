"""Mistakes in writing a value, whatever its setting is: a comment behind it, a comma, a placeholder, half a pair of quotes.

Passwords may hold all of these. In quotes, a value is as it stands, but for a placeholder.
"""

from __future__ import annotations

import re

from sparkify_dwh.config.values import Given
from sparkify_dwh.errors import ConfigurationError

COMMENT = re.compile(r"\s[#;]")
_PLACEHOLDER = re.compile(r"<[^<>]+>")
_QUOTES = "'\"\u2018\u2019\u201c\u201d"
_MARKS = {",": "comma", ";": "semicolon"}


def require_well_written(given: Given) -> None:
    """Raise ConfigurationError for a value that is not a password and holds what does not belong to it."""
    if _PLACEHOLDER.search(given.text):
        raise ConfigurationError(
            f"{given.place} still has a placeholder in angle brackets",
            "put the value in its place, without the brackets",
        )
    if given.is_quoted:
        return
    if COMMENT.search(given.text):
        raise ConfigurationError(
            f"{given.place} has a comment behind its value, which would belong to the value",
            "give the comment a line of its own, or put the value in quotes if it really holds one",
        )
    if mark := _MARKS.get(given.text[-1:]):
        raise ConfigurationError(f"{given.place} ends in a {mark}", f"remove the {mark}")
    if given.text[:1] in _QUOTES or given.text[-1:] in _QUOTES:
        raise ConfigurationError(
            f"{given.place} begins or ends with a quotation mark that is not one of a pair of ' or \"",
            "remove it, or put ' on both sides",
        )
