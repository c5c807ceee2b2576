"""``sparkify-dwh physical``: its output, JSON and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from support.cli import Captured, Run
from support.warehouse import Sparkify


@pytest.fixture
def changed(sparkify: Sparkify) -> Iterator[None]:
    """The users are distributed evenly, unlike in their model."""
    for style in ("EVEN", "ALL"):
        with sparkify.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE users ALTER DISTSTYLE {style}"))
        if style == "EVEN":
            yield


def test_a_warehouse_as_designed_is_shown_with_its_plans(configuration: Path, run: Run, capsys: Captured) -> None:
    assert run("--config", configuration, "physical", "--explain") == 0
    printed = capsys.readouterr().out
    assert "KEY(start_time)" in printed
    assert "No differences from the design." in printed
    assert "note: The plans of this warehouse name no compute nodes" in printed
    assert "-- top-users (query)" in printed
    assert "Seq Scan on songplays" in printed


def test_a_changed_key_is_in_the_json_and_the_exit_code_is_8(
    configuration: Path, changed: None, run: Run, capsys: Captured
) -> None:
    assert run("--config", configuration, "physical", "--json") == 8
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert set(report) == {"tables", "findings", "notes"}
    (users,) = (table for table in report["tables"] if table["name"] == "users")
    assert (users["designed"], users["found"], users["rows"]) == ("ALL", "EVEN", None)
    (finding,) = report["findings"]
    assert (finding["about"], finding["differs"]) == ("users", True)
    assert "The tables differ from the models in 1 place: users." in printed.err


def test_a_warehouse_of_another_revision_is_not_compared(
    configuration: Path, sparkify: Sparkify, run: Run, capsys: Captured
) -> None:
    newest = sparkify.one("SELECT version_num FROM alembic_version")
    try:
        revise(sparkify, "0001")
        assert run("--config", configuration, "physical") == 5
    finally:
        revise(sparkify, newest)
    assert "Run: sparkify-dwh upgrade" in capsys.readouterr().err


def revise(sparkify: Sparkify, revision: str) -> None:
    with sparkify.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
