"""The report of a load: files, rows per table, seconds per step. As text, as JSON, and as the ledger stores it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sparkify_dwh.checks.check import CheckResult, switched_off
from sparkify_dwh.ledger import LOADED
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.printable import printable
from sparkify_dwh.utils.text import numbered, plural

if TYPE_CHECKING:
    from sparkify_dwh.storage.urls import StoredObject

log = safe_logger("sparkify_dwh.load")

OnStep = Callable[[str], None]
MAX_LISTED = 100  # items of a list in the report


@dataclass
class Input:
    """The input files of one staging table.

    ``files`` are to be loaded; ``changed`` are the URLs of those that were loaded before with another etag. The counts are
    of files left out: loaded before (``known``), ``hidden``, and ``not_chosen`` by --since, --until or --files. ``named``
    are the names of --files that match a listed file. ``not_loaded`` are the URLs of the files of a load that failed.
    """

    prefix: str
    files: list[StoredObject] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    known: int = 0
    hidden: int = 0
    not_chosen: int = 0
    named: set[str] = field(default_factory=set)
    not_loaded: list[str] = field(default_factory=list)

    def roll_back(self) -> None:
        """Record that the files were not loaded."""
        self.not_loaded = [file.url for file in self.files]
        self.files = []

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        return {
            "prefix": self.prefix,
            "loaded": len(self.files),
            "bytes": self.bytes,
            "known": self.known,
            "hidden": self.hidden,
            "not_chosen": self.not_chosen,
            "changed": cut(self.changed),
            "not_loaded": cut(self.not_loaded),
        }

    def left_out(self) -> dict[str, int]:
        """Return the numbers of files left out, by why."""
        return {"loaded before": self.known, "hidden": self.hidden, "not chosen": self.not_chosen}

    def counts(self) -> str:
        """Return the other counts that are not 0, as the text report adds them to the number of files."""
        others = {"not loaded": len(self.not_loaded), "changed since": len(self.changed)}
        return _nonzero(self.left_out() | others)


@dataclass
class StagedRows:
    """The rows of one staging table.

    COPY loaded ``loaded`` rows and rejected ``rejected``. Of those loaded, exact ``duplicates``, ``conflicting`` rows (with
    the natural key of another and other values) and rows that the star holds ``unchanged`` were deleted again.
    """

    loaded: int = 0
    duplicates: int = 0
    conflicting: int = 0
    unchanged: int = 0
    rejected: int = 0


@dataclass
class StarRows:
    """One table of the star. A row that a load changes twice, by its own record and by another table's, counts twice.

    ``conflicting`` counts the updated rows that are one record each, which an earlier load delivered with other values.
    """

    inserted: int = 0
    updated: int = 0
    conflicting: int = 0


@dataclass
class LoadReport:
    """A load's outcome. ``seconds`` is the whole load's; ``steps`` gives each step's; times are UTC.

    The seconds of ``analyze TABLE``, which large batches have, are part of those of ``copy TABLE``.

    ``files`` are the inputs by staging table, if manifests are used; ``rejected`` are the rows that COPY left out;
    ``attempts`` counts transactions. ``session_id`` is the id of the Redshift session. ``started_at`` is by the warehouse's
    clock once it has been asked, and ``number`` is the load's place in the order of loads.
    """

    load_id: str = field(default_factory=lambda: uuid4().hex)
    version: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc).replace(tzinfo=None))
    seconds: float = 0.0
    outcome: str = "running"
    error: str | None = None
    attempts: int = 0
    files: dict[str, Input] = field(default_factory=dict)
    staged: dict[str, StagedRows] = field(default_factory=dict)
    star: dict[str, StarRows] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    session_id: int | None = None
    number: int | None = None
    checks: list[CheckResult] = field(default_factory=list)

    def begin(self, attempt: int) -> None:
        """Clear what the previous attempt recorded, which was rolled back."""
        self.attempts = attempt
        for recorded in (
            self.files, self.staged, self.star, self.steps, self.rejected, self.warnings, self.checks,
        ):  # fmt: skip
            recorded.clear()

    def roll_back(self, error: str) -> None:
        """Record that the load failed: no file and no row of it is in the warehouse."""
        self.outcome, self.error = "failed", error
        for found in self.files.values():
            found.roll_back()
        self.staged = {table: StagedRows(rejected=rows.rejected) for table, rows in self.staged.items()}
        self.star = {}

    @property
    def is_nothing_new(self) -> bool:
        """Whether the load succeeded, and there was no file to load."""
        found = self.files.values()
        return self.outcome == LOADED and bool(found) and not any(each.files for each in found)

    @property
    def changed(self) -> bool:
        """Whether the load wrote anything to the star."""
        return any(rows.inserted or rows.updated for rows in self.star.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the report for JSON; long lists are cut, with ``and n more`` at the end."""
        return {
            "load_id": self.load_id,
            "version": self.version,
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "seconds": self.seconds,
            "outcome": self.outcome,
            "changed": self.changed,
            "error": self.error,
            "attempts": self.attempts,
            "files": {table: found.to_dict() for table, found in self.files.items()},
            "staged": {table: asdict(rows) for table, rows in self.staged.items()},
            "star": {table: asdict(rows) for table, rows in self.star.items()},
            "steps": self.steps,
            "rejected": cut(self.rejected),
            "warnings": cut(self.warnings),
            "checks": [result.to_dict() for result in self.checks],
        }

    def to_json(self, max_bytes: int | None = None) -> str:
        """Return the report as ASCII JSON; lists are dropped until it fits ``max_bytes``."""
        report = self.to_dict()
        text = json.dumps(report)
        for name in ("checks", "files", "rejected", "warnings", "error"):
            if max_bytes is None or len(text) <= max_bytes:
                break
            report[name] = None
            text = json.dumps(report)
        return text

    def __str__(self) -> str:
        if self.is_nothing_new:
            heading, lines = self._nothing_new(), self._warnings()
        else:
            heading, lines = f"load {self.load_id}: {self.outcome} in {self.seconds:.1f} s", self._lines()
        return "\n".join([heading, *map(printable, lines)])

    def _nothing_new(self) -> str:
        counts: Counter[str] = Counter()
        for found in self.files.values():
            counts.update(found.left_out())
        files = numbered(counts.total(), "file")
        return f"load {self.load_id}: nothing new in {self.seconds:.1f} s among {files}{_nonzero(counts)}"

    def _warnings(self) -> Iterator[str]:
        yield from (f"  warning: {line}" for line in self.warnings)

    def _lines(self) -> Iterator[str]:
        for table, found in self.files.items():
            yield f"  {table:<16}{len(found.files):>12,} {plural(len(found.files), 'file')}{found.counts()}"
        for table, staged in self.staged.items():
            counts = {
                "delivered twice": staged.duplicates,
                "conflicting": staged.conflicting,
                "unchanged": staged.unchanged,
                "left out": staged.rejected,
            }
            yield f"  {table:<16}{staged.loaded:>12,} staged{_nonzero(counts)}"
        for table, rows in self.star.items():
            counts = {"conflicting": rows.conflicting}
            yield f"  {table:<16}{rows.inserted:>12,} inserted {rows.updated:>12,} updated{_nonzero(counts)}"
        for line in self.rejected[:MAX_LISTED]:
            yield f"  left out: {line}"
        yield from self._warnings()
        if off := switched_off(self.checks):
            yield f"  {numbered(len(off), 'check')} off: {', '.join(off)}"


def cut(items: list[str]) -> list[str]:
    """Return the beginning of a long list, with the number of omitted items at the end."""
    return items if len(items) <= MAX_LISTED else [*items[:MAX_LISTED], f"and {len(items) - MAX_LISTED:,} more"]


def _nonzero(counts: Mapping[str, int]) -> str:
    return "".join(f", {count:,} {what}" for what, count in counts.items() if count)


class Steps:
    """Times the steps of a load for its report, logs them, and calls ``on_step`` when one begins."""

    def __init__(self, report: LoadReport, on_step: OnStep | None) -> None:
        self._report = report
        self._on_step = on_step

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.tell(name)
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self._report.steps[name] = round(seconds, 3)
        log.info("load %s: %s took %.3f s", self._report.load_id, name, seconds)

    def tell(self, what: str) -> None:
        """Call ``on_step``."""
        if self._on_step is not None:
            self._on_step(what)
