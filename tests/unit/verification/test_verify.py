"""A whole verification of the stand-in, and those that are interrupted, fail, or are refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import literal, select
from support.cli import run_command
from support.verified import NAMES, Verifiable, Verified

from sparkify_dwh import verification
from sparkify_dwh.checks.check import ERROR, BusinessChecks
from sparkify_dwh.cli import main
from sparkify_dwh.errors import ConfigurationError, UsageError
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.standin.differences import DIFFERENCES
from sparkify_dwh.star import Songplay
from sparkify_dwh.verification.data.records import JSON_PATHS, Delivery, File, a_song, an_event
from sparkify_dwh.verification.fact import Fact
from sparkify_dwh.verification.facts import FACTS
from sparkify_dwh.verification.facts.lifecycle import _load_and_compare
from sparkify_dwh.verification.trial import Trial

QUICK = "null-is-null"


def test_every_fact_holds_but_for_known_differences(verified: Verified) -> None:
    assert verified.outcomes("failed") == []
    assert verified.outcomes("warning") == verified.outcomes("skipped") == []
    assert verified.outcomes("different") == [fact.name for fact in FACTS if fact.differs]
    assert verified.exit_code == 0


def test_differences_are_those_of_the_list() -> None:
    assert {fact.differs for fact in FACTS if fact.differs} <= set(DIFFERENCES)


def test_a_difference_is_named_with_what_was_found(verified: Verified) -> None:
    (blanks,) = (fact for fact in verified.report["facts"] if fact["fact"] == "trailing-blanks-do-not-count")
    assert (blanks["expected"], blanks["found"], blanks["difference"]) == (True, False, "trailing_blanks")
    assert blanks["source"] == "https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html"


def test_every_fact_is_printed_with_its_outcome(verified: Verified) -> None:
    rows = [line.split("│")[1:3] for line in verified.printed.splitlines() if line.startswith("│")]
    outcomes = [(fact["fact"], fact["outcome"]) for fact in verified.report["facts"]]
    assert [(fact.strip(), outcome.strip()) for fact, outcome in rows] == outcomes
    assert [fact.name for fact in FACTS] == [name for name, _ in outcomes]


def test_facts_are_told_apart_and_state_something() -> None:
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert [fact.name for fact in FACTS if fact.says[-1:] not in (".", "?")] == []
    assert [fact.name for fact in FACTS if not set(fact.needs) <= {needed.name for needed in FACTS}] == []


def test_the_report_has_no_secret_and_no_name(verified: Verified, verifiable: Verifiable) -> None:
    places = [str(verifiable.settings.standin_directory), str(verifiable.files), "123456789012", "sparkify-bucket"]
    for name in [*NAMES.values(), *places]:
        assert name not in verified.report_text
        assert name not in verified.printed


def test_nothing_is_left(verified: Verified, verifiable: Verifiable) -> None:
    verifiable.require_clean()


def test_the_estimate_is_close(verified: Verified, verifiable: Verifiable) -> None:
    estimate = verification.estimate(verifiable.settings)
    assert estimate.statements == pytest.approx(verified.report["statements"], rel=0.2)
    assert estimate.megabytes == pytest.approx(verified.report["bytes"] / 1e6)
    assert "1,260 statements, and uploads 1.3 MB. An estimate: it takes 10 min," in str(estimate)


def test_what_it_costs_is_said_before_it_begins(
    verifiable: Verifiable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an answer nothing is created."""
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert run_command(monkeypatch, "--config", verifiable.configuration, "verify") == 2
    said = capsys.readouterr().err
    assert "RPU-hours" in said
    assert "No input: nothing was created. Use --yes to skip the question." in said
    verifiable.require_clean()


def test_a_fact_that_does_not_hold_is_named(
    verifiable: Verifiable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check that refuses every play rolls the first load back; what needs it is skipped."""
    checks = BusinessChecks()
    checks.check(Songplay, severity=ERROR)(no_play_is_allowed)
    output = verifiable.configuration.parent / "failed.json"
    names = ("--fact", "second-load-writes-nothing", "--fact", QUICK)
    arguments = ("--config", verifiable.configuration, "-q", "verify", "--yes", "-o", output, *names)
    monkeypatch.setattr(sys, "argv", ["sparkify-dwh", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        main(replace(SPARKIFY, checks=checks))
    printed = capsys.readouterr()
    assert exit_.value.code == 8
    assert "1 of 4 facts do not hold: first-load-fills-the-star" in printed.err
    assert "skipped: second-load-writes-nothing" in printed.out
    assert "CheckError: The load was rolled back: No play is allowed" in output.read_text()
    verifiable.require_clean()


def no_play_is_allowed() -> object:
    """No play is allowed."""
    return select(Songplay.songplay_id, literal(1).label("found"))


def test_another_value_than_expected_fails_with_what_was_found(verifiable: Verifiable) -> None:
    """A database in which blanks count, as on PostgreSQL, and a fact that no list of differences names."""
    (blanks,) = verification.chosen(["trailing-blanks-do-not-count"])
    result = verification.verify(verifiable.settings, facts=[replace(blanks, differs=None)])
    assert [(outcome.fact.name, outcome.found) for outcome in result.failed] == [(blanks.name, False)]


def test_a_fact_that_is_not_required_is_a_warning(verifiable: Verifiable) -> None:
    (blanks,) = verification.chosen(["trailing-blanks-do-not-count"])
    result = verification.verify(verifiable.settings, facts=[replace(blanks, differs=None, is_required=False)])
    assert result.counts == {"warning": 1}


def test_an_unexpected_error_is_an_outcome(verifiable: Verifiable) -> None:
    def broken(trial: Trial) -> None:
        with trial.connect() as connection:
            connection.exec_driver_sql("SELECT no_such_column")

    facts = [Fact("broken", "It breaks.", "r_SELECT", broken), *verification.chosen([QUICK])]
    outcome, other = verification.verify(verifiable.settings, facts=facts).outcomes
    assert (outcome.state, outcome.found) == ("failed", '42703 column "no_such_column" does not exist')
    assert other.state == "passed"


def test_records_that_are_rejected_against_expectation_do_not_hide_the_rest(verifiable: Verifiable) -> None:
    too_long = an_event(itemInSession=1, ts=1542285000797, song="x" * 513)
    delivery = Delivery([File("log_data/a.json", [an_event(), too_long])], [File("song_data/a.json", [a_song()])])

    def load_it(trial: Trial) -> list[str]:
        trial.write("log_json_path.json", JSON_PATHS)
        return _load_and_compare(trial, delivery)

    facts = [*verification.chosen(["upgrade-creates-the-tables"]), Fact("it", "It loads.", "r_COPY", load_it, [])]
    outcome = verification.verify(verifiable.settings, facts=facts).outcomes[-1]
    assert (outcome.state, outcome.is_complete) == ("failed", True)
    error, *differences = outcome.found
    assert "String length exceeds DDL length (1204)" in error
    counts = [sentence.split(",")[0] for sentence in differences]
    assert counts == ["songplays: missing 1", "users: other values 2", "time: missing 1"]


def test_an_unknown_fact_is_refused() -> None:
    with pytest.raises(UsageError, match=r"There is no fact 'nul-is-null'. Did you mean null-is-null"):
        verification.chosen(["nul-is-null"])


def test_facts_bring_those_that_they_need() -> None:
    assert [fact.name for fact in verification.chosen(["late-data-corrects-the-star"])] == [
        "upgrade-creates-the-tables",
        "first-load-fills-the-star",
        "late-data-corrects-the-star",
    ]


def test_a_prefix_is_needed() -> None:
    with pytest.raises(ConfigurationError, match=r"lacks \[S3\] MANIFESTS"):
        verification.verify(Settings(host="cluster.example"))


def test_files_are_written_under_the_prefix_that_is_named(verifiable: Verifiable, tmp_path: Path) -> None:
    seen: list[str] = []
    fact = Fact("folder", "It is there.", "r_COPY", lambda trial: seen.append(trial.write("a", "b")))
    verification.verify(verifiable.settings, data=tmp_path.as_uri(), facts=[fact])
    assert seen[0].startswith(f"{tmp_path.as_uri()}/sparkify_dwh_verify_")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(verifiable: Verifiable) -> None:
    def interrupted(trial: Trial) -> None:
        verification.chosen([QUICK])[0].try_it(trial)
        trial.write("left", "behind")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verification.verify(verifiable.settings, facts=[Fact("it", "It is interrupted.", "r_COPY", interrupted)])
    verifiable.require_clean()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_a_load_leaves_nothing(verifiable: Verifiable, number: int, code: int, tmp_path: Path) -> None:
    arguments = ["--config", str(verifiable.configuration), "verify", "--yes", "-o", str(tmp_path / "report.json")]
    command = [sys.executable, "-m", "sparkify_dwh", *arguments, "--fact", "first-load-fills-the-star"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("first-load-fills-the-star"):
                process.send_signal(number)
    assert process.returncode == code
    assert not (tmp_path / "report.json").exists()
    verifiable.require_clean()
