"""The README says what is so: its commands exist and do what it says, its Python runs, its output is ours."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import click
import pytest
from support.checkout import ROOT
from support.cli import Run
from support.inputs import inputs_under
from support.listening import a_play, add_plays
from support.records import a_song, an_event
from support.warehouse import Sparkify, a_standin

from sparkify_dwh import Settings, migrate
from sparkify_dwh.cli import cli
from sparkify_dwh.database import warehouse
from sparkify_dwh.export import export
from sparkify_dwh.standin.postgres.server import stop_server

README = (ROOT / "README.md").read_text()
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/REDSHIFT.md")


def section(title: str) -> str:
    """A section's text, from its heading to the next."""
    text = README.split(f"\n## {title}\n", 1)[1]
    return re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]


def commands(text: str) -> list[str]:
    """The lines of code that are commands, without what a prompt or a comment adds."""
    lines = [line.strip().removeprefix("$ ") for line in text.splitlines() if line.startswith("    ")]
    return [re.sub(r"\s+# .*", "", line) for line in lines if line.startswith(("sparkify-dwh ", "cp ", "echo ", "rm "))]


def python(title: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", section(title), re.DOTALL)


def test_every_command_that_is_named_can_be_called_so() -> None:
    """In code blocks and in the text; what is a placeholder there is one here."""
    named = [*commands(README), *re.findall(r"`(sparkify-dwh [^`]*[a-z][^`]*)`", README)]
    assert len(named) > 60
    for line in named:
        if line.startswith("sparkify-dwh") and " ..." not in line and "$(" not in line:
            require_parsed(cli, shlex.split(line.split(" > ")[0])[1:])


def require_parsed(command: click.Command, arguments: list[str], parent: click.Context | None = None) -> None:
    """Raises what click raises for a command or an option that there is not. (TABLE and SHELL stand for names.)"""
    arguments = [{"SHELL": "bash"}.get(argument, argument) for argument in arguments]
    if not isinstance(command, click.Group):
        command.make_context(command.name, arguments, parent=parent, resilient_parsing=False)
        return
    context = command.make_context(command.name, arguments, parent=parent, resilient_parsing=True)
    options = [argument for argument in arguments if argument in {"-q", "-v", "--debug"}]
    if arguments:
        name, *rest = arguments[len(options) :]
        require_parsed(command.commands[name], rest, context)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-") for line in text.splitlines()}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif "://" not in link:
            assert ((ROOT / document).parent / link).exists(), link


def test_contributing_draws_the_layers_of_the_contract() -> None:
    picture = (ROOT / "CONTRIBUTING.md").read_text().split("## The layers", 1)[1].split("## How to", 1)[0]
    drawn = {name for line in picture.splitlines() if line.startswith("    ") for name in line[:58].split()}
    configuration = ConfigParser()
    configuration.read(ROOT / "setup.cfg")
    layers = set(re.findall(r"\w+", configuration["importlinter:contract:layers"]["layers"]))
    assert drawn == layers - {"__main__", "migrations"}


def test_make_knows_its_targets() -> None:
    named = section("Try it") + (ROOT / "CONTRIBUTING.md").read_text()
    for target in re.findall(r"^    make (\w+)", named, re.MULTILINE):
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def checkout(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with the dwh.cfg of the repository in it, after the demo."""
    shutil.copy(ROOT / "dwh.cfg", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run("demo", "--songs", "50", "--events", "2000") == 0
    yield tmp_path
    stop_server(tmp_path / ".standin")


def test_the_first_hour_goes_as_it_says(checkout: Path, run: Run) -> None:
    lines = [line for line in section("A first hour").splitlines() if line.startswith("    ")]
    assert len(lines) > 12
    for line in lines:
        expected = 7 if "(exit code 7)" in line else 0
        (command,) = commands(line)
        if command.startswith("sparkify-dwh"):
            assert run(*shlex.split(command)[1:]) == expected, command
        else:
            subprocess.run(command, shell=True, check=True)
    assert (checkout / "report.html").stat().st_size > 100_000
    assert (checkout / ".standin" / "export" / "export.json").exists()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Sparkify]:
    """A company of its own, for a restore makes tables anew."""
    with a_standin() as settings, warehouse(settings) as engine:
        migrate.upgrade(settings)
        yield Sparkify(settings, engine, tmp_path)


@pytest.fixture
def at_work(sparkify: Sparkify, configuration: Path, monkeypatch: pytest.MonkeyPatch) -> Sparkify:
    """A company with a play, in whose directory the README is followed."""
    monkeypatch.chdir(sparkify.directory)
    monkeypatch.setenv("SPARKIFY_DWH_CONFIG", str(configuration))
    sparkify.logs("2018-11-15-events.json", an_event(song="You're The One"))
    sparkify.songs("a.json", a_song())
    return sparkify


@pytest.mark.parametrize("title", ["Load", "Ask", "Report"])
def test_what_a_section_shows_works(at_work: Sparkify, run: Run, title: str) -> None:
    if title != "Load":
        at_work.load()
    for command in commands(section(title)):
        assert run(*shlex.split(command)[1:]) == 0, command
    with at_work.engine.begin() as connection:
        add_plays(connection, a_play(user_id=16, session_id=2, gender="M", first_name="Tom"))
    for block in python(title):
        exec(compile(block, "README.md", "exec"), {})


def test_the_checks_are_configured_as_it_says(
    at_work: Sparkify, configuration: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    at_work.logs("b.json", an_event(itemInSession=6, level="premium"))
    (block,) = python("Checks")
    exec(block, {})
    assert "songplays                  2 inserted" in capsys.readouterr().out
    example = re.search(r"^    \[CHECKS\]\n.*?(?=\n- )", section("Checks"), re.DOTALL | re.MULTILINE)
    assert example
    with configuration.open("a") as file:
        file.write(example[0])
    assert len(Settings.read(configuration, {}).checks.severities) == 4
    assert run("check") == 0


def test_the_star_is_read_back_as_it_says(
    elsewhere: Sparkify, s3_environment: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with elsewhere.engine.begin() as connection:
        add_plays(connection, a_play())
    before = elsewhere.star()
    monkeypatch.chdir(elsewhere.directory)
    monkeypatch.setenv("SPARKIFY_DWH_CLUSTER_HOST", "standin")
    monkeypatch.setenv("SPARKIFY_DWH_STANDIN_DIR", str(elsewhere.settings.standin_directory))
    client = boto3.session.Session().client("s3")
    client.create_bucket(Bucket="sparkify", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client.close()
    reading, restoring = python("Export, and the way back")
    export(elsewhere.settings, target=(elsewhere.directory / "star").as_uri())
    for statement in ast.parse(reading).body:
        library = re.split(r"\W", line := ast.unparse(statement), maxsplit=1)[0]
        if library != "pandas" or find_spec("pandas"):
            exec(f"import {library}\n{line}".replace("import pyarrow", "import pyarrow.dataset"), {})
    (command,) = (line for line in commands(section("Export, and the way back")) if "export" in line)
    assert run(*shlex.split(command)[1:]) == 0
    with elsewhere.engine.begin() as connection:
        for table in ("songplays", "time", "songs", "artists", "users"):
            connection.exec_driver_sql(f'DELETE FROM "{table}"')
    exec(restoring, {})
    assert elsewhere.star() == before


def test_names_in_the_script_of_a_clusters_day_exist() -> None:
    """Run with AWS it would cost money; tests/unit/cluster/test_removal.py runs such a script against a fake."""
    (block,) = python("A day with a cluster")
    compile(block, "README.md", "exec")
    modules = {name: import_module(f"sparkify_dwh.{name}") for name in ("cluster", "migrate")}
    modules["sparkify_dwh"] = import_module("sparkify_dwh")
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            assert hasattr(modules[node.value.id], node.attr), ast.unparse(node)


def test_the_load_of_the_real_month_prints_what_the_day_shows(
    sparkify: Sparkify, real_data: Path, configuration: Path, run: Run, capsys: Any
) -> None:
    real = replace(
        sparkify.settings,
        inputs=inputs_under(real_data.as_uri()),
    )
    sparkify.settings = real
    printed = str(sparkify.load())
    shown = section("A day with a cluster").split("$ sparkify-dwh load\n", 1)[1].split("\n\n", 1)[0]
    assert without_what_varies(shown) == without_what_varies(printed)
    assert run("--config", configuration, "upgrade") == 0
    assert capsys.readouterr().out.strip() in section("A day with a cluster")


def without_what_varies(report: str) -> list[str]:
    """The lines of a load's report without its id, its seconds, and the files that no load takes."""
    lines = [re.sub(r"load \w+|\d+\.\d s|, \d+ hidden", "", line).strip() for line in report.splitlines()]
    return [line for line in lines if line]
