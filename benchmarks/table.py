"""The rows of the table, as text, Markdown and JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import Any

from benchmarks.measure import Contestant
from sparkify_dwh import __version__

HEADINGS = ("what", "against", "ours", "theirs", "ratio", "limit", "aim", "met")


@dataclass(frozen=True)
class Row:
    """A comparison with ``against``. ``ours`` and ``theirs`` are in ``unit``; ``limit`` and ``aim`` are bounds of ``ratio``.

    With ``ahead``, the ratio is theirs to ours and must be at least the limit; otherwise it is ours to theirs and must be at
    most the limit. A row without a limit is only reported. ``runs`` are all measurements by contestant.
    """

    part: str
    what: str
    against: str
    ours: float
    theirs: float
    limit: float | None = None
    aim: float | None = None
    ahead: bool = False
    unit: str = "s"
    runs: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, part: str, what: str, against: str, ours: Contestant, theirs: Contestant, **more: Any) -> Row:
        """Return the comparison of our best run with their best."""
        runs = {contestant.name: contestant.seconds for contestant in (ours, theirs)}
        return cls(part, what, against, ours.best, theirs.best, runs=runs, **more)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Row:
        """Return the row of a dictionary made by ``to_dict``."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours if self.ahead else self.ours / self.theirs

    @property
    def met(self) -> str:
        """ "no", "yes" when the limit is met, or "aim" when the aim is met too; without a limit, whether the aim is met."""
        if self.limit is None and self.aim is None:
            return ""
        if self.aim is not None and self._within(self.aim):
            return "aim"
        return "yes" if self.limit is not None and self._within(self.limit) else "no"

    def _within(self, bound: float) -> bool:
        return self.ratio >= bound if self.ahead else self.ratio <= bound

    def cells(self) -> list[str]:
        bound = ">= {:g}" if self.ahead else "<= {:g}"
        return [
            self.what,
            self.against,
            f"{self.ours:,.2f} {self.unit}",
            f"{self.theirs:,.2f} {self.unit}",
            f"{self.ratio:,.2f}",
            *("" if value is None else bound.format(value) for value in (self.limit, self.aim)),
            self.met,
        ]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


@dataclass(frozen=True)
class Machine:
    """The machine and the versions that were measured, and when."""

    size: str
    cores: int
    memory_gigabytes: float
    python: str
    postgresql: str
    sparkify_dwh: str
    date: str

    @classmethod
    def this(cls, size: str, postgresql: str) -> Machine:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        return cls(
            size,
            os.cpu_count() or 1,
            round(memory, 1),
            platform.python_version(),
            postgresql,
            __version__,
            f"{datetime.now(timezone.utc):%Y-%m-%d}",
        )

    def __str__(self) -> str:
        return (
            f"size {self.size}, {self.cores} cores, {self.memory_gigabytes:g} GB, Python {self.python}, "
            f"PostgreSQL {self.postgresql}, sparkify_dwh {self.sparkify_dwh}, {self.date}"
        )


@dataclass(frozen=True)
class Results:
    """The results of a run."""

    machine: Machine
    rows: list[Row]

    @classmethod
    def from_json(cls, text: str) -> Results:
        """Return the results that ``to_json`` wrote."""
        results = json.loads(text)
        return cls(Machine(**results["machine"]), [Row.from_dict(row) for row in results["rows"]])

    def to_json(self) -> str:
        return json.dumps({"machine": asdict(self.machine), "rows": [row.to_dict() for row in self.rows]}, indent=1)

    def to_text(self) -> str:
        """Return the table for a terminal, with aligned columns."""
        cells = [list(HEADINGS), *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(_padded(texts, widths)).rstrip() for texts in cells]
        return "\n".join([str(self.machine), "", *lines])

    def to_markdown(self) -> str:
        """Return the table for the README."""
        heads = ["| " + " | ".join(HEADINGS) + " |", "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"]
        return "\n".join(
            [*heads, *("| " + " | ".join(row.cells()) + " |" for row in self.rows), "", f"{self.machine}."]
        )


def _padded(texts: list[str], widths: list[int]) -> list[str]:
    return [
        text.rjust(width) if 2 <= index <= 6 else text.ljust(width)
        for index, (text, width) in enumerate(zip(texts, widths, strict=True))
    ]
