"""Loads whose connection is cut: before COMMIT nothing is unknown, during COMMIT the ledger knows."""

from __future__ import annotations

import os
import signal

import pytest
from support.network import BIND, COMMITTED, Fault, Network
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.database import warehouse
from sparkify_dwh.errors import ConnectionLostError, LoadError, UnreachableError
from sparkify_dwh.loading.loader import Loading, LoadOptions
from sparkify_dwh.loading.report import LoadReport
from sparkify_dwh.loading.retries import OutcomeUnknown

LAST = b"INSERT INTO load_files"  # the last statement before COMMIT


@pytest.fixture
def delivered(sparkify: Sparkify) -> Sparkify:
    sparkify.logs("a.json", *(an_event(itemInSession=item) for item in range(20)))
    sparkify.songs("a.json", a_song())
    return sparkify


def load_with(sparkify: Sparkify, retries: Retries) -> LoadReport:
    report = LoadReport()
    with warehouse(sparkify.settings) as engine:
        Loading(engine, sparkify.settings, LoadOptions(retries=retries), report, None).run()
    return report


def require_loaded_once(sparkify: Sparkify) -> None:
    assert sparkify.rows("SELECT outcome FROM loads") == [("loaded",)]
    assert sparkify.one("SELECT count(*) FROM songplays") == 20


@pytest.mark.parametrize(
    "sent",
    [b"alembic_version", b"LOCK TABLE", b"COPY staging_events", b"INSERT INTO songplays", LAST],
    ids=bytes.decode,
)
def test_a_load_that_is_cut_while_the_server_goes_away_is_run_again(
    delivered: Sparkify, network: Network, sent: bytes
) -> None:
    network.faults.append(Fault([sent], network.go_away))
    report = load_with(delivered, network.retries(back_after=3))
    assert not network.faults
    assert report.outcome == "loaded"
    assert len(network.waits) == 3
    require_loaded_once(delivered)


def test_a_load_whose_commit_did_not_arrive_is_run_again(delivered: Sparkify, network: Network) -> None:
    """The ledger, once it can be read, does not have it."""
    network.faults.append(Fault([LAST, BIND, BIND], network.go_away))
    report = load_with(delivered, network.retries(back_after=3))
    assert (report.outcome, report.attempts, len(network.waits)) == ("loaded", 2, 3 + 1)
    require_loaded_once(delivered)


def test_a_load_that_was_committed_when_its_answer_was_cut_off_is_found_in_the_ledger(
    delivered: Sparkify, network: Network
) -> None:
    network.faults.append(Fault([LAST], network.go_away, answered=COMMITTED))
    report = load_with(delivered, network.retries(back_after=3))
    assert (report.outcome, report.attempts, len(network.waits)) == ("loaded", 1, 3)
    require_loaded_once(delivered)


def test_a_server_that_stays_away_before_commit_is_no_unknown_outcome(
    delivered: Sparkify, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    network.faults.append(Fault([b"INSERT INTO songplays"], network.go_away))
    with pytest.raises(UnreachableError, match="could not be connected to") as raised:
        load_with(delivered, network.retries())
    assert raised.value.exit_code == 4
    assert [round(wait) for wait in network.waits] == pytest.approx([1, 2, 4, 8], rel=0.5)
    assert "its failure could not be recorded" in caplog.text
    assert delivered.rows("SELECT outcome FROM loads") == []


def test_a_connection_that_is_lost_in_every_attempt_is_told_with_its_cause(
    delivered: Sparkify, network: Network
) -> None:
    network.faults += [Fault([b"COPY staging_events"], network.cut) for _ in range(3)]
    with pytest.raises(ConnectionLostError, match=r"Nothing was committed in 3 attempts: the connection was lost \("):
        load_with(delivered, network.retries(attempts=3))
    assert delivered.rows("SELECT outcome FROM loads") == [("failed",)]
    assert delivered.one("SELECT count(*) FROM songplays") == 0


def test_a_server_that_stays_away_during_commit_leaves_an_unknown_outcome(
    delivered: Sparkify, network: Network
) -> None:
    network.faults.append(Fault([LAST], network.go_away, answered=COMMITTED))
    with pytest.raises(OutcomeUnknown, match=r"lost during COMMIT, .* not known, .*could not be connected") as raised:
        load_with(delivered, network.retries())
    assert isinstance(raised.value, LoadError)
    assert raised.value.exit_code == UnreachableError.exit_code
    require_loaded_once(delivered)


def test_a_first_connection_that_fails_is_not_retried(delivered: Sparkify, network: Network) -> None:
    network.go_away()
    with pytest.raises(UnreachableError):
        load_with(delivered, network.retries())
    assert network.waits == []


def test_a_load_that_is_interrupted_during_its_commit_is_in_the_history_once(
    delivered: Sparkify, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    interrupt = Fault([LAST], lambda: os.kill(os.getpid(), signal.SIGINT), answered=COMMITTED)
    network.faults.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_with(delivered, network.retries())
    assert "was interrupted after COMMIT had begun, and is committed" in caplog.text
    require_loaded_once(delivered)
