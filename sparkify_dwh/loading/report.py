"""The report of a load: files, rows per table, seconds per step. As text, as JSON, and as the ledger stores it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sparkify_dwh.checks.check import CheckResult, switched_off
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
    of files left out: loaded before (``known``), ``hidden``, and ``not_chosen`` by --since or --files. ``named`` are the
    names of --files that match a listed file.
    """

    prefix: str
    files: list[StoredObject] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    known: int = 0
    hidden: int = 0
    not_chosen: int = 0
    named: set[str] = field(default_factory=set)

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
        }

    def counts(self) -> str:
        """Return the other counts that are not 0, as the text report adds them to the number of files."""
        counts = {
            "loaded before": self.known,
            "hidden": self.hidden,
            "not chosen": self.not_chosen,
            "changed since": len(self.changed),
        }
        return _nonzero(counts)


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
        return "\n".join(
            [f"load {self.load_id}: {self.outcome} in {self.seconds:.1f} s", *map(printable, self._lines())]
        )

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
        for line in self.warnings:
            yield f"  warning: {line}"
        if off := switched_off(self.checks):
            yield f"  {numbered(len(off), 'check')} off: {', '.join(off)}"


def cut(items: list[str]) -> list[str]:
    """Return the beginning of a long list, with the number of omitted items at the end."""
    return items if len(items) <= MAX_LISTED else [*items[:MAX_LISTED], f"and {len(items) - MAX_LISTED:,} more"]


def _nonzero(counts: dict[str, int]) -> str:
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


def report_of(stored: dict[str, Any]) -> LoadReport:
    """Return the report of an earlier load from :meth:`LoadReport.to_dict`: the same text and the same numbers.

    Fields that are missing, because an older version wrote the report or it was too long, are empty. Only the number of
    files is known; the session's id is not restored.
    """
    report = LoadReport(**_known(LoadReport, stored, ("load_id", "version", "seconds", "outcome", "error", "attempts")))
    if stored.get("started_at"):
        report.started_at = datetime.fromisoformat(stored["started_at"])
    report.files = {table: _input(numbers) for table, numbers in (stored.get("files") or {}).items()}
    report.staged = {
        table: StagedRows(**_known(StagedRows, rows)) for table, rows in (stored.get("staged") or {}).items()
    }
    report.star = {table: StarRows(**_known(StarRows, rows)) for table, rows in (stored.get("star") or {}).items()}
    report.steps = stored.get("steps") or {}
    report.checks = [CheckResult.from_dict(result) for result in stored.get("checks") or []]
    report.rejected, report.warnings = stored.get("rejected") or [], stored.get("warnings") or []
    return report


def _known(kind: type[Any], stored: dict[str, Any], names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the stored values of the fields of ``kind``, or of ``names``."""
    wanted = names or [each.name for each in fields(kind)]
    return {name: stored[name] for name in wanted if stored.get(name) is not None}


def _input(stored: dict[str, Any]) -> Input:
    """Return an input with the stored numbers of files and changed files."""
    from sparkify_dwh.storage.urls import StoredObject

    found = Input(**({"prefix": ""} | _known(Input, stored)))
    found.files = [StoredObject("", 0, "")] * int(stored.get("loaded") or 0)
    if found.changed and (rest := re.fullmatch(r"and ([\d,]+) more", found.changed[-1])):
        found.changed = [*found.changed[:-1], *[""] * int(rest[1].replace(",", ""))]
    return found
