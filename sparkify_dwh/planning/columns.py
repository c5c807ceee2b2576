"""What a staging table's columns take, for a trial, and what COPY refuses of it.

Sources: Redshift guide, copy-parameters-data-conversion, r_Character_types, and r_Load_Error_Reference, of which the
numbers in the reasons are. Lenient where the guide leaves it open; ``sparkify_dwh.planning.validation`` names the limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Float, Integer, SmallInteger, String

from sparkify_dwh.planning.documents import Number
from sparkify_dwh.planning.paths import ABSENT, NoSuchPlace, Steps, value_at
from sparkify_dwh.planning.suspicious_values import Doubt, Place
from sparkify_dwh.redshift.dialect import SparkifyDialect

Check = Callable[[str], str | None]
Refusal = tuple[str, str]  # a value as text, and why COPY refuses it

# The years 0 to 9999: outside of them COPY says "Epoch time copy out of acceptable range".
EPOCH_SECONDS = (-62_167_219_200, 253_402_300_799)

_INTEGER = re.compile(r"([+-]?)0*([0-9]+)")
_MOST_DIGITS = 20  # more than any integer has
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
# NUL, and what stands for bytes that are not UTF-8 or for half of a pair.
_INVALID = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class CopyRules:
    """What a model's COPY options say about values. ``per_second`` is the unit of times: 1, 1000, or None for no epochs."""

    empty_is_null: bool
    may_be_long: bool
    may_be_invalid: bool
    per_second: int | None

    @classmethod
    def of(cls, clauses: Sequence[str]) -> CopyRules:
        words = " ".join(clauses)
        per_second = 1000 if "'epochmillisecs'" in words else 1 if "'epochsecs'" in words else None
        return cls(
            empty_is_null="EMPTYASNULL" in words,
            may_be_long="TRUNCATECOLUMNS" in words,
            may_be_invalid="ACCEPTINVCHARS" in words,
            per_second=None if "ACCEPTANYDATE" in words else per_second,
        )


class TriedColumn:
    """One column, and what was seen of its values.

    ``is_found`` when a document has the column's key; ``longest_bytes`` is the longest text's, at ``longest_at``. Values
    that COPY takes are shown to the ``doubts``.
    """

    def __init__(self, column: Column[Any], steps: Steps, rules: CopyRules, doubts: Sequence[Doubt] = ()) -> None:
        self.name = column.name
        self.steps = steps
        self.type = str(SparkifyDialect().type_compiler_instance.process(column.type))
        self.is_text = isinstance(column.type, String)
        self.most_bytes: int | None = getattr(column.type, "length", None)
        self.is_found = False
        self.longest_bytes = 0
        self.longest_at: Place = ("", 0)
        self._rules = rules
        self._doubts = doubts
        self.is_nullable = bool(column.nullable)
        self._check = _check(self.type, column, rules)

    def refusal(self, document: Any, place: Place) -> Refusal | None:
        """The column's value in a document and why COPY refuses it; None when it takes it."""
        try:
            value = value_at(document, self.steps)
        except NoSuchPlace as error:
            return "", str(error)
        self.is_found = self.is_found or value is not ABSENT
        if isinstance(value, (dict, list)):
            return None if self.is_text or self._check is None else ("", f"An object or array is no {self.type}")
        text = _as_text(value)
        if text is None or self._is_null(text):
            return None if self.is_nullable else ("", "Missing data for not-null field (1213)")
        self._note(text, place)
        if self._check and (reason := self._check(text)):
            return text, reason
        for doubt in self._doubts:
            doubt.look(text, place)
        return None

    def _is_null(self, text: str) -> bool:
        """Empty fields are always NULL, but in text columns."""
        return not text and self._rules.empty_is_null if self.is_text else not text.strip()

    def _note(self, text: str, place: Place) -> None:
        if self.most_bytes and len(text) * 4 > self.longest_bytes and (size := len(_utf8(text))) > self.longest_bytes:
            self.longest_bytes, self.longest_at = size, place


def _as_text(value: Any) -> str | None:
    """A scalar as the text that COPY converts: numbers are texts already."""
    if value is ABSENT or value is None:
        return None
    return value if isinstance(value, str) else str(value).lower()


def _utf8(text: str) -> bytes:
    """The text's bytes; those that are no UTF-8 count as they are."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _check(type_name: str, column: Column[Any], rules: CopyRules) -> Check | None:
    """What says why a text is refused for a column's type, where that is known."""
    if isinstance(column.type, Integer):
        bits = 16 if isinstance(column.type, SmallInteger) else 64 if isinstance(column.type, BigInteger) else 32
        return lambda text: _integer_refusal(_whole(text), type_name, bits)
    if isinstance(column.type, Float):
        return lambda text: _float_refusal(text.strip(), type_name)
    if isinstance(column.type, DateTime) and rules.per_second:
        first, last = EPOCH_SECONDS[0] * rules.per_second, (EPOCH_SECONDS[1] + 1) * rules.per_second - 1
        return lambda text: _epoch_refusal(text.strip(), first, last)
    if isinstance(column.type, String) and column.type.length:
        most = column.type.length
        return lambda text: _text_refusal(text, most, rules)
    return None


def _text_refusal(text: str, most_bytes: int, rules: CopyRules) -> str | None:
    if not rules.may_be_invalid and (found := _INVALID.search(text)):
        what = "the character NUL" if found.group() == "\0" else "bytes that are not UTF-8"
        return f"String contains {what} (1220)"
    if len(text) * 4 <= most_bytes or rules.may_be_long:
        return None
    data = _utf8(text)
    # Blanks at the end may be too many.
    if len(data) <= most_bytes or not data[most_bytes:].strip(b" "):
        return None
    return f"String length exceeds DDL length (1204): {len(data):,} bytes, and the column takes {most_bytes:,}"


def _whole(text: str) -> str:
    """A JSON number whose fraction is zero as an integer is written, which is what COPY reads it as; other texts stripped.

    The guide is silent; public loads of Sparkify's logs copy a registration such as 1540919166796.0 into BIGINT.
    """
    if not isinstance(text, Number):
        return text.strip()
    try:
        number = Decimal(text)
        if number.adjusted() >= _MOST_DIGITS:  # its exponent may be huge
            return "9" * _MOST_DIGITS
        return str(int(number)) if number == number.to_integral_value() else text
    except InvalidOperation:  # an exponent of twenty digits
        return text


def _integer_refusal(text: str, type_name: str, bits: int) -> str | None:
    match = _INTEGER.fullmatch(text)
    if match is None:
        return f"Invalid digit for {type_name} (1207)"
    # Python refuses to read integers of thousands of digits.
    number = int(match[1] + match[2][:_MOST_DIGITS])
    most = 2 ** (bits - 1) - 1
    return None if -most - 1 <= number <= most else f"Out of the range of {type_name}, {-most - 1} to {most} (1204)"


def _float_refusal(text: str, type_name: str) -> str | None:
    if _NO_NUMBER.fullmatch(text):
        return None
    if not _DECIMAL.fullmatch(text):
        return f"Invalid digit for {type_name} (1208)"
    return f"Out of the range of {type_name} (1204)" if abs(float(text)) == float("inf") else None


def _epoch_refusal(text: str, first: int, last: int) -> str | None:
    match = _INTEGER.fullmatch(text)
    if match is None:
        return "Not a time as an epoch, which is an integer (1206)"
    if not first <= int(match[1] + match[2][:20]) <= last:
        return f"Epoch time copy out of acceptable range of [{first}, {last}] (1206)"
    return None
