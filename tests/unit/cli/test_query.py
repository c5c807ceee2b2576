"""sparkify-dwh query: questions by name, their options, and the formats of their answers."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.cli import Captured, Run, Terminal
from support.listening import SETANTA, a_play, add_plays
from support.warehouse import Sparkify

from sparkify_dwh.analytics import QUESTIONS

Asked = Callable[..., tuple[int, str, str]]


@pytest.fixture
def configuration(sparkify: Sparkify, configuration: Path) -> Path:
    """A dwh.cfg for the warehouse of the tests, which holds one play, on 2018-11-15."""
    with sparkify.engine.begin() as connection:
        add_plays(connection, a_play(user_id=1500))
    return configuration


@pytest.fixture
def asked(run: Run, capsys: Captured) -> Asked:
    """Run a command; return its exit code, and what it wrote to standard output and to standard error."""

    def ask(*arguments: object) -> tuple[int, str, str]:
        code = run(*arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return ask


def test_an_answer_is_a_table(configuration: Path, asked: Asked) -> None:
    """Below the question; ids are not formatted as amounts."""
    code, out, err = asked("--config", configuration, "query", "top-users", "--limit", "1")
    assert (code, err) == (0, "")
    assert out.startswith("Who listens most, and for how long?")
    assert "1500" in out
    assert "1,500" not in out


def test_every_question_can_be_asked(configuration: Path, asked: Asked) -> None:
    about = {"song-history": ["--song", "Undo"], "artist-history": ["--artist", "Björk"]}
    for name in QUESTIONS:
        question = ["query", name, *about.get(name, []), "--format", "json"]
        code, out, _ = asked("--config", configuration, *question)
        assert (code, len(json.loads(out)) > 0) == (0, name != "level-changes"), name


def test_json_is_short_for_format_json(configuration: Path, asked: Asked) -> None:
    command = ["--config", configuration, "query", "plays-per-day"]
    shorter = asked(*command, "--json")
    assert shorter == asked(*command, "--format", "json")
    assert json.loads(shorter[1])[0]["day"] == "2018-11-15"


def test_the_questions_are_listed(asked: Asked) -> None:
    code, out, _ = asked("query", "--list")
    assert code == 0
    assert [name for name in QUESTIONS if name not in out] == []
    assert "Which songs are played most?" in out


def test_the_questions_are_listed_for_programs_too(asked: Asked) -> None:
    every = json.loads(asked("query", "--list", "--json")[1])
    assert [each["name"] for each in every] == list(QUESTIONS)
    (one,) = json.loads(asked("query", "--list", "song-history", "--json")[1])
    assert one == next(each for each in every if each["name"] == "song-history")
    assert one["options"] == ["--song", "--from", "--to", "--artist"]


@pytest.mark.parametrize("option", ["--sql", "--format=csv", "--output=a.csv", "--from=2018-11-01", "--limit=all"])
def test_listing_the_questions_runs_none(option: str, asked: Asked) -> None:
    code, out, err = asked("query", "--list", "top-songs", option)
    assert (code, out) == (2, "")
    assert f"--list does not run a question: leave out {option.partition('=')[0]}." in err


def test_a_question_is_explained(asked: Asked) -> None:
    code, out, _ = asked("query", "--list", "song-history")
    assert code == 0
    assert out.startswith("How did a song do, day after day?\n\nOne row per day")
    assert "Options: --song --from --to --artist" in out
    assert "`" not in out


def test_a_statement_is_printed_with_its_values_and_without_a_warehouse(
    tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = asked("query", "top_songs", "--to", "2018-11-30", "--limit", "3", "--sql")
    assert code == 0
    assert "songplays.start_time < '2018-12-01 00:00:00'" in out
    assert out.endswith("LIMIT 3;\n")
    assert asked("query", "top-songs", "--sql", "-o", "top.sql")[:2] == (0, "")
    assert Path("top.sql").read_text().startswith("SELECT")


def test_a_printed_statement_runs_as_it_is(sparkify: Sparkify, configuration: Path, asked: Asked) -> None:
    for name in set(QUESTIONS) - {"song-history", "artist-history"}:
        _, statement, _ = asked("query", name, "--sql")
        with sparkify.engine.connect() as connection:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["top-sogns"], "There is no question 'top-sogns'. Did you mean top-songs"),
        (["zzz"], "There is no question 'zzz'. List them: sparkify-dwh query --list."),
        ([], "Name a question. List them: sparkify-dwh query --list."),
        (["top-songs", "--song", "Undo"], "top-songs has no option --song; its options: --from, --to, --limit."),
        (["days-of-data", "--to", "2018-11-01"], "days-of-data has no option --to; its options: none."),
        (["song-history"], "song-history needs --song: see sparkify-dwh query --list song-history."),
        (["top-songs", "--from", "2018-11-02", "--to", "2018-11-01"], "must not come after the last"),
        (["song-history", "--song", "\udcff"], "--song must be UTF-8 text, found '\\udcff'"),
        (["top-songs", "--limit", "0"], "Invalid number of rows '0': use a number from 1, or all."),
        (["top-songs", "--limit", "ten"], "Invalid number of rows 'ten': use a number from 1, or all."),
        (["top-songs", "-o", "nowhere/songs.csv"], "Cannot write nowhere/songs.csv: the directory"),
        (["top-songs", "--sql", "--format", "csv"], "leave out --format and --json"),
        (["top-songs", "--sql", "--json"], "leave out --format and --json"),
        (
            ["top-songs", "--json", "--format", "csv"],
            "--json means --format json, but --format is csv: leave out one of the two",
        ),
        (["top-songs", "-o", "songs.txt"], "The format of songs.txt must be csv, json or parquet"),
        (["top-songs", "-o", "songs.csv", "--format", "table"], "The format of songs.csv must be csv, json or parquet"),
    ],
)
def test_an_invalid_call_prints_one_sentence_and_exits_with_2(
    asked: Asked, arguments: list[str], sentence: str
) -> None:
    code, out, err = asked("query", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_default_limit_that_is_reached_is_pointed_out(sparkify: Sparkify, configuration: Path, asked: Asked) -> None:
    """On standard error, unless a limit was given."""
    with sparkify.engine.begin() as connection:
        plays = (a_play(item_in_session=item, song=f"Song {item}", user_id=1500) for item in range(20, 31))
        add_plays(connection, *plays, songs=[SETANTA | {"song_id": "SO2"}])
    ask = partial(asked, "--config", configuration, "query", "top-songs", "--format", "csv")
    _, out, err = ask()
    assert (len(out.splitlines()), err) == (11, "Only the first 10 rows are shown; --limit all shows all.\n")
    _, out, err = ask("--limit", "all")
    assert (len(out.splitlines()), err) == (13, "")
    assert ask("--limit", "10")[2] == ""


def test_the_description_of_a_question_has_its_default_limit(asked: Asked) -> None:
    description = asked("query", "--list", "top-songs")[1]
    assert description.endswith("Without --limit it shows 10 rows; --limit all shows all.\n")
    assert "Without --limit" not in asked("query", "--list", "levels")[1]


def test_limit_all_sends_no_limit(asked: Asked) -> None:
    assert "LIMIT" not in asked("query", "top-songs", "--limit", "all", "--sql")[1]


def test_an_answer_without_rows_prints_a_sentence(configuration: Path, asked: Asked) -> None:
    """A program that reads the rows still finds their headings."""
    question = ["--config", configuration, "query", "plays-per-week", "--from", "2019-01-01"]
    sentence = "plays-per-week has no rows; the warehouse has plays from 2018-11-15 to 2018-11-15.\n"
    assert asked(*question) == (0, "", sentence)
    headings = "week,plays,listeners,sessions,listening_seconds\n"
    assert asked(*question, "--format", "csv", "-o", "-") == (0, headings, sentence)


def test_a_song_without_plays_prints_a_sentence(configuration: Path, asked: Asked) -> None:
    question = ["--config", configuration, "query", "song-history", "--song", "undo"]
    code, _, err = asked(*question)
    assert (code, err.endswith("to 2018-11-15, and names must match exactly.\n")) == (0, True)


def test_an_empty_warehouse_says_so(sparkify: Sparkify, configuration: Path, asked: Asked) -> None:
    with sparkify.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM songplays")
    _, _, err = asked("--config", configuration, "query", "top-songs")
    assert "has no plays. Run: sparkify-dwh load" in err


def test_the_format_follows_from_the_ending_of_the_file(configuration: Path, tmp_path: Path, asked: Asked) -> None:
    for ending in ("csv", "JSON", "parquet"):
        written = tmp_path / f"days.{ending}"
        command = ["--config", configuration, "query", "plays-per-day", "-o", written]
        assert asked(*command) == (0, "", "")
    assert (tmp_path / "days.csv").read_bytes().endswith(b"\n2018-11-15,1,1,1,200\n")
    assert json.loads((tmp_path / "days.JSON").read_text())[0]["day"] == "2018-11-15"
    assert pq.read_table(tmp_path / "days.parquet").num_rows == 1


def test_a_failing_question_keeps_the_existing_file(tmp_path: Path, asked: Asked) -> None:
    kept = tmp_path / "days.csv"
    kept.write_text("mine")
    configuration = tmp_path / "dwh.cfg"
    configuration.write_text("[CLUSTER]\nHOST=127.0.0.1\nDB_NAME=d\nDB_USER=u\nDB_PASSWORD=hush-hush\nDB_PORT=1\n")
    code, _, err = asked("--config", configuration, "query", "plays-per-day", "-o", kept)
    assert (code, kept.read_text()) == (4, "mine")
    assert "hush" not in err


def test_parquet_on_a_terminal_is_refused(
    configuration: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sys.stdout", Terminal())
    assert run("--config", configuration, "query", "plays-per-day", "--format", "parquet") == 2
    assert "Parquet cannot be shown on a terminal: write it to a file with -o FILE" in capsys.readouterr().err


def test_parquet_goes_to_a_pipe(configuration: Path, run: Run, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("--config", configuration, "query", "plays-per-day", "--format", "parquet") == 0
    sys.stdout.flush()
    assert pq.read_table(io.BytesIO(capfdbinary.readouterr().out)).num_rows == 1


def test_parquet_without_pyarrow_is_refused_before_the_query(
    tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = asked("query", "plays-per-day", "-o", tmp_path / "days.parquet")
    assert code == 2
    assert "Parquet needs pyarrow, which is not installed: pip install 'sparkify-dwh[analysis]'." in err
