"""Trials of files in a directory, as the tests of the trial make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sparkify_dwh.base import StagingTable
from sparkify_dwh.planning.validation import Trial, try_files
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.storage.store import ObjectStore
from support.records import JSON_PATHS, an_event, write_lines

PATHS = json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}).encode()
EVENT = json.dumps(an_event())


def tried(path: Path, staging: type[StagingTable] = StagingEvent, paths: bytes | None = PATHS, **options: Any) -> Trial:
    """The trial of one file, or of the files in a directory."""
    store = ObjectStore()
    prefix = path.as_uri() + ("/" if path.is_dir() else "")
    json_paths = paths if staging is StagingEvent else None
    return try_files(staging, store.list(prefix), store, json_paths, SPARKIFY, **options)


def tried_events(tmp_path: Path, *events: dict[str, Any] | str) -> Trial:
    return tried(write_lines(tmp_path / "a.json", events))
