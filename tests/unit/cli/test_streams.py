"""The command line where its output is closed, or no UTF-8, and where the warehouse refuses."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from support.cli import run
from support.records import a_song, an_event
from support.warehouse import Sparkify


@pytest.fixture
def played(sparkify: Sparkify) -> Sparkify:
    """One play of a song with a name that ASCII does not have."""
    sparkify.logs("a.json", an_event(song="Ночной"))
    sparkify.songs("a.json", a_song())
    return sparkify


def test_with_its_output_closed_a_load_is_done_all_the_same(
    played: Sparkify, configuration: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python has no stream then."""
    monkeypatch.setattr(sys, "stdout", None)
    assert run(monkeypatch, "--quiet", "--config", configuration, "load") == 0
    assert capsys.readouterr().err == ""
    assert played.one("SELECT count(*) FROM songplays") == 1


def test_an_output_that_has_not_the_letters_gets_their_numbers(
    played: Sparkify, configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played.load()
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert run(monkeypatch, "--config", configuration, "query", "top-songs") == 0
    assert rb"\u041d\u043e\u0447\u043d\u043e\u0439" in written.getvalue()


def test_what_the_warehouse_refuses_is_told_in_its_words(
    played: Sparkify, configuration: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with played.engine.begin() as connection:
        connection.execute(text("ALTER TABLE artists RENAME TO performers"))
    try:
        assert run(monkeypatch, "--config", configuration, "check") == 1
    finally:
        with played.engine.begin() as connection:
            connection.execute(text("ALTER TABLE performers RENAME TO artists"))
    assert capsys.readouterr().err.splitlines()[-1] == (
        'Error: The warehouse refused: relation "artists" does not exist. `sparkify-dwh doctor` looks at its tables, and at '
        "what this user may do."
    )
