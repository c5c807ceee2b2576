"""JSONPaths in another order than the columns stop a load before anything is loaded, and are named by doctor and plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.records import JSON_PATHS, a_song, an_event
from support.warehouse import Sparkify

import sparkify_dwh
from sparkify_dwh.doctor.sources import source_findings
from sparkify_dwh.errors import SourceError
from sparkify_dwh.loading.json_paths_files import require_json_paths
from sparkify_dwh.planning.plan import make_plan
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import StagingEvent

EXCHANGED = [{"song": "artist", "artist": "song"}.get(key, key) for key in JSON_PATHS]


def write_paths(sparkify: Sparkify, keys: list[str]) -> str:
    path = sparkify.directory / "log_json_path.json"
    path.write_text(json.dumps({"jsonpaths": [f"$.{key}" for key in keys]}))
    return path.as_uri()


@pytest.fixture
def exchanged(sparkify: Sparkify) -> Sparkify:
    """Files for a load, and paths of which two are in each other's place: COPY takes every value."""
    write_paths(sparkify, EXCHANGED)
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    return sparkify


def sentences(sparkify: Sparkify) -> list[str]:
    """What doctor says about the JSONPaths file."""
    with sparkify.settings.open_store() as store:
        examine = dict(source_findings(sparkify.settings, store))["LOG_JSONPATH"]
        return [finding.sentence for finding in examine()]


OF = [lambda s: sparkify_dwh.load(s.settings), lambda s: make_plan(s.settings, validate=False), sentences]


@pytest.mark.parametrize("of", OF, ids=["load", "plan", "doctor"])
def test_paths_in_another_order_are_named_with_the_right_order(
    exchanged: Sparkify, of: Callable[[Sparkify], object]
) -> None:
    with pytest.raises(SourceError) as raised:
        of(exchanged)
    url = exchanged.settings.inputs["LOG_JSONPATH"]
    assert raised.value.message == (
        f"{url}: COPY pairs paths and columns by place, and they do not match: path 1 is $.song, but column 1 is artist; "
        "path 14 is $.artist, but column 14 is song"
    )
    assert raised.value.hint.startswith(
        "Write the paths in the order of the columns of staging_events: $.artist, $.auth, $.firstName, $.gender, "
    )
    assert raised.value.hint.endswith("If this order is meant, set JSONPATHS_IN_ANY_ORDER=true in [S3].")


def test_nothing_is_loaded_and_the_history_says_why(exchanged: Sparkify) -> None:
    with pytest.raises(SourceError):
        exchanged.load()
    assert exchanged.one("SELECT count(*) FROM songplays") == 0
    assert exchanged.one("SELECT count(*) FROM staging_events") == 0
    assert exchanged.one("SELECT outcome FROM loads") == "failed"


def test_an_order_that_is_meant_is_loaded(exchanged: Sparkify, configuration: Path) -> None:
    configuration.write_text(configuration.read_text().replace("[S3]", "[S3]\nJSONPATHS_IN_ANY_ORDER=yes"))
    exchanged.settings = replace(Settings.read(configuration), standin_directory=exchanged.settings.standin_directory)
    assert make_plan(exchanged.settings).rejected == 0
    assert exchanged.load().star["songplays"].inserted == 1
    assert exchanged.rows("SELECT song_title, artist_name FROM songplays") == [("Elena", "Setanta matins")]
    assert sentences(exchanged) == [
        "LOG_JSONPATH has a path for each of the 18 columns of staging_events. Their order is another, as "
        "JSONPATHS_IN_ANY_ORDER allows."
    ]


def test_more_paths_than_are_shown_are_counted(exchanged: Sparkify) -> None:
    write_paths(exchanged, JSON_PATHS[1:] + JSON_PATHS[:1])
    with pytest.raises(SourceError, match=r"path 5 is \$\.lastName, but column 5 is item_in_session; 13 more\. "):
        exchanged.load()


def test_doctor_names_paths_that_cannot_be_compared(exchanged: Sparkify) -> None:
    write_paths(exchanged, [{"song": "title"}.get(key, key) for key in JSON_PATHS])
    assert sentences(exchanged) == [
        "LOG_JSONPATH has a path for each of the 18 columns of staging_events.",
        "LOG_JSONPATH: paths that name no column, so their order is not known: $.title.",
    ]


def test_a_file_that_cannot_be_read_is_a_warning(exchanged: Sparkify) -> None:
    """The cluster's role may read it; here, a directory is in its place."""
    path = exchanged.directory / "log_json_path.json"
    path.unlink()
    path.mkdir()
    with exchanged.settings.open_store() as store:
        warning = require_json_paths(store, StagingEvent, exchanged.settings)
    assert warning is not None
    assert "were not compared with the columns of staging_events: " in warning
    assert make_plan(exchanged.settings, validate=False).inputs[0].warnings[0] == warning
