"""Commands that write, whose connection is cut while the server goes away for a time: they are run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.network import COMMITTED, Fault, Network
from support.warehouse import Sparkify

from sparkify_dwh import migrate
from sparkify_dwh.connection.retries import Retries
from sparkify_dwh.errors import ExportError
from sparkify_dwh.export import export, restore
from sparkify_dwh.grants import Grantee, grant
from sparkify_dwh.loading.retries import OutcomeUnknown
from sparkify_dwh.settings import Settings

LAST = b"DROP COLUMN month"  # of a restore: what it does to the table time, the last one, after COPY
Act = Callable[[Settings, Retries], object]


@pytest.fixture
def exported(loaded: Sparkify, tmp_path: Path) -> str:
    """The folder of an export of the star, whose tables are empty now."""
    folder = str(tmp_path / "star")
    export(loaded.settings, folder)
    migrate.reset(loaded.settings)
    return folder


@pytest.mark.parametrize(
    ("sent", "act"),
    [
        (b"alembic_version", lambda settings, retries: migrate.upgrade(settings, retries=retries)),
        (b"DROP TABLE", lambda settings, retries: migrate.reset(settings, retries=retries)),
        (b"CREATE TABLE", lambda settings, retries: migrate.reset(settings, retries=retries)),
    ],
    ids=["upgrade", "reset, dropping", "reset, creating"],
)
def test_a_migration_that_is_cut_is_run_again(sparkify: Sparkify, network: Network, sent: bytes, act: Act) -> None:
    network.faults.append(Fault([sent], network.go_away))
    act(sparkify.settings, network.retries(back_after=2))
    assert len(network.waits) == 2
    with sparkify.engine.connect() as connection:
        migrate.require_migrated(connection, sparkify.settings.warehouse)


def test_a_grant_that_is_cut_is_run_again(sparkify: Sparkify, network: Network) -> None:
    with sparkify.engine.begin() as connection:
        connection.exec_driver_sql("CREATE GROUP cut_readers")
    network.faults.append(Fault([b"GRANT SELECT"], network.go_away))
    reader = Grantee("GROUP", "cut_readers")
    report = grant(sparkify.settings, "analyst", reader, retries=network.retries(back_after=2))
    assert len(network.waits) == 2
    assert {statement.state for statement in report.statements} == {"granted"}
    again = grant(sparkify.settings, "analyst", reader)
    assert {statement.state for statement in again.statements} == {"already"}


@pytest.mark.parametrize("answered", [b"", COMMITTED], ids=["before COMMIT", "during COMMIT"])
def test_a_restore_that_is_cut_is_run_again_or_found(
    loaded: Sparkify, exported: str, network: Network, answered: bytes
) -> None:
    network.faults.append(Fault([LAST], network.go_away, answered=answered))
    rows = restore(loaded.settings, exported, retries=network.retries(back_after=2))
    assert not network.faults
    assert len(network.waits) == 2
    assert rows["songs"] == loaded.one("SELECT count(*) FROM songs") == 1


def test_a_restore_whose_commit_is_in_doubt_says_so(loaded: Sparkify, exported: str, network: Network) -> None:
    network.faults.append(Fault([LAST], network.go_away, answered=COMMITTED))
    with pytest.raises(OutcomeUnknown, match=r"lost during COMMIT, .* not known, .*See whether they have rows now"):
        restore(loaded.settings, exported, retries=network.retries(attempts=2))


def test_an_export_is_run_again_until_its_first_unload(loaded: Sparkify, network: Network, tmp_path: Path) -> None:
    network.faults.append(Fault([b"FROM loads"], network.go_away))
    done = export(loaded.settings, str(tmp_path / "star"), retries=network.retries(back_after=2))
    assert (done.tables["songs"].rows, len(network.waits)) == (1, 2)


def test_an_export_that_is_cut_while_it_unloads_says_what_is_left(
    loaded: Sparkify, network: Network, tmp_path: Path
) -> None:
    """The server may go on with the UNLOAD, whose files would be mixed with those of another attempt."""
    network.faults.append(Fault([b"UNLOAD", b"UNLOAD"], network.cut))
    with pytest.raises(ExportError, match=r"connection to the warehouse was lost: run it again\. There is no manifest"):
        export(loaded.settings, str(tmp_path / "star"), retries=network.retries())
    assert network.waits == []
