"""What a load did: rows per table, seconds per step. Printed for people, as JSON for programs and for the ledger."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

log = logging.getLogger("sparkify_dwh.load")

OnStep = Callable[[str], None]


@dataclass
class StagedRows:
    """One staging table: ``loaded`` by COPY, of which ``duplicates`` were deliveries of a record already there."""

    loaded: int = 0
    duplicates: int = 0


@dataclass
class StarRows:
    """One table of the star."""

    inserted: int = 0
    updated: int = 0


@dataclass
class LoadReport:
    """A load's outcome. ``seconds`` is the whole load's; ``steps`` gives each step's, in order; times are UTC."""

    load_id: str = field(default_factory=lambda: uuid4().hex)
    version: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc).replace(tzinfo=None))
    seconds: float = 0.0
    staged: dict[str, StagedRows] = field(default_factory=dict)
    star: dict[str, StarRows] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether the load wrote anything to the star."""
        return any(rows.inserted or rows.updated for rows in self.star.values())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"started_at": self.started_at.isoformat(timespec="milliseconds")}

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    def __str__(self) -> str:
        lines = [f"load {self.load_id}: {self.seconds:.1f} s"]
        lines += [f"  {name:<16}{rows.loaded:>12,} staged{_duplicates(rows)}" for name, rows in self.staged.items()]
        lines += [
            f"  {name:<16}{rows.inserted:>12,} inserted {rows.updated:>12,} updated" for name, rows in self.star.items()
        ]
        return "\n".join(lines)


def _duplicates(rows: StagedRows) -> str:
    return f", {rows.duplicates:,} of them delivered twice" if rows.duplicates else ""


class Steps:
    """Times the steps of a load into its report, logs each, and tells whoever waits that it has begun."""

    def __init__(self, report: LoadReport, on_step: OnStep | None) -> None:
        self._report = report
        self._on_step = on_step

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        if self._on_step is not None:
            self._on_step(name)
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self._report.steps[name] = round(seconds, 3)
        log.info("load %s: %s took %.3f s", self._report.load_id, name, seconds)
