"""How the warehouse is kept: its latest loads, and what the checks said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.checks.check import CheckResult
from sparkify_dwh.checks.run import run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.loading.ledger_entries import recent_loads
from sparkify_dwh.sparkify import SPARKIFY

MOST_LOADS = 10
LOADED = "loaded"


@dataclass(frozen=True)
class LoadLine:
    """A load of the past. ``began`` is ISO text, UTC; ``files`` is None where they were not listed."""

    load_id: str
    began: str
    outcome: str
    seconds: float
    files: int | None
    plays: int
    changed: int
    error: str | None
    version: str

    @property
    def succeeded(self) -> bool:
        return self.outcome == LOADED


@dataclass(frozen=True)
class Upkeep:
    """The latest loads, the latest first, and the checks with what they looked at; no checks where none is known."""

    loads: list[LoadLine]
    checks: list[CheckResult]
    checked: str

    @property
    def last_success(self) -> LoadLine | None:
        return next((load for load in self.loads if load.succeeded), None)

    @property
    def offended(self) -> list[CheckResult]:
        return [check for check in self.checks if check.state != "ok"]


def upkeep(connection: Connection, check_everything: bool) -> Upkeep:
    """Read the history; the checks are the latest ones of a load that brought anything, or, if asked for, new ones."""
    reports = recent_loads(connection, MOST_LOADS)
    loads = [_load(report) for report in reports]
    if check_everything:
        results = run_checks(connection, SPARKIFY.star, SPARKIFY.checks, Scope())
        return Upkeep(loads, results, "everything in the warehouse, when this page was made")
    for report in reports:
        if report["outcome"] == LOADED and report["checks"] and _brought_anything(report):
            checked = f"what the load of {_minute(report['started_at'])} UTC brought"
            return Upkeep(loads, [CheckResult.from_dict(each) for each in report["checks"]], checked)
    return Upkeep(loads, [], "")


def _brought_anything(report: dict[str, Any]) -> bool:
    return any(rows["loaded"] for rows in report["staged"].values())


def _load(report: dict[str, Any]) -> LoadLine:
    listed = report["files"]
    star = report["star"] or {}
    return LoadLine(
        report["load_id"][:8],
        _minute(report["started_at"]),
        report["outcome"],
        report["seconds"],
        None if listed is None else sum(table["loaded"] for table in listed.values()),
        star.get("songplays", {}).get("inserted", 0),
        sum(rows["inserted"] + rows["updated"] for rows in star.values()),
        report["error"],
        report["version"],
    )


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
