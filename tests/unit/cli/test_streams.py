"""The command line with a closed output, without UTF-8, and with a refusal of the warehouse."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from support.cli import Captured, Run
from support.records import a_song, an_event
from support.warehouse import Sparkify


@pytest.fixture
def played(sparkify: Sparkify) -> Sparkify:
    """One play of a song with a name that is not ASCII."""
    sparkify.logs("a.json", an_event(song="Ночной"))
    sparkify.songs("a.json", a_song())
    return sparkify


def test_a_load_succeeds_with_a_closed_output(
    played: Sparkify, configuration: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """The stream is None in Python."""
    monkeypatch.setattr(sys, "stdout", None)
    assert run("--quiet", "--config", configuration, "load") == 0
    assert capsys.readouterr().err == ""
    assert played.one("SELECT count(*) FROM songplays") == 1


def test_characters_that_the_output_cannot_encode_are_escaped(
    played: Sparkify, configuration: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    played.load()
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert run("--config", configuration, "query", "top-songs") == 0
    assert rb"\u041d\u043e\u0447\u043d\u043e\u0439" in written.getvalue()


def test_an_error_of_the_warehouse_is_shown_in_its_words(
    played: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    with played.engine.begin() as connection:
        connection.execute(text("ALTER TABLE artists RENAME TO performers"))
    try:
        assert run("--config", configuration, "check") == 1
    finally:
        with played.engine.begin() as connection:
            connection.execute(text("ALTER TABLE performers RENAME TO artists"))
    assert capsys.readouterr().err.splitlines()[-1] == (
        'Error: The warehouse refused a query: relation "artists" does not exist. `sparkify-dwh doctor` checks the tables '
        "and this user's rights."
    )
