"""The latest loads and the results of their checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sparkify_dwh.checks.check import CheckResult, failed
from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.checks.run import run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.ledger import LOADED
from sparkify_dwh.loading.ledger_entries import recent_loads
from sparkify_dwh.loading.missing_data import MAX_SEARCHED_LOADS, load_with_missing_data
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.utils.text import numbered

MAX_LOADS = 10


@dataclass(frozen=True)
class LoadSummary:
    """A past load. ``began`` is ISO text in UTC; ``files`` is None when the files were not listed.

    ``reason`` says why it failed in counts: errors quote values of rows, and the page shows no value that tells of a user.
    """

    load_id: str
    began: str
    outcome: str
    seconds: float
    files: int | None
    plays: int
    changed: int
    reason: str | None
    version: str

    @property
    def succeeded(self) -> bool:
        return self.outcome == LOADED


@dataclass(frozen=True)
class LoadStatus:
    """The latest loads, newest first, and check results; ``checked`` describes the rows that the checks covered.

    ``missing`` is the latest failed load whose data no later load has brought.
    """

    loads: list[LoadSummary]
    checks: list[CheckResult]
    checked: str
    missing: LoadSummary | None = None

    @property
    def run(self) -> list[CheckResult]:
        """The checks that are not off."""
        return [check for check in self.checks if check.state != "off"]

    @property
    def failing(self) -> list[CheckResult]:
        return [check for check in self.run if check.state != "ok"]


def read_load_status(connection: Connection, now: datetime, check_everything: bool, rules: CheckRules) -> LoadStatus:
    """Read the ledger. Checks are those of the latest load with new rows or, on request, run now on the whole warehouse."""
    reports = recent_loads(connection, MAX_SEARCHED_LOADS)
    failed = load_with_missing_data(connection, reports)
    missing = _load(failed) if failed else None
    reports = reports[:MAX_LOADS]
    loads = [_load(report) for report in reports]
    if check_everything:
        results = run_checks(connection, SPARKIFY.star, SPARKIFY.checks, Scope(now), rules)
        return LoadStatus(loads, results, "everything in the warehouse, when this page was made", missing)
    for report in reports:
        is_checked = report["outcome"] == LOADED and report["checks"]
        if is_checked and any(rows["loaded"] for rows in report["staged"].values()):
            checked = f"the rows of the load of {_minute(report['started_at'])} UTC"
            return LoadStatus(loads, [CheckResult.from_dict(each) for each in report["checks"]], checked, missing)
    return LoadStatus(loads, [], "", missing)


def _load(report: dict[str, Any]) -> LoadSummary:
    listed = report["files"]
    star = report["star"] or {}
    return LoadSummary(
        report["load_id"][:8],
        _minute(report["started_at"]),
        report["outcome"],
        report["seconds"],
        None if listed is None else sum(table["loaded"] for table in listed.values()),
        star.get("songplays", {}).get("inserted", 0),
        sum(rows["inserted"] + rows["updated"] for rows in star.values()),
        None if report["outcome"] == LOADED else _reason(report),
        report["version"],
    )


def _reason(report: dict[str, Any]) -> str:
    failures = failed(CheckResult.from_dict(result) for result in report["checks"] or [])
    if failures:
        return "; ".join(f"{result.name}: not so for {numbered(result.offenders, 'row')}" for result in failures)
    return f"The reason is not shown here, because it may quote rows. Run: sparkify-dwh history {report['load_id'][:8]}"


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
