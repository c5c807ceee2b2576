"""The JSONPaths file is asked for before COPY, whether there is a new file or not."""

from __future__ import annotations

import pytest
from support.warehouse import Sparkify

from sparkify_dwh.errors import SourceError
from sparkify_dwh.planning.plan import make_plan


def test_a_missing_jsonpaths_file_is_one_error_for_load_and_plan(loaded: Sparkify) -> None:
    """Also while no data file is new."""
    (loaded.directory / "log_json_path.json").unlink()
    missing = r"^\[S3\] LOG_JSONPATH: Cannot read file:.*/log_json_path\.json: nothing is there: correct the URL or put"
    for run in (loaded.load, lambda: make_plan(loaded.settings)):
        with pytest.raises(SourceError, match=missing) as raised:
            run()
        assert raised.value.exit_code == 6


def test_a_malformed_jsonpaths_file_is_one_error_for_load_and_plan(loaded: Sparkify) -> None:
    (loaded.directory / "log_json_path.json").write_text("{")
    for run in (loaded.load, lambda: make_plan(loaded.settings)):
        with pytest.raises(
            SourceError, match=r"COPY would refuse the JSONPaths file .*\. Correct the file\.$"
        ) as raised:
            run()
        assert raised.value.exit_code == 6


def test_a_jsonpaths_file_that_only_the_role_may_read_is_left_to_copy(loaded: Sparkify) -> None:
    """Here a directory: it is there, and cannot be read."""
    (loaded.directory / "log_json_path.json").unlink()
    (loaded.directory / "log_json_path.json").mkdir()
    assert loaded.load().files["staging_events"].files == []
