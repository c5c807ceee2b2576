"""Validation finds what COPY would reject, without COPY: the same file, line and column that a load then names."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.records import a_song, an_event, write_lines
from support.validations import EVENT, validated, validated_events
from support.warehouse import Sparkify

from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.errors import CopyError, UsageError
from sparkify_dwh.planning.validate_files import sampled
from sparkify_dwh.planning.validation_result import MAX_PROBLEMS, Problem
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.standin.differences import DIFFERENCES
from sparkify_dwh.storage.store import StoredObject

LEVEL_CHECKS = ("users.level is an allowed value", "songplays.level is an allowed value")

REFUSED_EVENTS: dict[str, tuple[dict[str, Any] | str, str]] = {
    "null": (an_event(page=None), "page"),
    "no key": ({"ts": 1542285000796, "sessionId": 1, "page": "Home"}, "item_in_session"),
    "empty text": (an_event(page=""), "page"),
    "no time": (an_event(ts=None), "ts"),
    "text for a number": (an_event(userId="nobody"), "user_id"),
    "boolean for a number": (an_event(itemInSession=True), "item_in_session"),
    "object for a number": (an_event(sessionId={"id": 1}), "session_id"),
    "fraction for an integer": (an_event(status=200.5), "status"),
    "fraction of a number in a string": (an_event(status="200.0"), "status"),
    "exponent beyond BIGINT": (EVENT.replace('"sessionId": 818', '"sessionId": 1e400'), "session_id"),
    "beyond SMALLINT": (an_event(status=32768), "status"),
    "beyond INTEGER": (an_event(itemInSession=2**31), "item_in_session"),
    "beyond BIGINT": (an_event(sessionId=-(2**63) - 1), "session_id"),
    "thousands of digits": (an_event(sessionId=10**4000), "session_id"),
    "no number": (an_event(length="3:45"), "length"),
    "beyond DOUBLE": (EVENT.replace("269.58322", "1e999"), "length"),
    "time with a fraction": (an_event(ts=1542285000796.5), "ts"),
    "time as text": (an_event(ts="2018-11-15 12:30:00"), "ts"),
    "time in microseconds": (an_event(ts=1542285000796000), "ts"),
    "too many bytes": (an_event(artist="é" * 257), "artist"),
    "too long a number": (an_event(level=10**16), "level"),
    "NUL": (an_event(song="\0ab"), "song"),
    "half of a pair": (EVENT.replace("Setanta", "\\ud800"), "song"),
    "first of two columns": (an_event(status="x", artist="a" * 513), "artist"),
    "cut off": (EVENT[:-20], ""),
    "single quotes": ("{'artist': null}", ""),
    "comma behind": (EVENT + ",", ""),
    "NaN": (EVENT.replace("269.58322", "NaN"), ""),
    "tab in a text": (EVENT.replace("Setanta", "Se\ttanta"), ""),
    "byte order mark": ("\ufeff" + EVENT, ""),
    "no JSON": ("no json", ""),
    "array of objects": (json.dumps([an_event(), an_event()]), "artist"),
}


@pytest.mark.parametrize("name", REFUSED_EVENTS)
def test_validation_and_the_load_name_the_same_file_line_and_column(sparkify: Sparkify, name: str) -> None:
    event, column = REFUSED_EVENTS[name]
    path = sparkify.logs("a.json", an_event(), an_event(itemInSession=6), event)
    sparkify.songs("a.json", a_song())
    validation = validated(path)
    (problem,) = validation.problems
    assert (problem.file, problem.line, problem.column) == (path.as_uri(), 3, column)
    with pytest.raises(CopyError) as refused:
        sparkify.load()
    assert str(problem).split(": ", 1)[0] in str(refused.value)


def test_a_text_that_redshift_would_cut_at_nul_is_a_warning(sparkify: Sparkify) -> None:
    """The stand-in rejects it. https://github.com/estuary/connectors/pull/839"""
    assert "copy_nul" in DIFFERENCES
    path = sparkify.logs("a.json", an_event(), an_event(song="hello\0 world"), an_event(song="\0", artist="a\0" * 300))
    sparkify.songs("a.json", a_song())
    validation = validated(path)
    assert validation.problems == []
    long = "a\ufffd" * 30 + "..."
    assert validation.warnings == [
        f"artist: 1 text contains the character NUL, the first '{long}' in {path.as_uri()} line 3; Redshift "
        "was seen to cut a text there: remove the character (the stand-in rejects the record)",
        f"song: 2 texts contain the character NUL, the first 'hello\ufffd world' in {path.as_uri()} line 2; Redshift was "
        "seen to cut a text there: remove the character (the stand-in rejects the record)",
    ]
    with pytest.raises(CopyError, match="line 2, column song: 'hello\ufffd world': String contains invalid"):
        sparkify.load()


def test_nul_is_shown_as_the_load_shows_it(sparkify: Sparkify) -> None:
    path = sparkify.logs("a.json", an_event(song="\0ab"))
    sparkify.songs("a.json", a_song())
    (problem,) = validated(path).problems
    with pytest.raises(CopyError) as refused:
        sparkify.load()
    assert str(problem) == str(refused.value.rows[0])
    assert "'\ufffdab'" in str(problem)


def test_bytes_that_are_not_utf_8_are_named_as_the_load_names_them(sparkify: Sparkify) -> None:
    path = sparkify.logs("a.json", an_event())
    path.write_bytes(path.read_bytes().replace(b"Setanta", b"Set\xe9nta"))
    sparkify.songs("a.json", a_song())
    (problem,) = validated(path).problems
    assert problem.reason.endswith("Bad UTF8 hex sequence: e9 (error 4) (1220)")
    with pytest.raises(CopyError, match=r"a\.json line 1, column song"):
        sparkify.load()


@pytest.mark.parametrize("song", [a_song(song_id=""), a_song(year=40_000), a_song(artist_latitude="north"), [a_song()]])
def test_songs_are_validated_by_the_names_of_their_columns(sparkify: Sparkify, song: Any) -> None:
    sparkify.logs("a.json", an_event())
    path = sparkify.songs("a.json", json.dumps(a_song(), indent=2), json.dumps(song, indent=2))
    (problem,) = validated(path, StagingSong).problems
    with pytest.raises(CopyError) as refused:
        sparkify.load()
    assert str(problem).split(": ", 1)[0] in str(refused.value)


def test_real_files_have_no_problems(real_data: Path) -> None:
    paths = (real_data / "log_json_path.json").read_bytes()
    logs = validated(real_data / "log_data", StagingEvent, paths)
    songs = validated(real_data / "song_data", StagingSong)
    assert (logs.files, logs.records, songs.files, songs.records) == (30, 8056, 71, 71)
    for validation in (logs, songs):
        assert validation.problem_count == 0
        assert (validation.warnings, validation.long_values, validation.unmapped_fields) == ([], [], [])


def test_all_rejected_records_are_counted_and_the_first_are_listed(tmp_path: Path) -> None:
    validation = validated_events(tmp_path, an_event(), *["no json"] * 30, an_event())
    assert (validation.records, validation.problem_count, len(validation.problems)) == (32, 30, MAX_PROBLEMS)
    assert [problem.line for problem in validation.problems] == list(range(2, 2 + MAX_PROBLEMS))


def test_values_are_shortened(tmp_path: Path) -> None:
    (problem,) = validated_events(tmp_path, an_event(artist="a" * 5000)).problems
    assert problem.value == "a" * 60 + "..."
    assert problem.reason == "String length exceeds DDL length (1204): 5,000 bytes, and the column takes 512"


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_compression_follows_from_the_name_of_the_file(tmp_path: Path, ending: str, pack: Any) -> None:
    path = tmp_path / f"a.json.{ending}"
    path.write_bytes(pack(f"{EVENT}\nno json".encode()))
    validation = validated(path)
    assert (validation.records, [problem.line for problem in validation.problems]) == (2, [2])


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.json", gzip.compress(EVENT.encode(), mtime=0), "a load recognizes gzip by a name that ends in .gz"),
        ("a.json.gz", EVENT.encode(), "Not a gzipped file"),
        ("a.json.gz", gzip.compress(EVENT.encode(), mtime=0)[:-9], "cannot be read"),
        ("a.json.bz2", EVENT.encode(), "Invalid data stream"),
    ],
)
def test_a_file_with_another_compression_than_its_name_is_a_problem(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    validation = validated(tmp_path / name)
    (problem,) = validation.problems
    assert (problem.line, validation.broken_files) == (0, 1)
    assert reason in str(problem)


def test_zstd_files_are_counted_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.json.zst").write_bytes(b"")
    validation = validated(tmp_path)
    assert (validation.files, validation.unread, validation.is_sample) == (0, 1, False)


def test_texts_that_nearly_fill_their_column_are_reported(tmp_path: Path) -> None:
    validation = validated_events(
        tmp_path, an_event(artist="é" * 204), an_event(artist="é" * 205), an_event(song="a" * 600)
    )
    assert [(value.column, value.bytes, value.limit, value.line) for value in validation.long_values] == [
        ("artist", 410, 512, 2),
        ("song", 600, 512, 3),
    ]


def test_implausible_times_are_a_warning(tmp_path: Path) -> None:
    """COPY accepts seconds as times of January 1970; the checks reject them."""
    validation = validated_events(tmp_path, an_event(), an_event(ts=1542285000), an_event(ts=9_000_000_000_000))
    assert validation.problem_count == 0
    (warning,) = validation.warnings
    assert warning.startswith(
        "ts: 2 values are not between 2010 and tomorrow, read as milliseconds since 1970, the first"
    )
    assert "'1542285000' in file://" in warning
    assert "a.json line 2; COPY accepts these values, but the checks will roll the load back" in warning


def test_values_that_the_checks_reject_are_a_warning(tmp_path: Path) -> None:
    events = [an_event(), an_event(level="gold"), an_event(level="paid  "), an_event(gender="X", level="silver")]
    validation = validated_events(tmp_path, *events)
    assert validation.problem_count == 0
    gender, level = sorted(validation.warnings)
    assert gender.startswith("gender: 1 value is not F or M, the first 'X' in")
    assert level.startswith("level: 2 values are not free or paid, the first 'gold' in")
    assert "a.json line 2;" in level


@pytest.mark.parametrize(
    ("severities", "consequences"),
    [
        ({}, ["will roll the load back if a row of the star comes from them"]),
        (dict.fromkeys(LEVEL_CHECKS, "warning"), ["will warn if a row of the star comes from them"]),
        (
            {LEVEL_CHECKS[0]: "warning", LEVEL_CHECKS[1]: "warning, error above 1%"},
            ["will warn if a row of the star comes from them, and roll the load back above 1%"],
        ),
        (dict.fromkeys(LEVEL_CHECKS, "off"), []),
    ],
)
def test_a_warning_says_what_the_checks_of_the_configuration_do(
    tmp_path: Path, severities: dict[str, str], consequences: list[str]
) -> None:
    """Two columns of the star come from the staged one: the most serious check counts."""
    file = write_lines(tmp_path / "a.json", [an_event(level="gold")])
    validation = validated(file, rules=CheckRules.of(severities=severities))
    assert [warning.partition(" but the checks ")[2] for warning in validation.warnings] == consequences
    assert validation.suspicious == sum("roll" in consequence for consequence in consequences)


def test_values_that_the_configuration_allows_are_not_suspicious(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.json", [an_event(level="premium")])
    everywhere = {"users.level": ["free", "paid", "premium"], "songplays.level": ["free", "paid", "premium"]}
    assert validated(file, rules=CheckRules.of(allowed_values=everywhere)).warnings == []
    del everywhere["songplays.level"]
    (warning,) = validated(file, rules=CheckRules.of(allowed_values=everywhere)).warnings
    assert warning.startswith("level: 1 value is not free or paid, the first 'premium' in")


def test_times_are_judged_by_the_checks_that_compare_them(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.json", [an_event(ts=1542285000)])
    severities = {"plays start within reason": "off", "users were seen within reason": "warning"}
    validation = validated(file, rules=CheckRules.of(severities=severities))
    assert "but the checks will warn if a row of the star comes from them" in validation.warnings[0]
    assert validation.suspicious == 0
    assert validated(file, rules=CheckRules.of(severities=dict.fromkeys(severities, "off"))).warnings == []


def test_unmapped_fields_are_reported(tmp_path: Path) -> None:
    assert validated_events(tmp_path, an_event(zip=1, city="Praha"), an_event(zip=2)).unmapped_fields == ["city", "zip"]


def test_a_column_without_a_field_in_any_record_is_a_warning(tmp_path: Path) -> None:
    """COPY fills it with NULL silently."""
    song = a_song(Title="Setanta matins")
    del song["title"], song["num_songs"]
    validation = validated(write_lines(tmp_path / "a.json", [song]), StagingSong)
    assert validation.problem_count == 0
    missing = ", ".join(name for name in StagingSong.copied() if name not in song)
    assert validation.warnings == [
        f"{missing} would be NULL in every row, because no record has {missing}; COPY does not match Title to title"
    ]


@pytest.mark.parametrize(
    ("count", "sample", "taken"),
    [
        (10, 3, [0, 4, 9]),
        (10, 2, [0, 9]),
        (10, 1, [0]),
        (3, 3, [0, 1, 2]),
        (3, 9, [0, 1, 2]),
        (0, 5, []),
        (2, None, [0, 1]),
    ],
)
def test_a_sample_is_spread_evenly_over_the_files(count: int, sample: int | None, taken: list[int]) -> None:
    files = [StoredObject(f"s3://b/{number}", 1, "") for number in range(count)]
    assert sampled(files, sample) == [files[number] for number in taken]


def test_the_result_of_a_sample_says_so(tmp_path: Path) -> None:
    for number in range(10):
        write_lines(tmp_path / f"{number}.json", [an_event() if number in {0, 9} else "no json"])
    validation = validated(tmp_path, sample=2)
    assert (validation.files, validation.of_files, validation.is_sample, validation.problem_count) == (2, 10, True, 0)


def test_a_sample_of_no_files_is_refused_by_validation() -> None:
    with pytest.raises(UsageError, match="A sample has at least 1 file, but 0"):
        sampled([], 0)


def test_a_problem_has_the_words_of_the_load_error() -> None:
    problem = Problem("s3://b/a.json", 3, "user_id", "six", "Invalid digit for INTEGER (1207)")
    assert str(problem) == "s3://b/a.json line 3, column user_id: 'six': Invalid digit for INTEGER (1207)"


def test_a_document_may_have_4_mb(tmp_path: Path) -> None:
    room = 4 * 1024 * 1024 - len(json.dumps(an_event(extra="")))
    whole, larger = an_event(extra="a" * room), an_event(extra="a" * (room + 1))
    validation = validated_events(tmp_path, whole, larger, an_event())
    assert [(problem.line, problem.reason) for problem in validation.problems] == [
        (2, "Malformed JSON: a document may take 4194304 bytes, this one takes more")
    ]
