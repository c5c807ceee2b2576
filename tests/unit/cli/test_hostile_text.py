"""Characters that control a terminal, in file names, keys and values: no command prints one, and JSON keeps them exact."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.cli import Captured, Run
from support.inputs import inputs_under
from support.records import JSON_PATHS, a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.errors import RejectedRow, SparkifyError
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.printable import printable, printable_json, printable_lines

HOSTILE = "\x1b[2J\x1b]0;owned\x07\b\r\nError: forged\t\x7f\x9b31m\u061c\u200f\u202e\u2028\u2066"
SHOWN = r"\x1b[2J\x1b]0;owned\x07\x08\r\nError: forged\t\x7f\x9b31m\u061c\u200f\u202e\u2028\u2066"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(configuration: Path, run: Run, capsys: Captured) -> Command:
    """Run a command; return its exit code and all that it printed, in which nothing controls a terminal."""

    def run_it(*arguments: object) -> tuple[int, str]:
        code = run("--config", configuration, *arguments)
        printed = "".join(capsys.readouterr())
        assert not UNSAFE.search(printed)
        assert not re.search("^Error: forged", printed, re.MULTILINE)
        return code, printed

    return run_it


def test_each_unsafe_character_is_an_escape_and_no_other() -> None:
    assert printable(f"a{HOSTILE}") == f"a{SHOWN}"
    assert printable("caf\udce9 \ud800") == r"caf\xe9 \ud800"
    assert printable_lines("one\ntwo\r") == "one\ntwo\\r"
    for harmless in ("Björk", "日本", "\u00a0", "👩\u200d👩", "עברית", r"\x1b"):
        assert printable(harmless) == harmless


def test_json_stays_exact() -> None:
    value = {f"key{HOSTILE}": [f"value{HOSTILE}", "\udce9", "Björk"]}
    document = printable_json(json.dumps(value, indent=2, ensure_ascii=False))
    assert not UNSAFE.search(document)
    assert "Björk" in document
    assert json.loads(document) == value


def test_an_error_is_one_safe_line_and_has_the_data_as_it_is() -> None:
    error = SparkifyError(f"No {HOSTILE}", f"remove {HOSTILE}")
    assert str(error) == f"No {SHOWN}: remove {SHOWN}."
    assert error.message == f"No {HOSTILE}"
    row = RejectedRow(f"s3://b/{HOSTILE}", 1, HOSTILE, 1207, HOSTILE, HOSTILE)
    assert not UNSAFE.search(str(row))
    assert "\n" not in str(row)


def test_a_log_record_is_one_safe_line(caplog: pytest.LogCaptureFixture) -> None:
    log = safe_logger("sparkify_dwh.test")
    log.warning("%s took %.1f s: %s", HOSTILE, 1.25, ValueError(HOSTILE))
    log.warning(HOSTILE)
    assert [record.getMessage() for record in caplog.records] == [f"{SHOWN} took 1.2 s: {SHOWN}", SHOWN]
    caplog.clear()
    try:
        int(HOSTILE)
    except ValueError:
        log.exception("failed: %s", HOSTILE)
    assert not UNSAFE.search(caplog.text)
    assert "Traceback" in caplog.text


def test_every_logger_of_the_package_is_safe(command: Command) -> None:
    command("doctor")  # imports most of the package
    names = [name for name in logging.root.manager.loggerDict if name.startswith("sparkify_dwh.")]
    unsafe = [
        name
        for name in names
        if isinstance(log := logging.root.manager.loggerDict[name], logging.Logger) and not log.filters
    ]
    assert unsafe == []


def test_values_that_are_loaded_reach_no_terminal(sparkify: Sparkify, command: Command) -> None:
    """Names and texts in tables, keys of conflicting deliveries and of rows that a check warns of, unmapped fields."""
    names = {"firstName": HOSTILE, "song": HOSTILE, "artist": HOSTILE, "location": HOSTILE, "userAgent": HOSTILE}
    sparkify.logs("a.json", an_event(**names, **{HOSTILE: 1}), an_event(**names, itemInSession=6, length=-1))
    song = a_song(song_id=f"S{HOSTILE}"[:18], artist_id=f"A{HOSTILE}"[:18], title=HOSTILE, artist_name=HOSTILE)
    sparkify.songs("a.json", song | {"artist_latitude": 1_000}, song | {"artist_latitude": 2_000})
    code, printed = command("plan")
    assert (code, f"unmapped fields (ignored): {SHOWN}" in printed) == (0, True)
    code, printed = command("load")
    assert (code, r"For example song_id S\x1b[2J" in printed) == (0, True)
    code, printed = command("check")
    assert (code, r"artist_id A\x1b[2J" in printed) == (0, True)
    for arguments in (
        ["history"], ["history", load_id(sparkify)], ["doctor"], ["query", "top-songs"], ["query", "top-artists"],
        ["physical"], ["export", sparkify.directory / "out"], ["query", "top-songs", "--artist", HOSTILE],
        ["sql", HOSTILE], [HOSTILE], ["load", f"--{HOSTILE}"],
    ):  # fmt: skip
        command(*arguments)


def test_json_output_holds_the_values_as_they_are(sparkify: Sparkify, command: Command) -> None:
    sparkify.logs("a.json", an_event(song=HOSTILE, **{HOSTILE: 1}))
    sparkify.songs("a.json", a_song())
    (unmapped,) = json.loads(command("plan", "--json")[1])["inputs"]["staging_events"]["trial"]["other_keys"]
    assert unmapped == HOSTILE
    sparkify.load()
    assert json.loads(command("query", "top-songs", "--json")[1])[0]["song"] == HOSTILE


@pytest.mark.parametrize("changes", [{"ts": HOSTILE}, {"level": HOSTILE}, {"song": "caf\x00\x1b[2J"}])
def test_values_that_are_refused_reach_no_terminal(
    sparkify: Sparkify, command: Command, changes: dict[str, Any]
) -> None:
    sparkify.logs("a.json", an_event(**changes))
    sparkify.songs("a.json", a_song())
    command("plan")
    code, printed = command("--debug", "load")
    assert (code in (7, 8), r"\x1b[2J" in printed) == (True, True)
    assert command("load", "--max-errors", "5")[1]
    for arguments in (["history"], ["history", load_id(sparkify)], ["doctor"]):
        assert command(*arguments)[1]


def test_names_of_files_and_objects_reach_no_terminal(
    sparkify: Sparkify, store: ObjectStore, bucket: str, command: Command, configuration: Path
) -> None:
    """In S3 a key is what it is; the URL of a local file is percent-encoded."""
    key = HOSTILE.replace("\n", "")  # which the S3 server of the tests does not take
    events = [an_event(ts=HOSTILE), an_event()]
    store.write(
        f"{bucket}log_json_path.json", json.dumps({"jsonpaths": [f"$['{path}']" for path in JSON_PATHS]}).encode()
    )
    store.write(f"{bucket}log_data/{key}.json", "\n".join(map(json.dumps, events)).encode())
    store.write(f"{bucket}log_data/{key}", b"")
    store.write(f"{bucket}song_data/{key}/a.json", json.dumps(a_song()).encode())
    sparkify.logs(f"{HOSTILE}.json", *events)
    sparkify.songs(f"{HOSTILE}/a.json", a_song())
    written = configuration.read_text()
    for home in (sparkify.directory.as_uri(), bucket.rstrip("/")):
        for name, url in sparkify.settings.inputs.items():
            written = written.replace(f"{name}={url}", f"{name}={inputs_under(home)[name]}")
        configuration.write_text(written)
        sparkify.settings.inputs.update(inputs_under(home))  # type: ignore[attr-defined]
        assert command("-v", "load")[0] == 7
        assert command("load", "--max-errors", "5")[0] == 0
        for arguments in (
            ["plan", "--force"], ["plan", "--force", "--json"], ["history"], ["history", load_id(sparkify)], ["doctor"],
            ["load", "--files", HOSTILE], ["load", "--files", f"no{HOSTILE}"],
            ["pack", f"{home}/log_data/", f"{home}/{HOSTILE}/"],
        ):  # fmt: skip
            command(*arguments)


def load_id(sparkify: Sparkify) -> str:
    """The id of a load."""
    return str(sparkify.one("SELECT max(load_id) FROM loads"))
