"""Loads that failed: no row of theirs is counted, typing errors are none, and whether their data is still missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from support.cli import Captured, Run
from support.records import an_event
from support.warehouse import Sparkify

from sparkify_dwh.database import warehouse_now
from sparkify_dwh.errors import CheckError, CopyError, SparkifyError
from sparkify_dwh.ledger import Load
from sparkify_dwh.loading.ledger_entries import recent_loads
from sparkify_dwh.loading.report import MAX_LISTED
from sparkify_dwh.report.load_status import LoadStatus, read_load_status

TOO_EARLY = 1542285000  # a ts in seconds


@pytest.fixture
def rolled_back(loaded: Sparkify) -> Sparkify:
    """A load that filled the star, and was rolled back by a check."""
    loaded.logs("2018/11/b.json", an_event(itemInSession=6), an_event(ts=TOO_EARLY, itemInSession=7))
    with pytest.raises(CheckError):
        loaded.load()
    return loaded


def last_report(sparkify: Sparkify) -> dict[str, Any]:
    with sparkify.engine.connect() as connection:
        return recent_loads(connection, 1)[0]


def load_status(sparkify: Sparkify) -> LoadStatus:
    with sparkify.engine.connect() as connection:
        return read_load_status(
            connection, warehouse_now(connection), check_everything=False, rules=sparkify.settings.checks
        )


def is_data_missing(sparkify: Sparkify) -> bool:
    return load_status(sparkify).missing is not None


def fail(sparkify: Sparkify, **options: Any) -> None:
    with pytest.raises(CopyError):
        sparkify.load(**options)


def test_a_load_that_was_rolled_back_has_no_rows(rolled_back: Sparkify) -> None:
    report = last_report(rolled_back)
    assert (report["outcome"], report["changed"], report["star"]) == ("failed", False, {})
    assert not any(count for rows in report["staged"].values() for count in rows.values())
    events = report["files"]["staging_events"]
    assert (events["loaded"], events["bytes"]) == (0, 0)
    assert [url.rsplit("/", 1)[1] for url in events["not_loaded"]] == ["b.json"]
    assert (load_status(rolled_back).loads[0].plays, load_status(rolled_back).loads[0].changed) == (0, 0)


def test_the_history_shows_no_rows_of_it(
    rolled_back: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    assert run("--config", configuration, "history", "--limit", "1") == 0
    cells = next(line for line in capsys.readouterr().out.splitlines() if " failed " in line).split("│")
    assert [cell.strip() for cell in cells[5:7]] == ["0", "0"]
    assert run("--config", configuration, "history", last_report(rolled_back)["load_id"]) == 0
    shown = capsys.readouterr().out
    assert "0 files, 1 loaded before, 1 not loaded" in shown
    assert "inserted" not in shown


def test_counts_that_an_earlier_version_recorded_are_not_shown(rolled_back: Sparkify) -> None:
    report = last_report(rolled_back)
    del report["changed"], report["files"]["staging_events"]["not_loaded"]
    report["star"] = {"songplays": {"inserted": 7, "updated": 0}}
    report["staged"]["staging_events"]["loaded"] = report["files"]["staging_events"]["loaded"] = 7
    with rolled_back.engine.begin() as connection:
        connection.execute(update(Load.table()).where(Load.outcome == "failed").values(report=json.dumps(report)))
    assert not last_report(rolled_back)["changed"]
    assert load_status(rolled_back).loads[0].plays == 0
    assert load_status(rolled_back).loads[0].files == 0


def test_a_report_says_whether_the_load_changed_anything(loaded: Sparkify) -> None:
    assert last_report(loaded)["changed"] is True
    report = loaded.load()
    assert report.to_dict()["changed"] is False


@pytest.mark.parametrize("mistake", ["files", "prefix", "json_paths", "since"])
def test_a_typing_error_is_not_a_failed_load(loaded: Sparkify, mistake: str) -> None:
    settings, options = loaded.settings, {}
    nowhere = loaded.settings.inputs["LOG_DATA"] + "nowhere"
    if mistake == "files":
        options = {"files": ["nope.json"]}
    elif mistake == "prefix":
        settings = replace(settings, inputs={**settings.inputs, "LOG_DATA": nowhere})
    elif mistake == "json_paths":
        settings = replace(settings, inputs={**settings.inputs, "LOG_JSONPATH": nowhere})
    else:
        settings, options = replace(settings, manifests=None), {"since": "2018-11-01"}
    loaded.settings = settings
    with pytest.raises(SparkifyError):
        loaded.load(**options)
    assert loaded.rows("SELECT outcome FROM loads") == [("loaded",)]
    assert not is_data_missing(loaded)


def test_no_file_is_copied_when_one_of_the_names_is_wrong(loaded: Sparkify) -> None:
    loaded.logs("b.json", "no json")
    with pytest.raises(SparkifyError, match=r"'nope\.json' \(--files\)"):
        loaded.load(files=["b.json", "nope.json"])


def test_data_is_missing_until_a_load_brings_it(loaded: Sparkify) -> None:
    loaded.logs("b.json", "no json")
    fail(loaded)
    assert is_data_missing(loaded)
    loaded.logs("c.json", an_event(itemInSession=7))
    loaded.load(files="c.json")
    assert is_data_missing(loaded)
    loaded.logs("b.json", an_event(itemInSession=6))
    loaded.load(files="b.json")
    assert not is_data_missing(loaded)


def test_a_load_of_everything_brings_what_is_there(loaded: Sparkify) -> None:
    loaded.logs("b.json", "no json").rename(loaded.directory / "log_data" / "_b.json")
    loaded.logs("c.json", "no json")
    fail(loaded)
    fail(loaded, files="c.json")
    (loaded.directory / "log_data" / "c.json").unlink()
    loaded.load()
    assert not is_data_missing(loaded)


def test_of_more_files_than_a_report_names_only_a_load_of_everything_is_sure(loaded: Sparkify) -> None:
    for number in range(MAX_LISTED + 1):
        loaded.logs(f"b{number}.json", an_event(itemInSession=10 + number) if number else "no json")
    fail(loaded, files="json")
    loaded.logs("b0.json", an_event(itemInSession=10))
    loaded.logs("c/d.gz.txt", an_event(itemInSession=9))
    loaded.load(files=".json")
    assert is_data_missing(loaded)
    (loaded.directory / "log_data" / "c" / "d.gz.txt").unlink()
    loaded.load()
    assert not is_data_missing(loaded)


def test_doctor_names_the_load_whose_data_is_missing(
    loaded: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    loaded.logs("b.json", "no json")
    fail(loaded)
    loaded.logs("c.json", an_event(itemInSession=7))
    loaded.load(files="c.json")
    run("--config", configuration, "doctor")
    assert "No later load has brought its data. Fix this and load again." in capsys.readouterr().out
