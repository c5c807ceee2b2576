"""The command line: results on standard output, everything else on standard error, and exit codes."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import Captured, Run
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh import __version__
from sparkify_dwh.migrate import newest_revision
from sparkify_dwh.sparkify import SPARKIFY


def test_load_prints_its_report(delivered: Sparkify, configuration: Path, run: Run, capsys: Captured) -> None:
    assert run("--config", configuration, "load") == 0
    output = capsys.readouterr()
    assert "songplays                  1 inserted" in output.out
    assert "copy staging_events\n" in output.err


def test_load_prints_only_json_on_request(delivered: Sparkify, configuration: Path, run: Run, capsys: Captured) -> None:
    assert run("--config", configuration, "load", "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["star"]["songplays"] == {"inserted": 1, "updated": 0, "conflicting": 0}
    assert output.err == ""


def test_a_quiet_load_prints_its_report_and_no_progress(
    delivered: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    assert run("-q", "--config", configuration, "load") == 0
    output = capsys.readouterr()
    assert "songplays                  1 inserted" in output.out
    assert output.err == ""


def test_every_check_of_a_load_has_its_state(
    sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    sparkify.logs("a.json", an_event(length=-1.0))
    sparkify.songs("a.json", a_song())
    assert run("--config", configuration, "load", "--json") == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {check["name"] for check in checks if check["state"] == "warning"} == {"plays have a positive length"}


def test_a_failed_load_is_one_sentence_and_exit_code_7(
    sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    sparkify.logs("a.json", "not json")
    sparkify.songs("a.json", a_song())
    assert run("--config", configuration, "load") == 7
    errors = capsys.readouterr().err
    assert "log_data/a.json line 1" in errors
    assert "Traceback" not in errors


def test_no_configuration_is_exit_code_3(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("load") == 3
    assert "sparkify-dwh demo" in capsys.readouterr().err


def test_an_unreachable_cluster_is_exit_code_4(run: Run, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "dwh.cfg"
    path.write_text("[CLUSTER]\nHOST=127.0.0.1\nDB_NAME=dev\nDB_USER=me\nDB_PASSWORD=hush-hush\nDB_PORT=1\n")
    assert run("--config", path, "upgrade") == 4
    errors = capsys.readouterr().err
    assert "127.0.0.1:1/dev could not be connected to: Connection refused" in errors
    assert "hush" not in errors


def test_a_warehouse_that_was_not_migrated_is_exit_code_5(run: Run, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "dwh.cfg").write_text("[CLUSTER]\nHOST=standin\n[S3]\nLOG_DATA=l/\nLOG_JSONPATH=j\nSONG_DATA=s/\n")
    assert run("--config", tmp_path / "dwh.cfg", "load") == 5
    assert "Run: sparkify-dwh upgrade" in capsys.readouterr().err


def test_reset_asks_first(configuration: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run("--config", configuration, "reset") == 1
    output = r"Drop all tables of .* \[y/N\]: \nError: Cancelled: nothing was dropped\.\n"
    assert re.fullmatch(output, capsys.readouterr().err)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run("--config", configuration, "reset") == 2
    assert "]: \nError: No input: nothing was dropped. Use --yes to skip the question.\n" in capsys.readouterr().err


def test_reset_empties_the_warehouse(delivered: Sparkify, configuration: Path, run: Run, capsys: Captured) -> None:
    delivered.load()
    assert run("--config", configuration, "reset", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"revision": newest_revision(SPARKIFY)}
    assert delivered.one("SELECT count(*) FROM songplays") == 0


def test_schema_describes_tables_and_columns(run: Run, capsys: Captured) -> None:
    assert run("schema", "--json") == 0
    songplays = json.loads(capsys.readouterr().out)["songplays"]
    assert songplays["distkey"] == "start_time"
    assert songplays["columns"][1] == {
        "name": "start_time",
        "type": "TIMESTAMP WITHOUT TIME ZONE",
        "null": False,
        "encoding": "raw",
        "comment": "UTC, with milliseconds",
        "allowed_values": None,
    }
    assert songplays["about"].startswith(
        "One row per song that was started (NextSong event).\n\nA play matches a song "
    )
    assert "\n  " not in songplays["about"]


def test_schema_shows_the_allowed_values_of_the_configuration(configuration: Path, run: Run, capsys: Captured) -> None:
    assert run("--config", configuration, "schema", "users") == 0
    assert "gender must be F or M, or NULL.\nlevel must be free or paid, or NULL.\n" in capsys.readouterr().out
    with configuration.open("a") as file:
        file.write("[ALLOWED_VALUES]\nusers.level=free, paid, premium\n")
    assert run("--config", configuration, "schema", "users") == 0
    assert "level must be free, paid or premium, or NULL." in capsys.readouterr().out
    with configuration.open("a") as file:
        file.write("songplay.level=free\n")
    assert run("--config", configuration, "schema", "users") == 0
    shown = capsys.readouterr()
    assert "level must be free or paid, or NULL." in shown.out
    assert shown.err.startswith("Checks and values are shown as declared, without the configuration: ")
    assert "did you mean 'songplays.level'?" in shown.err


def test_schema_explains_a_table_in_plain_text(run: Run, capsys: Captured) -> None:
    for table in SPARKIFY.all_tables:
        assert run("schema", table) == 0
        assert "`" not in capsys.readouterr().out


@pytest.mark.parametrize("table", [model.__tablename__ for model in (*SPARKIFY.star, *SPARKIFY.staging)])
def test_sql_prints_what_fills_a_table(sparkify: Sparkify, table: str, run: Run, capsys: Captured) -> None:
    """The printed statements run unchanged."""
    assert run("sql", table) == 0
    statements = capsys.readouterr().out.split(";\n")
    with sparkify.engine.connect() as connection:
        for statement in filter(str.strip, statements):
            if not statement.lstrip().startswith("COPY"):
                connection.exec_driver_sql(statement)


def test_an_unknown_table_is_exit_code_2(run: Run, capsys: Captured) -> None:
    assert run("sql", "albums") == 2
    assert "no table 'albums'" in capsys.readouterr().err


def test_upgrade_as_json_has_the_revision_before(configuration: Path, run: Run, capsys: Captured) -> None:
    assert run("--config", configuration, "upgrade", "--json") == 0
    newest = newest_revision(SPARKIFY)
    assert json.loads((output := capsys.readouterr()).out) == {"revision": newest, "revision_before": newest}
    assert output.err == ""


def test_a_revision_that_cannot_be_read_is_reported_in_the_servers_words(
    sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    def rename(before: str, after: str) -> None:
        with sparkify.engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE alembic_version RENAME COLUMN {before} TO {after}")

    rename("version_num", "number")
    try:
        assert run("--config", configuration, "history") == 5
    finally:
        rename("number", "version_num")
    errors = capsys.readouterr().err
    assert "cannot be read from alembic_version: column alembic_version.version_num does not exist" in errors
    assert "SELECT" not in errors


def test_simulate_reports_what_it_wrote(tmp_path: Path, run: Run, capsys: Captured) -> None:
    assert run("simulate", tmp_path / "new", "--songs", 5, "--events", 50, "--days", 2, "--json") == 0
    assert json.loads(capsys.readouterr().out)["events"] == 50


def test_simulate_counts_one_as_one(tmp_path: Path, run: Run, capsys: Captured) -> None:
    one_of_each = ["--songs", 1, "--events", 1, "--users", 1, "--days", 1]
    assert run("simulate", tmp_path / "new", *one_of_each) == 0
    output = capsys.readouterr().out
    assert output.startswith("1 event of 1 user in 1 file under ")
    assert "\n1 song in 1 file under " in output


def test_demo_shows_what_people_listened_to(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("demo", "--songs", 20, "--events", 300) == 0
    shown = capsys.readouterr().out
    assert "Most played songs" in shown
    assert shown.endswith("\nNext:  sparkify-dwh --config .standin/dwh.cfg query plays-per-day\n")
    (tmp_path / "dwh.cfg").write_text("[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR=.standin\n")
    assert run("demo", "--songs", 20, "--events", 300) == 0
    again = capsys.readouterr().out
    assert "nothing new in" in again
    assert again.endswith("\nNext:  sparkify-dwh query plays-per-day\n")


def test_demo_keeps_files_that_it_did_not_write(tmp_path: Path, run: Run) -> None:
    kept = tmp_path / "data" / "log_data" / "mine.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    run("demo", "--directory", tmp_path, "--songs", 20, "--events", 300)
    assert kept.read_text() == "{}"


def test_the_version_is_printed() -> None:
    program = [sys.executable, "-m", "sparkify_dwh", "--version"]
    assert __version__ in subprocess.run(program, capture_output=True, text=True, check=True).stdout
