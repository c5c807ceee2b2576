"""Signals at every stage of commands: an exit code for each, nothing half done, and nothing left running.

What happens between exec and the program's first line, and after its last, is Python's: a signal kills it there.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine
from support.records import a_song, an_event
from support.signalled import Commands, Moment, run_from_exec
from support.warehouse import Sparkify, a_standin

from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.standin.postgres.server import embedded_server, stop_server

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
CODES = {INT: 130, TERM: 143, HUP: 129}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with Commands(tmp_path_factory.mktemp("commands")) as commands:
        yield commands


@pytest.fixture
def manifests(configuration: Path) -> Path:
    """The folder of manifests, which the configuration names."""
    folder = configuration.parent / "manifests"
    with configuration.open("a") as file:
        file.write(f"MANIFESTS={folder.as_uri()}/\n")
    return folder


@pytest.fixture
def delivered(sparkify: Sparkify) -> Sparkify:
    sparkify.logs("a.json", *(an_event(itemInSession=item) for item in range(20)))
    sparkify.songs("a.json", a_song())
    return sparkify


def require_unlocked(sparkify: Sparkify) -> None:
    """No session has the lock of loads, which a transaction that was not rolled back would have."""
    with sparkify.engine.connect() as connection:
        connection.exec_driver_sql("SET statement_timeout TO 10000")
        connection.execute(LockTable(LoadLock.table()))
        connection.rollback()
        connection.exec_driver_sql("RESET statement_timeout")
        connection.commit()


@pytest.fixture
def group(engine: Engine) -> Iterator[None]:
    """A group that exists for one test."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE GROUP interrupted")
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP GROUP interrupted")


LOAD: list[Moment] = [
    ("statement", "LOCK TABLE", TERM),
    ("statement", "COPY staging_events", HUP),
    ("answer", "COPY staging_songs", INT),
    ("collected", "DELETE FROM staging_events", TERM),
    ("statement", "INSERT INTO load_files", HUP),
]


@pytest.mark.parametrize("moment", LOAD, ids=lambda moment: f"{moment[0]} {moment[1]}")
def test_a_load_ends_by_the_first_signal_whatever_follows(
    delivered: Sparkify, configuration: Path, manifests: Path, commands: Commands, moment: Moment
) -> None:
    """The second one comes while the load is recorded as failed, the third while the program exits."""
    moments = [moment, ("statement", "INSERT INTO loads", INT), ("exit", "", TERM)]
    ended = commands.run("--config", configuration, "load", moments=moments)
    ended.require(CODES[moment[2]], *moments)
    assert delivered.one("SELECT count(*) FROM artists") == 0
    ((outcome, report),) = delivered.rows("SELECT outcome, report FROM loads")
    assert outcome == "failed"
    assert "The load was interrupted and rolled back." in report
    assert list(manifests.glob("*")) == []
    require_unlocked(delivered)


COMMANDS = [
    ("plan", ("statement", "FROM load_files", INT)),
    ("check", ("statement", "FROM songplays", TERM)),
    ("query plays-per-day", ("answer", "FROM songplays", HUP)),
    ("history", ("statement", "FROM loads", INT)),
    ("upgrade", ("statement", "LOCK TABLE", TERM)),
    ("reset --yes", ("answer", "DROP TABLE", HUP)),
    ("grant analyst --to GROUP interrupted", ("answer", "GRANT", INT)),
    ("export {star}", ("answer", "UNLOAD", TERM)),
    ("restore {exported}", ("answer", "LOCK TABLE", HUP)),
]


@pytest.mark.parametrize(("command", "moment"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_ends_by_the_first_signal_whatever_follows(
    loaded: Sparkify,
    group: None,
    configuration: Path,
    commands: Commands,
    command: str,
    moment: Moment,
    tmp_path: Path,
) -> None:
    before = loaded.star()
    folders = {"star": tmp_path / "star", "exported": tmp_path / "star"}
    if "{exported}" in command:
        commands.run("--config", configuration, "export", folders["star"], moments=[]).require(0)
    arguments = command.format(**folders).split()
    moments = [moment, ("exit", "", INT)]
    commands.run("--config", configuration, *arguments, moments=moments).require(CODES[moment[2]], *moments)
    assert loaded.star() == before
    assert not (tmp_path / "star" / "export.json").exists() or "{exported}" in command
    require_unlocked(loaded)


def test_a_signal_while_a_finished_command_exits_does_not_take_its_output(
    loaded: Sparkify, configuration: Path, commands: Commands
) -> None:
    ended = commands.run("--config", configuration, "schema", moments=[("exit", "", TERM), ("exit", "", INT)])
    ended.require(143)
    assert "songplays" in ended.output
    assert ended.output.endswith("Error: Terminated.\n")


IMPORTS: list[Moment] = [
    ("import", "sparkify_dwh.cli ", INT),
    ("import", "click ", HUP),
    ("import", "sqlalchemy ", TERM),
]


@pytest.mark.parametrize("moment", IMPORTS, ids=lambda moment: moment[1].strip())
def test_a_signal_during_the_imports_ends_the_program(tmp_path: Path, moment: Moment) -> None:
    ended = run_from_exec(tmp_path, "-m", "sparkify_dwh", "sql", "songplays", moments=[moment])
    ended.require(CODES[moment[2]], moment)
    assert ended.output.count("Error: ") == 1


def test_the_installed_command_handles_signals_before_it_imports_the_command_line(tmp_path: Path) -> None:
    moment: Moment = ("import", "sparkify_dwh.cli ", TERM)
    code = (
        "from importlib.metadata import entry_points as found; found(group='console_scripts')['sparkify-dwh'].load()()"
    )
    run_from_exec(tmp_path, "-c", code, moments=[moment]).require(143, moment)


def test_signals_that_are_ignored_stay_ignored(tmp_path: Path) -> None:
    """As nohup has it for SIGHUP, and shells without job control for SIGINT in their background jobs."""
    moments: list[Moment] = [("import", "sparkify_dwh.cli ", HUP), ("import", "click ", INT)]
    ended = run_from_exec(tmp_path, "-m", "sparkify_dwh", "--version", moments=moments, before="trap '' HUP INT")
    ended.require(0, *moments)


def test_a_load_from_python_leaves_signals_to_its_caller(delivered: Sparkify) -> None:
    def handlers() -> list[object]:
        return [signal.getsignal(number) for number in CODES]

    before, during = handlers(), list[object]()
    delivered.load(on_step=lambda _step: during.append(handlers()))
    assert during
    assert all(found == before for found in during)


def processes_of(directory: Path) -> list[psutil.Process]:
    """The programs of PostgreSQL that run in a directory or are called with it."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if (
            any(str(directory) in word for word in process.info["cmdline"] or ())
            and "-c" not in process.info["cmdline"]
        ):
            found.append(process)
    return found


SERVER: list[list[Moment]] = [
    [("program", " start", INT), ("exit", "", TERM)],
    [("program", " stop", TERM)],
]


def test_a_server_that_is_being_started_or_stopped_is_stopped(commands: Commands, tmp_path: Path) -> None:
    with a_standin() as settings:
        directory = settings.standin_directory
        assert directory is not None
        embedded_server(directory)
        stop_server(directory)
        configuration = tmp_path / "dwh.cfg"
        configuration.write_text(f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={directory}\n")
        for moments in SERVER:
            ended = commands.run("--config", configuration, "history", moments=moments)
            ended.require(CODES[moments[0][2]], *moments)
            assert processes_of(directory) == []
