"""What COPY takes and the checks of a load do not let pass: values that are not allowed, and times out of all reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone

from sqlalchemy import DateTime

from sparkify_dwh.base import StagingTable
from sparkify_dwh.utils.text import numbered
from sparkify_dwh.warehouse import Warehouse

Place = tuple[str, int]  # a file's URL, and a line from 1

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


class Doubt:
    """The values of a column that are not as they should be: how many, and the first of them."""

    def __init__(self, column: str, expected: str, is_expected: Callable[[str], bool]) -> None:
        self.column = column
        self._expected = expected
        self._is_expected = is_expected
        self._count = 0
        self._first: tuple[str, Place] = ("", ("", 0))

    def __bool__(self) -> bool:
        return self._count > 0

    def look(self, text: str, place: Place) -> None:
        if not self._is_expected(text):
            self._first = self._first if self._count else (text, place)
            self._count += 1

    def __str__(self) -> str:
        value, (file, line) = self._first
        be = "is" if self._count == 1 else "are"
        return (
            f"{self.column}: {numbered(self._count, 'value')} {be} not {self._expected}, the first {value[:60]!r} in {file} "
            f"line {line}; COPY accepts these values, but the checks will roll the load back"
        )


def doubts_about(staging: type[StagingTable], warehouse: Warehouse, *, has_milliseconds: bool) -> Iterator[Doubt]:
    """What to look at in the records of a staging table. ``has_milliseconds`` says that its times come as such."""
    for column, allowed in _allowed_values(staging, warehouse).items():
        yield _of_values(column, allowed)
    if has_milliseconds:
        times = [column.name for column in staging.table().c if isinstance(column.type, DateTime)]
        yield from (_of_times(name, warehouse.earliest) for name in times)


def _allowed_values(staging: type[StagingTable], warehouse: Warehouse) -> dict[str, Sequence[str]]:
    """By the staged column that the column of the star comes from."""
    allowed = {}
    for model in warehouse.star:
        if model.staged_in is staging:
            records = model.from_staging().selected_columns
            for name, values in model.allowed_values.items():
                allowed[getattr(records[name], "element", records[name]).name] = values
    return allowed


def _of_values(column: str, allowed: Sequence[str]) -> Doubt:
    """Trailing blanks aside, as the checks compare."""
    return Doubt(column, " or ".join(allowed), lambda text: text.rstrip(" ") in allowed)


def _of_times(column: str, earliest: datetime) -> Doubt:
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    first, last = (int(each.timestamp() * 1000) for each in (earliest.replace(tzinfo=timezone.utc), tomorrow))

    def is_expected(text: str) -> bool:
        number = text.strip()
        return not _INTEGER.fullmatch(number) or first <= int(number) <= last

    expected = f"between {earliest.year} and tomorrow, read as milliseconds since 1970"
    return Doubt(column, expected, is_expected)
