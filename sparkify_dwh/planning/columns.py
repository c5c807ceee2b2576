"""One column in the validation of input files: values that COPY rejects, suspicious values, the longest text."""

from __future__ import annotations

from collections.abc import Sequence

from sparkify_dwh.planning.nul_texts import NulTexts, cut_at_nul
from sparkify_dwh.planning.suspicious_values import Place, SuspiciousValues
from sparkify_dwh.redshift.copy_rules.json_documents import Document, Number
from sparkify_dwh.redshift.copy_rules.rejects import Reject
from sparkify_dwh.redshift.copy_rules.row_reader import RowField

Rejection = tuple[str, str]  # a value as text, and why COPY rejects it

_MISSING = Number()  # compared by identity


class ValidatedColumn:
    """A column that COPY fills, and what the documents hold for it.

    ``is_found`` when a document has the column's key; ``longest_bytes`` is the size of the longest text, at ``longest_at``,
    and ``max_bytes`` the column's length, None unless it is text. Values that COPY accepts are added to ``suspicious``, and
    texts that Redshift would cut to ``nul_texts``.
    """

    def __init__(self, field: RowField, suspicious: Sequence[SuspiciousValues] = ()) -> None:
        type_ = field.column.column_type
        self.name = field.column.name
        self.steps = field.path.steps
        self.is_nullable = not field.column.not_null
        self.max_bytes = type_.length if type_.is_text else None
        self.is_found = False
        self.longest_bytes = 0
        self.longest_at: Place = ("", 0)
        self.nul_texts = NulTexts(self.name)
        self._find = field.path.find
        self._convert = field.convert
        self._suspicious = suspicious

    def rejection(self, document: Document, place: Place) -> Rejection | None:
        """Return the column's value in a document and why COPY rejects it; None when COPY accepts it."""
        value: bool | str | None = None
        try:
            value = self._find(document, _MISSING)
            if value is _MISSING:
                value = None
            else:
                self.is_found = True
            if self.max_bytes is not None and isinstance(value, str):
                self._measure(value, place)
            converted = self._converted(value, place)
        except Reject as reject:
            text = value if isinstance(value, str) else "" if value is None else str(value).lower()
            return text, self._reason(reject, text, document)
        if self._suspicious and converted is not None:
            for values in self._suspicious:
                values.add(str(value), place)
        return None

    def _converted(self, value: bool | str | None, place: Place) -> object:
        """Return the column's value, of a text with NUL what Redshift stores. Raises Reject."""
        try:
            return self._convert(value)
        except Reject:
            kept = cut_at_nul(value) if self.max_bytes is not None and isinstance(value, str) else None
            if kept is None:
                raise
            converted = self._convert(kept)
            self.nul_texts.add(str(value), place)
            return converted

    def _measure(self, text: str, place: Place) -> None:
        if len(text) * 4 > self.longest_bytes and (size := _utf8_bytes(text)) > self.longest_bytes:
            self.longest_bytes, self.longest_at = size, place

    def _reason(self, reject: Reject, text: str, document: Document) -> str:
        """Return COPY's reason with its code, and a hint on how to correct the value."""
        reason = f"{reject.reason} ({reject.code})"
        if self.max_bytes is not None and "DDL length" in reason:
            return f"{reason}: {_utf8_bytes(text):,} bytes, and the column takes {self.max_bytes:,}"
        if isinstance(document.value, list) and isinstance(self.steps[0], str):
            return f"{reason}: COPY reads an array as one row without keys, so write its objects one after the other"
        return reason


def _utf8_bytes(text: str) -> int:
    """Return the size of a text, which may hold bytes that are not UTF-8."""
    try:
        return len(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return len(text.encode("utf-8", "surrogatepass"))
