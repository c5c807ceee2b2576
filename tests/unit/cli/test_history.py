"""sparkify-dwh history: past loads, each with the report that was printed when it ended."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import text
from support.cli import Captured, Run
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.errors import CopyError
from sparkify_dwh.loading.report import Input, LoadReport, StagedRows, StarRows
from sparkify_dwh.loading.stored_reports import report_of
from sparkify_dwh.storage.urls import StoredObject


def test_a_load_is_shown_with_its_report(sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured) -> None:
    sparkify.logs("a.json", an_event(), an_event(), an_event(ts="yesterday", item_in_session=9))
    sparkify.songs("a.json", a_song())
    sparkify.load(max_errors=1)
    sparkify.logs("b.json", an_event(item_in_session=10))
    report = sparkify.load()
    for load in (sparkify.load(), report):
        assert run("--config", configuration, "history", load.load_id[:8]) == 0
        assert capsys.readouterr().out.startswith(f"{load}\n  began {load.started_at:%Y-%m-%d}")
    assert "1 file, 1 loaded before\n" in str(report)


def test_steps_and_reason_of_a_failed_load_are_shown(
    sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    sparkify.logs("a.json", "no json")
    sparkify.songs("a.json", a_song())
    with pytest.raises(CopyError):
        sparkify.load()
    load_id = sparkify.one("SELECT load_id FROM loads")
    assert run("--config", configuration, "history", load_id) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"load {load_id}: failed in ")
    assert "\n  error: The copy of staging_events failed" in shown
    assert "\n  step lock " in shown


def test_a_stored_report_has_the_text_of_the_report() -> None:
    """Also for more files than it names."""
    report = LoadReport(outcome="loaded", seconds=1.4, attempts=2, version="1")
    files = [StoredObject(f"s3://sparkify/{number}", 1, "") for number in range(2_000)]
    changed = [file.url for file in files[:1_500]]
    report.files = {"staging_events": Input("s3://sparkify/", files=files, changed=changed, known=30, hidden=1)}
    report.staged = {"staging_events": StagedRows(loaded=9, duplicates=1, unchanged=2, rejected=3)}
    report.star = {"songplays": StarRows(7, 8)}
    report.rejected, report.warnings = ["a.json line 1"], ["beware"]
    assert str(report_of(report.to_dict())) == str(report)
    assert "1,500 changed since" in str(report)


def test_a_report_of_an_older_version_or_a_truncated_one_is_shown() -> None:
    report = LoadReport(outcome="failed", error="No.")
    report.files = {"staging_events": Input("s3://sparkify/")}
    assert report_of({}).files == {}
    for name in report.to_dict():
        assert report_of({**report.to_dict(), name: None}).star == {}
    older = {"load_id": "a", "started_at": "2018-11-15T12:00:00.000", "star": {"songplays": {"inserted": 1, "gone": 2}}}
    assert str(report_of(older)).splitlines()[1].split() == ["songplays", "1", "inserted", "0", "updated"]


def test_an_empty_history_prints_a_sentence(
    sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    assert run("--config", configuration, "history") == 0
    assert capsys.readouterr() == ("", "No load has finished yet. Run: sparkify-dwh load.\n")
    assert run("--config", configuration, "history", "--json") == 0
    nothing = json.loads(capsys.readouterr().out)
    assert nothing["loads"] == []
    assert (nothing["freshness"]["newest"], nothing["freshness"]["last_load"]) == (None, None)


def test_the_ages_of_the_newest_play_and_of_the_last_success_are_shown(
    delivered: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    """A failed load does not count."""
    delivered.load()
    with delivered.engine.begin() as connection:
        connection.execute(text("UPDATE loads SET started_at = DATEADD(day, -3, GETDATE())"))
    delivered.logs("b.json", "no json")
    with pytest.raises(CopyError):
        delivered.load()
    assert run("--config", configuration, "history") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(
        r"The newest play is of 2018-11-15 12:30 UTC, [\d,]+ days ago; the last successful load began at .*, 3 days ago\.",
        last,
    )
    assert run("--config", configuration, "history", "--json") == 0
    freshness = json.loads(capsys.readouterr().out)["freshness"]
    assert freshness["newest"]["time"] == "2018-11-15T12:30:00"
    assert 259_200 <= freshness["last_load"]["age_seconds"] < 259_300


def test_a_limit_leaves_out_earlier_loads(delivered: Sparkify, configuration: Path, run: Run, capsys: Captured) -> None:
    loads = [delivered.load().load_id[:8] for _ in range(2)]
    assert run("--config", configuration, "history", "--limit", "1") == 0
    shown = capsys.readouterr().out
    assert (loads[0] in shown, loads[1] in shown) == (False, True)
