"""``sparkify-dwh doctor``."""

from __future__ import annotations

import json
from pathlib import Path

from support.cli import Captured, Run
from support.warehouse import Sparkify


def test_doctor_prints_a_finding_for_every_subject(
    delivered: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    assert run("--config", configuration, "doctor") == 0
    printed = capsys.readouterr().out
    assert "ok       migrations     The tables are at revision" in printed
    assert printed.endswith("\nNo problems.\n")


def test_doctor_exits_with_the_code_of_the_first_problem(configuration: Path, run: Run, capsys: Captured) -> None:
    """There are no files."""
    assert run("--config", configuration, "doctor") == 6
    printed, errors = capsys.readouterr()
    assert "problem  sources        LOG_DATA" in printed
    assert "2 problems found; see the fixes above." in errors


def test_doctor_prints_json(tmp_path: Path, run: Run, capsys: Captured) -> None:
    (tmp_path / "dwh.cfg").write_text("[CLUSTER]\nHOST=standin\nTLS=off\n")
    assert run("--config", tmp_path / "dwh.cfg", "doctor", "--json") == 3
    diagnosis = json.loads(capsys.readouterr().out)
    assert diagnosis["exit_code"] == 3
    (wrong,) = [finding for finding in diagnosis["findings"] if finding["state"] == "problem"]
    assert wrong["about"] == "configuration"
    assert "[CLUSTER] TLS must be" in wrong["sentence"]
