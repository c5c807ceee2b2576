"""Numbers and lists in sentences."""

from __future__ import annotations

from collections.abc import Iterable


def plural(number: int, noun: str) -> str:
    """Return the noun as it follows the number."""
    return noun if number == 1 else f"{noun}s"


def numbered(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 file``, ``2,000 files``."""
    return f"{number:,} {plural(number, noun)}"


def listed(names: Iterable[str], conjunction: str = "and") -> str:
    """Return names as a list in a sentence: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last
