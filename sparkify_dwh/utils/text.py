"""Numbers and names as sentences have them."""

from __future__ import annotations

from collections.abc import Iterable


def plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def numbered(number: int, noun: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {plural(number, noun)}"


def listed(names: Iterable[str], conjunction: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last
