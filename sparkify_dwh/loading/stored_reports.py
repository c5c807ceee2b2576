"""The reports that the ledger has of earlier loads, also of earlier versions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sparkify_dwh.checks.check import CheckResult
from sparkify_dwh.loading.report import Input, LoadReport, StagedRows, StarRows
from sparkify_dwh.storage.urls import StoredObject


def read_report(text: str) -> dict[str, Any]:
    """Return a report from the ledger's JSON.

    Earlier versions left out whether the load ``changed`` anything, and kept the counts of failed loads, whose rows were
    rolled back.
    """
    stored: dict[str, Any] = json.loads(text)
    if stored.get("outcome") == "failed":
        staged, files = stored.get("staged") or {}, stored.get("files") or {}
        rolled_back = {table: asdict(StagedRows(rejected=rows.get("rejected", 0))) for table, rows in staged.items()}
        stored |= {"staged": rolled_back, "star": {}}
        for found in files.values():
            found |= {"loaded": 0, "bytes": 0}
    star = (stored.get("star") or {}).values()
    stored["changed"] = any(rows["inserted"] or rows["updated"] for rows in star)
    return stored


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
    found = Input(**({"prefix": ""} | _known(Input, stored)))
    found.files = [StoredObject("", 0, "")] * int(stored.get("loaded") or 0)
    found.changed, found.not_loaded = _uncut(found.changed), _uncut(found.not_loaded)
    return found


def _uncut(items: list[str]) -> list[str]:
    """Return a list as long as it was before ``cut``, with empty texts for what was omitted."""
    rest = re.fullmatch(r"and ([\d,]+) more", items[-1]) if items else None
    return items if rest is None else [*items[:-1], *[""] * int(rest[1].replace(",", ""))]
