"""How wide the columns of a table are: nothing is cut, and no number is ever broken into two lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

# What a text's words are not folded below, while anything else can give way. Folded words are whole, if not pretty.
LEAST_TEXT_WIDTH = 8
_BORDER, _PADDING = 1, 2  # signs beside each column

# What would move a terminal's cursor, or colour it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_PIECE = re.compile(r"[^_ ]*[_ ]|[^_ ]+")


@dataclass(frozen=True)
class Column:
    """A column as texts. ``is_amount`` puts it to the right; words of one that ``is_text`` may be folded."""

    heading: str
    cells: list[str]
    is_amount: bool
    is_text: bool

    def widths(self) -> tuple[int, int, int, int]:
        """How wide it is with nothing broken, with the heading broken, with the cells broken too, and at the least."""
        piece = _longest(each.rstrip(" ") for each in _PIECE.findall(self.heading))
        cells = _longest(self.cells)
        word = _longest(word for cell in self.cells for word in cell.split())
        least = min(word, LEAST_TEXT_WIDTH) if self.is_text else word
        return max(_longest([self.heading]), cells), max(piece, cells), max(piece, word), max(piece, least)


def column(heading: str, values: Sequence[Any]) -> Column:
    """The values as people read them: amounts in thousands, ids as they are, and of a time what all of them have."""
    there = [value for value in values if value is not None]
    is_number = bool(there) and all(isinstance(value, (int, float, Decimal)) for value in there)
    is_amount = is_number and not heading.endswith("_id")
    shown = _amount if is_amount else _moment(there) if _all_are(there, datetime) else _text
    cells = ["" if value is None else shown(value) for value in values]
    return Column(heading, cells, is_amount, is_text=not (is_number or _all_are(there, date)))


def widths(columns: Sequence[Column], available: int) -> list[int] | None:
    """The width of each column, so that all stand side by side on ``available``; None where that takes more.

    Headings are broken first, which costs a line once; then texts between words, then words.
    """
    room = available - len(columns) * (_PADDING + _BORDER) - _BORDER
    measured = [each.widths() for each in columns]
    found = [each[0] for each in measured]
    for step in (1, 2, 3):
        _narrow(found, [each[step] for each in measured], room)
    return found if sum(found) <= room else None


def broken(heading: str, width: int) -> str:
    """The heading in lines, broken at blanks and behind underscores, which it keeps."""
    lines = [""]
    for piece in _PIECE.findall(heading):
        if lines[-1] and _longest([lines[-1] + piece.rstrip(" ")]) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip(" ") for line in lines)


def _narrow(found: list[int], least: Sequence[int], room: int) -> None:
    """Take from the widest until all fit, as far as each can give."""
    while sum(found) > room:
        giving = [place for place, width in enumerate(found) if width > least[place]]
        if not giving:
            return
        found[max(giving, key=found.__getitem__)] -= 1


def _longest(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


def _all_are(values: Sequence[Any], kind: type) -> bool:
    return bool(values) and all(isinstance(value, kind) for value in values)


def _text(value: Any) -> str:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], str(value))


def _amount(value: Any) -> str:
    if isinstance(value, (float, Decimal)):
        return f"{round(value, 4):,}"  # of a share, no more decimals than anybody reads
    return f"{value:,}" if not isinstance(value, bool) else str(value)


def _moment(times: Sequence[datetime]) -> Callable[[datetime], str]:
    """Hours show no milliseconds, and no time loses any digit."""
    finest = "microseconds" if any(time.microsecond % 1000 for time in times) else "milliseconds"
    timespec = finest if any(time.microsecond for time in times) else "seconds"
    return lambda time: time.isoformat(" ", timespec)
