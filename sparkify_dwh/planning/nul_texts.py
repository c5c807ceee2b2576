"""Texts with the character NUL, at which Redshift was seen to cut a text without a word.

Only a text that begins with it and goes on was refused: https://github.com/estuary/connectors/pull/839. The guide does not
say, and the stand-in's COPY rejects all of them (`sparkify_dwh.redshift.copy_rules.convert_text`).
"""

from __future__ import annotations

from sparkify_dwh.planning.suspicious_values import Place
from sparkify_dwh.planning.validation_result import shown
from sparkify_dwh.utils.text import numbered

NUL = "\0"


def cut_at_nul(text: str) -> str | None:
    """Return what Redshift stores of a text with NUL; None when there is none in it, or when Redshift rejects it."""
    kept, nul, _rest = text.partition(NUL)
    return kept if nul and (kept or text == NUL) else None


class NulTexts:
    """The texts of one column that would be cut: their number, and the first of them."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._count = 0
        self._first: tuple[str, Place] = ("", ("", 0))

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, text: str, place: Place) -> None:
        """Count a text that would be cut."""
        self._first = self._first if self._count else (text, place)
        self._count += 1

    def __str__(self) -> str:
        text, (file, line) = self._first
        verb = "contains" if self._count == 1 else "contain"
        return (
            f"{self._column}: {numbered(self._count, 'text')} {verb} the character NUL, the first {shown(text)!r} in {file} "
            f"line {line}; Redshift was seen to cut a text there: remove the character (the stand-in rejects the record)"
        )
