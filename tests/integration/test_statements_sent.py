"""What the driver is given to send, over a warehouse's whole life: every command, and every outcome of a load."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from redshift_connector import Cursor
from support.cli import run_command
from support.records import JSON_PATHS, a_logged_out_event, a_song, an_event, write_lines
from support.warehouse import a_standin

from sparkify_dwh import migrate
from sparkify_dwh.analytics import QUESTIONS
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY

ODD = "O'Brien's \"50%\" \\ :1 %s 日本"
OPTIONS = {"song-history": ["--song", ODD, "--artist", ODD], "artist-history": ["--artist", ODD]}


@dataclass
class Life:
    """The statements that the cursor was given, by what was being done, with the number of their parameters."""

    directory: Path
    settings: Settings
    sent: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    def texts(self, *steps: str) -> list[str]:
        return [statement for step in steps or self.sent for statement, _ in self.sent[step]]


@contextmanager
def recording(life: Life, step: str) -> Iterator[None]:
    """Note what the driver's cursors are given, and pass it on."""
    noted = life.sent.setdefault(step, [])
    execute, executemany = Cursor.execute, Cursor.executemany

    def noting(cursor: Cursor, operation: str, args: Any = None, *rest: Any, **options: Any) -> Cursor:
        noted.append((operation, len(args or ())))
        return execute(cursor, operation, args, *rest, **options)

    def noting_many(cursor: Cursor, operation: str, sets: Any) -> Cursor:
        noted.append((operation, len(sets)))
        return executemany(cursor, operation, sets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cursor, "execute", noting)
        patch.setattr(Cursor, "executemany", noting_many)
        yield


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with a_standin() as standin:
        directory = tmp_path_factory.mktemp("life")
        configuration = write_configuration(directory, standin)
        life = Life(directory, Settings.read(configuration))
        live(life, configuration)
        yield life


def write_configuration(directory: Path, standin: Settings) -> Path:
    url = directory.as_uri()
    (directory / "paths.json").write_text(json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}))
    path = directory / "dwh.cfg"
    path.write_text(
        f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={standin.standin_directory}\n[S3]\nLOG_DATA={url}/log_data/\n"
        f"LOG_JSONPATH={url}/paths.json\nSONG_DATA={url}/song_data/\nMANIFESTS={url}/manifests/\n"
    )
    return path


def live(life: Life, configuration: Path) -> None:
    """Everything that a warehouse goes through, a step at a time."""

    def step(name: str, *arguments: object, code: int = 0) -> None:
        with recording(life, name), pytest.MonkeyPatch.context() as patch:
            assert run_command(patch, "--config", configuration, *arguments) == code

    def printing(name: str, *arguments: object) -> None:
        path = life.directory / f"{name}.txt"
        with pytest.MonkeyPatch.context() as patch, path.open("w") as file:
            patch.setattr("sys.stdout", file)
            assert run_command(patch, "--config", configuration, *arguments) == 0
        life.printed[name] = path.read_text()

    def deliver(name: str, *records: dict[str, Any]) -> None:
        write_lines(life.directory / name, records)

    step("upgrade", "upgrade")
    repeated = [an_event(itemInSession=7), an_event(itemInSession=7), an_event(itemInSession=7, location=ODD)]
    deliver(
        "log_data/b.json", an_event(), *repeated, an_event(itemInSession=6, song=ODD, artist=ODD), a_logged_out_event()
    )
    odd = a_song(song_id="SO2", title=ODD, artist_name=ODD, artist_latitude=None)
    deliver("song_data/a.json", a_song(), a_song(), odd, odd | {"year": 1999})
    printing("plan", "plan", "--sql")
    step("first load", "load")
    step("second load", "load")
    deliver("log_data/a.json", an_event(itemInSession=1, ts=1542284000796, level="free"))
    step("late load", "load")
    step("forced load", "load", "--force")
    deliver("log_data/c.json", an_event(itemInSession=9, level="gold"))
    step("failing load", "load", code=8)
    (life.directory / "log_data/c.json").unlink()
    step("check", "check")
    for name in QUESTIONS:
        printing(name, "query", name, *OPTIONS.get(name, ()), "--sql")
        step(name, "query", name, *OPTIONS.get(name, ()))
        if "first" in signature(QUESTIONS[name]).parameters:
            step(f"{name} of some days", "query", name, *OPTIONS.get(name, ()), "--from", "2018-11-01")
    step("report", "report", "-o", life.directory / "report.html")
    step("report with checks", "report", "-o", life.directory / "report.html", "--check", "--from", "2018-11-01")
    step("history", "history")
    step("physical", "physical")
    step("doctor", "doctor")
    with recording(life, "alembic check"):
        command.check(migrate.alembic_config(life.settings))
    step("export", "export", (life.directory / "export").as_uri())
    step("reset", "reset", "--yes")
    step("restore", "restore", (life.directory / "export").as_uri())
    with recording(life, "downgrade"):
        migrate.downgrade(life.settings)


def test_values_are_parameters_in_insert_values_alone(life: Life) -> None:
    """Redshift's server does not take them in sub-queries, as output columns or in GROUP BY.

    sqlalchemy-redshift issues 265 and 252, redshift_connector issue 59
    """
    with_parameters = {statement for sent in life.sent.values() for statement, count in sent if count}
    assert {re.match(r"INSERT INTO (\w+) \([^)]*\) VALUES \(", statement)[1] for statement in with_parameters} == {  # type: ignore[index]
        "load_lock",
        "loads",
        "load_files",
    }


def test_no_statement_reads_external_tables(life: Life) -> None:
    """Minutes with many of them, errors while Glue fails: https://github.com/PostHog/posthog/issues/44534"""
    assert [statement for statement in life.texts() if re.search("svv_external_|late_binding", statement)] == []


@pytest.mark.parametrize("step", ["upgrade", "doctor", "physical", "alembic check"])
def test_the_catalogue_is_read_in_a_handful_of_statements(life: Life, step: str) -> None:
    """However many tables there are: whether two exist, and what all have."""
    assert len([statement for statement in life.texts(step) if "pg_catalog.pg_class" in statement]) <= 5


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_printed_as_it_is_sent(life: Life, name: str) -> None:
    assert life.printed[name].removesuffix(";\n") in life.texts(name)


def test_the_statements_of_a_plan_are_printed_as_they_are_sent(life: Life) -> None:
    """Two values are not known before: the bounds of the batch."""
    sent = iter(life.texts("first load"))
    printed = life.printed["plan"].rstrip().removesuffix(";")
    script = re.sub(r"^-- .*\n", "", printed.partition("-- lock\n")[2], flags=re.MULTILINE)
    planned = re.split(r";\n+", script)
    assert {f"INSERT INTO {table}" for table in SPARKIFY.tables} <= {
        statement[: statement.index(" (")] for statement in planned if statement.startswith("INSERT")
    }
    for statement in planned:
        pattern = re.escape(statement).replace("LOAD_ID", r"[\w-]+")
        assert any(re.fullmatch(re.sub(r":(first|last)\b", "'[^']+'", pattern), other) for other in sent), statement
