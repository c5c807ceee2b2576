"""Values that COPY accepts but the checks of a load reject: not allowed in a column, or times out of range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone

from sqlalchemy import Column, DateTime

from sparkify_dwh.base import StagingTable
from sparkify_dwh.planning.validation_result import shown
from sparkify_dwh.utils.text import numbered
from sparkify_dwh.warehouse import Warehouse

Place = tuple[str, int]  # a file's URL, and a line from 1

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


class SuspiciousValues:
    """The unexpected values of one column: their number, and the first of them."""

    def __init__(self, column: str, expected: str, is_expected: Callable[[str], bool]) -> None:
        self.column = column
        self._expected = expected
        self._is_expected = is_expected
        self.count = 0
        self._first: tuple[str, Place] = ("", ("", 0))

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, text: str, place: Place) -> None:
        """Count a value that COPY accepts, if it is unexpected."""
        if not self._is_expected(text):
            self._first = self._first if self.count else (text, place)
            self.count += 1

    def __str__(self) -> str:
        value, (file, line) = self._first
        be = "is" if self.count == 1 else "are"
        return (
            f"{self.column}: {numbered(self.count, 'value')} {be} not {self._expected}, the first "
            f"{shown(value)!r} in {file} line {line}; COPY accepts these values, but the checks will roll "
            "the load back if a row of the star comes from them"
        )


def suspicious_values(
    staging: type[StagingTable], warehouse: Warehouse, *, has_milliseconds: bool
) -> Iterator[SuspiciousValues]:
    """Yield a counter for each column to watch. ``has_milliseconds`` says that times are epoch milliseconds."""
    for column, allowed in _allowed_values(staging, warehouse).items():
        yield _not_in(column, allowed)
    if has_milliseconds:
        times = [column.name for column in staging.table().c if isinstance(column.type, DateTime)]
        yield from (_not_recent(name, warehouse.earliest) for name in times)


def _allowed_values(staging: type[StagingTable], warehouse: Warehouse) -> dict[str, Sequence[str]]:
    """Return the allowed values of columns of the star, by the staged columns that these come from."""
    allowed = {}
    for model in warehouse.star:
        if model.staged_in is staging:
            records = model.from_staging().selected_columns
            for name, values in model.allowed_values.items():
                (column,) = records[name].base_columns
                assert isinstance(column, Column)
                allowed[column.name] = values
    return allowed


def _not_in(column: str, allowed: Sequence[str]) -> SuspiciousValues:
    """Return a counter of values other than ``allowed``, ignoring trailing blanks as the checks do."""
    return SuspiciousValues(column, " or ".join(allowed), lambda text: text.rstrip(" ") in allowed)


def _not_recent(column: str, earliest: datetime) -> SuspiciousValues:
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    first, last = (int(time.timestamp() * 1000) for time in (earliest.replace(tzinfo=timezone.utc), tomorrow))

    def is_expected(text: str) -> bool:
        return not _INTEGER.fullmatch(text) or first <= int(text) <= last

    expected = f"between {earliest.year} and tomorrow, read as milliseconds since 1970"
    return SuspiciousValues(column, expected, is_expected)
