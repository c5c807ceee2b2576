"""Validation looks for values where COPY does: by the JSONPaths file, or by the names of the columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.records import JSON_PATHS, a_song, an_event, write_lines
from support.validations import PATHS, validated
from support.warehouse import Sparkify

from sparkify_dwh.errors import SourceError
from sparkify_dwh.planning.plan import make_plan
from sparkify_dwh.staging import StagingEvent


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (b"{", "it is not one JSON object in UTF-8"),
        (b"[]", "it is not a JSON object"),
        (b'{"jsonpaths": {}}', "jsonpaths is not an array"),
        (PATHS.replace(b"$['artist']", b"artist"), "'artist' is neither"),
        (PATHS.replace(b"$['artist']", b"$.artist"), "it mixes"),
        (PATHS.replace(b"\"$['artist']\", ", b""), "JSONPath size: 17, Number of columns in table or column list: 18"),
    ],
)
def test_jsonpaths_that_copy_refuses_are_an_error_of_load_and_plan(
    sparkify: Sparkify, paths: bytes, reason: str
) -> None:
    path = sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    (sparkify.directory / "log_json_path.json").write_bytes(paths)
    with pytest.raises(SourceError, match=reason):
        validated(path, StagingEvent, paths)
    with pytest.raises(SourceError, match=f"COPY would refuse the JSONPaths file .*{reason}"):
        sparkify.load()
    with pytest.raises(SourceError, match=f"COPY would refuse the JSONPaths file .*{reason}"):
        make_plan(sparkify.settings)


def test_jsonpaths_without_their_key_are_a_warning(tmp_path: Path) -> None:
    """COPY then pairs keys with columns by name, and here finds no item_in_session."""
    path = write_lines(tmp_path / "a.json", [an_event()])
    validation = validated(path, StagingEvent, b'{"paths": []}')
    assert "/paths.json: it has no key jsonpaths" in validation.warnings[0]
    assert validation.problems[0].column == "item_in_session"


@pytest.mark.parametrize(("path", "column"), [("$['user'][0]['name']", ""), ("$['user'][1]['name']", "artist")])
def test_deeper_paths_are_followed(tmp_path: Path, path: str, column: str) -> None:
    """A missing array element is an error; a missing key is NULL."""
    file = write_lines(tmp_path / "a.json", [an_event(user=[{"name": "Elena"}])])
    validation = validated(file, StagingEvent, PATHS.replace(b"$['artist']", path.encode()))
    assert [problem.column for problem in validation.problems] == [column] * bool(column)


def test_dots_are_followed_like_brackets(tmp_path: Path) -> None:
    dots = json.dumps({"jsonpaths": [f"$.{key}" for key in JSON_PATHS]}).encode()
    file = write_lines(tmp_path / "a.json", [an_event(userId="nobody")])
    assert [problem.column for problem in validated(file, StagingEvent, dots).problems] == ["user_id"]
