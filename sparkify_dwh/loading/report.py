"""What a load did: files, rows per table, seconds per step. For people, as JSON for programs, and for the ledger."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sparkify_dwh.utils.text import plural

if TYPE_CHECKING:
    from sparkify_dwh.checks.check import CheckResult
    from sparkify_dwh.storage.urls import StoredObject

log = logging.getLogger("sparkify_dwh.load")

OnStep = Callable[[str], None]
MOST_LISTED = 100  # of a list that may be long, in the report as JSON


@dataclass
class Input:
    """The files of one staging table: to be loaded, of which some again, and left out.

    ``not_chosen`` are the files that a load of chosen files, or of days since one, leaves out. ``named`` are the names of a
    load of chosen files that fit one of the listed.
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

    def remarks(self) -> str:
        """What a person wants to know besides the number of files."""
        remarks = {
            "loaded before": self.known,
            "hidden": self.hidden,
            "not chosen": self.not_chosen,
            "changed since": len(self.changed),
        }
        return "".join(f", {count:,} {what}" for what, count in remarks.items() if count)


@dataclass
class StagedRows:
    """One staging table: ``loaded`` by COPY, of which ``duplicates`` were deliveries of a record already there and
    ``unchanged`` are in the warehouse as they are; ``rejected`` by COPY and left out."""

    loaded: int = 0
    duplicates: int = 0
    unchanged: int = 0
    rejected: int = 0


@dataclass
class StarRows:
    """One table of the star. A row that a load changes twice, by its own record and by another table's, counts twice."""

    inserted: int = 0
    updated: int = 0


@dataclass
class LoadReport:
    """A load's outcome. ``seconds`` is the whole load's; ``steps`` gives each step's, in order; times are UTC.

    ``files`` are the inputs by staging table, where they could be listed; ``rejected`` are the rows that COPY left out;
    ``attempts`` is how often the transaction was begun. ``session_id`` is Redshift's number of the session that loaded.
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
    checks: list[CheckResult] = field(default_factory=list)

    def begin(self, attempt: int) -> None:
        """Forget what a try that was rolled back has noted."""
        self.attempts = attempt
        for notes in (
            self.files,
            self.staged,
            self.star,
            self.steps,
            self.rejected,
            self.warnings,
            self.checks,
        ):
            notes.clear()

    @property
    def changed(self) -> bool:
        """Whether the load wrote anything to the star."""
        return any(rows.inserted or rows.updated for rows in self.star.values())

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it; long lists are cut, and say so by ``and more``."""
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

    def to_json(self, most_bytes: int | None = None) -> str:
        """The report as JSON in ASCII; lists are left out as far as it takes to stay within ``most_bytes``."""
        report = self.to_dict()
        text = json.dumps(report)
        for name in ("checks", "files", "rejected", "warnings", "error"):
            if most_bytes is None or len(text) <= most_bytes:
                break
            report[name] = None
            text = json.dumps(report)
        return text

    def __str__(self) -> str:
        return "\n".join([f"load {self.load_id}: {self.outcome} in {self.seconds:.1f} s", *self._lines()])

    def _lines(self) -> Iterator[str]:
        for table, found in self.files.items():
            yield f"  {table:<16}{len(found.files):>12,} {plural(len(found.files), 'file')}{found.remarks()}"
        for table, staged in self.staged.items():
            yield f"  {table:<16}{staged.loaded:>12,} staged{_remarks(staged)}"
        for table, rows in self.star.items():
            yield f"  {table:<16}{rows.inserted:>12,} inserted {rows.updated:>12,} updated"
        for line in self.rejected[:MOST_LISTED]:
            yield f"  left out: {line}"
        for line in self.warnings:
            yield f"  warning: {line}"


def cut(items: list[str]) -> list[str]:
    """The first of a long list."""
    return items if len(items) <= MOST_LISTED else [*items[:MOST_LISTED], f"and {len(items) - MOST_LISTED:,} more"]


def _remarks(rows: StagedRows) -> str:
    remarks = {"delivered twice": rows.duplicates, "unchanged": rows.unchanged, "left out": rows.rejected}
    return "".join(f", {count:,} {what}" for what, count in remarks.items() if count)


class Steps:
    """Times the steps of a load into its report, logs each, and tells whoever waits that it has begun."""

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
        """Tell whoever waits."""
        if self._on_step is not None:
            self._on_step(what)


def report_of(stored: dict[str, Any]) -> LoadReport:
    """The report of a load of the past from what :meth:`LoadReport.to_dict` made of it: the same text, and the same numbers.

    What a report does not have, because an older version wrote it or because it was too long, is as in an empty one. Of
    files no more than their number is known, and neither checks nor ids of COPY are taken up.
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
    report.rejected, report.warnings = stored.get("rejected") or [], stored.get("warnings") or []
    return report


def _known(kind: type[Any], stored: dict[str, Any], names: Sequence[str] = ()) -> dict[str, Any]:
    """Of what was stored the fields that ``kind`` has, or those of ``names``."""
    wanted = names or [each.name for each in fields(kind)]
    return {name: stored[name] for name in wanted if stored.get(name) is not None}


def _input(stored: dict[str, Any]) -> Input:
    """An input of as many files, of which as many were changed."""
    from sparkify_dwh.storage.urls import StoredObject

    found = Input(**({"prefix": ""} | _known(Input, stored)))
    found.files = [StoredObject("", 0, "")] * int(stored.get("loaded") or 0)
    if found.changed and (rest := re.fullmatch(r"and ([\d,]+) more", found.changed[-1])):
        found.changed = [*found.changed[:-1], *[""] * int(rest[1].replace(",", ""))]
    return found
