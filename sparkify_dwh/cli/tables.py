"""Tables on a terminal: columns fit its width, nothing is cut, and no number is broken into two lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.text import Text

# What a text's words are not folded below, while anything else can give way. Folded words are whole, if not pretty.
LEAST_TEXT_WIDTH = 8
_BORDER, _PADDING = 1, 2  # signs beside each column

# What would move a terminal's cursor, or colour it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_PIECE = re.compile(r"[^_ ]*[_ ]|[^_ ]+")


def print_table(title: str, headings: list[str], rows: list[tuple[Any, ...]]) -> None:
    """A table for people; where it is too wide for the terminal, line by line and a value to a line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = [column(heading, [row[place] for row in rows]) for place, heading in enumerate(headings)]
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(Text(title, style="bold"), soft_wrap=True)
    fitting = widths(columns, console.width)
    if fitting is None:
        console.print(*_records(columns), sep="\n", soft_wrap=True)
        return
    table = Table()
    for each, width in zip(columns, fitting, strict=True):
        justify: Literal["right", "left"] = "right" if each.is_amount else "left"
        table.add_column(Text(broken(each.heading, width)), justify=justify, overflow="fold", width=width)
    for cells in zip(*(each.cells for each in columns), strict=True):
        table.add_row(*map(Text, cells))
    console.print(table)


def _records(columns: list[Column]) -> Iterator[Text]:
    """What is too wide for a table: nothing of it is cut."""
    from rich.text import Text

    longest = max(len(each.heading) for each in columns)
    for number, cells in enumerate(zip(*(each.cells for each in columns), strict=True), 1):
        yield Text(f"{number:,}", style="bold")
        for each, cell in zip(columns, cells, strict=True):
            yield Text(f"  {each.heading:<{longest}}  {cell}")


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
