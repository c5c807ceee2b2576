"""The examples work: the notebook runs, the script ends as its comment says, the commands of the DAG exist."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import nbformat
import pytest
from support.checkout import ROOT
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.cli import cli
from sparkify_dwh.standin.postgres.server import stop_server

EXAMPLES = ROOT / "examples"
NOTEBOOK = EXAMPLES / "what_people_listen_to.ipynb"


def cells() -> list[Any]:
    return list(nbformat.read(NOTEBOOK, as_version=4).cells)


def test_the_notebook_is_one_and_holds_no_output() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert [cell.id for cell in code if cell.outputs or cell.execution_count is not None] == []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory to work in, in which matplotlib opens no window; the stand-in that is made there is stopped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    yield tmp_path
    stop_server(tmp_path / "sparkify-demo")


def test_the_notebook_runs_from_the_first_cell_to_the_last(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its cells are plain Python, so they need no kernel."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells():
        if cell.cell_type == "code":
            exec(compile(cell.source, f"cell {cell.id}", "exec"), names)
    assert len(capsys.readouterr().out.split(" (paid): ")) > 1, "plays as objects"
    assert sum(plays for _level, plays in names["rows"]) == names["plays_per_day"].to_numpy().sum()
    assert names["hours"]["plays"].sum() == names["plays_per_day"].to_numpy().sum()
    assert [axes.get_title() for axes in names["figure"].axes] == ["Plays per day", "Plays by hour of day"]
    names["plt"].close("all")


class Night:
    """``nightly.sh``, run as cron runs it."""

    def __init__(self, directory: Path, configuration: Path) -> None:
        self.directory = directory
        self._environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "SPARKIFY_DWH_CONFIG": str(configuration),
            "REST_SECONDS": "0",
            "TRIES": "2",
            "ALERT": "cat > alert.txt",
        }

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [EXAMPLES / "nightly.sh"],
            cwd=self.directory,
            env=self._environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def alert(self) -> str:
        return (self.directory / "alert.txt").read_text()


@pytest.fixture
def night(tmp_path: Path, configuration: Path) -> Night:
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    return Night(tmp_path, configuration)


def hours_ago(hours: float) -> int:
    """A time as the app logs it."""
    return int((time.time() - hours * 3600) * 1000)


def test_a_night_loads_checks_and_reports(night: Night, sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(ts=hours_ago(27)), an_event(ts=hours_ago(35)))
    sparkify.songs("a.json", a_song())
    done = night.run()
    assert done.returncode == 0, done.stdout
    assert sparkify.one("SELECT count(*) FROM songplays") == 2
    (report,) = (night.directory / "reports").iterdir()
    assert "Setanta matins" in report.read_text()
    assert not (night.directory / "alert.txt").exists()


def test_a_night_alerts_when_the_producer_has_stopped(night: Night, sparkify: Sparkify) -> None:
    """The load succeeds, with nothing new."""
    sparkify.logs("a.json", an_event(ts=hours_ago(37)))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    done = night.run()
    assert done.returncode == 8
    assert night.alert.startswith("sparkify-dwh check --max-age 36h failed on ")
    assert re.search(
        r"37 h( \d+ min)? ago, and the limit is 36 h: `sparkify-dwh plan` shows whether new files", night.alert
    )
    assert night.run(MAX_AGE="2d").returncode == 0


def test_a_night_whose_load_fails_alerts_and_is_not_tried_again(night: Night, sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(ts="yesterday"))
    sparkify.songs("a.json", a_song())
    done = night.run()
    assert done.returncode == 7
    assert night.alert.startswith("sparkify-dwh load --wait 7200 failed on ")
    assert "a.json line 1, column ts" in night.alert
    assert done.stdout.count("Error: ") == 1
    assert not list((night.directory / "reports").iterdir())


def in_the_cloud(**cluster: str) -> dict[str, str]:
    """An environment that names a cluster, with all that a load needs."""
    places = {
        "LOG_DATA": "s3://sparkify/l/",
        "SONG_DATA": "s3://sparkify/s/",
        "LOG_JSONPATH": "s3://sparkify/p",
        "MANIFESTS": "s3://sparkify/m/",
    }
    role = {"SPARKIFY_DWH_IAM_ROLE_ARN": "arn:aws:iam::123456789012:role/sparkify"}
    return (
        {f"SPARKIFY_DWH_CLUSTER_{key}": value for key, value in cluster.items()}
        | {f"SPARKIFY_DWH_S3_{key}": value for key, value in places.items()}
        | role
    )


def test_a_night_without_a_connection_is_tried_again(night: Night) -> None:
    done = night.run(
        **in_the_cloud(HOST="127.0.0.1", DB_PORT="1", DB_NAME="dev", DB_USER="me", DB_PASSWORD="hush-hush")
    )
    assert done.returncode == 4
    assert done.stdout.count("Connection refused") == 2
    assert "exit code 4" in night.alert
    assert "hush" not in done.stdout + done.stderr + night.alert


def test_a_night_in_which_aws_cannot_be_reached_is_tried_again(
    night: Night, s3_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = "sparkify.123456789012.us-west-2.redshift-serverless.amazonaws.com"
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    unreachable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    done = night.run(**in_the_cloud(HOST=host, DB_NAME="dev", IAM="true"), **(aws | unreachable))
    assert done.returncode == 10
    assert done.stdout.count("AWS cannot be reached") == 2
    assert "exit code 10" in night.alert


def commands_of_the_dag() -> list[str]:
    """The bash_command of every operator, with Jinja's expressions replaced by a day."""
    tree = ast.parse((EXAMPLES / "airflow_dag.py").read_text())
    keywords = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "bash_command"]
    return [re.sub(r"{{.*?}}", "2018-11-15", ast.literal_eval(keyword.value)) for keyword in keywords]


@pytest.mark.parametrize("line", commands_of_the_dag())
def test_the_commands_of_the_dag_are_there_with_their_options(line: str) -> None:
    program, name, *arguments = shlex.split(line)
    assert program == "sparkify-dwh"
    cli.commands[name].make_context(name, arguments, parent=click.Context(cli))


def test_the_check_of_the_dag_is_one_of_freshness_too() -> None:
    assert "sparkify-dwh check --max-age 36h" in commands_of_the_dag()


def test_the_dag_works_in_the_order_of_its_docstring() -> None:
    assert [line.split()[1] for line in commands_of_the_dag()] == ["doctor", "load", "check", "report", "export"]
