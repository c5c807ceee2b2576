"""Tables on a terminal: columns fit its width, nothing is cut, and no number is broken into two lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from sparkify_dwh.utils.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

MIN_TEXT_WIDTH = 8  # words are folded to no less than this
DEFAULT_WIDTH = 120  # without a terminal
_BORDER_WIDTH, _PADDING_WIDTH = 1, 2  # of each column

_PIECE = re.compile(r"[^_ ]*[_ ]|[^_ ]+")


def print_table(title: str, headings: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Print a table. If it is too wide for the terminal, print one value per line instead."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = [column(heading, [row[index] for row in rows]) for index, heading in enumerate(headings)]
    console = Console(width=None if sys.stdout.isatty() else DEFAULT_WIDTH)
    console.print(Text(printable(title), style="bold"), soft_wrap=True)
    fitting_widths = fit_widths(columns, console.width)
    if fitting_widths is None:
        console.print(*_record_lines(columns), sep="\n", soft_wrap=True)
        return
    table = Table()
    for shown, width in zip(columns, fitting_widths, strict=True):
        justify: Literal["right", "left"] = "right" if shown.is_amount else "left"
        table.add_column(Text(wrap_heading(shown.heading, width)), justify=justify, overflow="fold", width=width)
    for cells in zip(*(shown.cells for shown in columns), strict=True):
        table.add_row(*map(Text, cells))
    console.print(table)


def _record_lines(columns: list[Column]) -> Iterator[Text]:
    """Yield one line per value, with the row's number above."""
    from rich.text import Text

    heading_width = max(len(shown.heading) for shown in columns)
    for number, cells in enumerate(zip(*(shown.cells for shown in columns), strict=True), 1):
        yield Text(f"{number:,}", style="bold")
        for shown, cell in zip(columns, cells, strict=True):
            yield Text(f"  {shown.heading:<{heading_width}}  {cell}")


@dataclass(frozen=True)
class Column:
    """A column of formatted cells. Amounts are aligned to the right; words of a text column may be folded."""

    heading: str
    cells: list[str]
    is_amount: bool
    is_text: bool

    def widths(self) -> tuple[int, int, int, int]:
        """Return the width with nothing wrapped, with the heading wrapped, with the cells wrapped too, and the minimum."""
        piece = _max_width(piece.rstrip(" ") for piece in _PIECE.findall(self.heading))
        cells = _max_width(self.cells)
        word = _max_width(word for cell in self.cells for word in cell.split())
        minimum = min(word, MIN_TEXT_WIDTH) if self.is_text else word
        return max(_max_width([self.heading]), cells), max(piece, cells), max(piece, word), max(piece, minimum)


def column(heading: str, values: Sequence[Any]) -> Column:
    """Format the values: amounts with thousands separators, ids without, times with the digits that all of them need."""
    present = [value for value in values if value is not None]
    is_number = bool(present) and all(isinstance(value, (int, float, Decimal)) for value in present)
    is_amount = is_number and not heading.endswith("_id")
    format_value = (
        _format_amount if is_amount else _time_format(present) if _all_are(present, datetime) else _format_text
    )
    cells = ["" if value is None else format_value(value) for value in values]
    return Column(heading, cells, is_amount, is_text=not (is_number or _all_are(present, date)))


def fit_widths(columns: Sequence[Column], available: int) -> list[int] | None:
    """Return the width of each column so that all fit into ``available`` characters; None if they do not.

    Headings are wrapped first, which costs a line once; then texts between words; then words.
    """
    for_cells = available - len(columns) * (_PADDING_WIDTH + _BORDER_WIDTH) - _BORDER_WIDTH
    candidates = [column.widths() for column in columns]
    widths = [candidate[0] for candidate in candidates]
    for step in (1, 2, 3):
        _narrow(widths, [candidate[step] for candidate in candidates], for_cells)
    return widths if sum(widths) <= for_cells else None


def wrap_heading(heading: str, width: int) -> str:
    """Return the heading with line feeds, wrapped at spaces and after underscores."""
    lines = [""]
    for piece in _PIECE.findall(heading):
        if lines[-1] and _max_width([lines[-1] + piece.rstrip(" ")]) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip(" ") for line in lines)


def _narrow(widths: list[int], minimums: Sequence[int], available: int) -> None:
    """Narrow the widest columns until all fit, but none below its minimum."""
    while sum(widths) > available:
        narrowable = [index for index, width in enumerate(widths) if width > minimums[index]]
        if not narrowable:
            return
        widths[max(narrowable, key=widths.__getitem__)] -= 1


def _max_width(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


def _all_are(values: Sequence[Any], kind: type) -> bool:
    return bool(values) and all(isinstance(value, kind) for value in values)


def _format_text(value: Any) -> str:
    return printable(str(value))


def _format_amount(value: Any) -> str:
    if isinstance(value, (float, Decimal)):
        return f"{round(value, 4):,}"  # four decimals are enough for a ratio
    return f"{value:,}" if not isinstance(value, bool) else str(value)


def _time_format(times: Sequence[datetime]) -> Callable[[datetime], str]:
    """Return a function that formats times to the second, or with the fraction that one of them needs."""
    fraction = "microseconds" if any(time.microsecond % 1000 for time in times) else "milliseconds"
    timespec = fraction if any(time.microsecond for time in times) else "seconds"
    return lambda time: time.isoformat(" ", timespec)
