"""Validations of files in a directory."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sparkify_dwh.base import StagingTable
from sparkify_dwh.planning.validate_files import validate_files
from sparkify_dwh.planning.validation_result import Validation
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.sql.copy_statements import Copies
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.storage.store import ObjectStore
from support.records import JSON_PATHS, an_event, write_lines

PATHS = json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}).encode()
EVENT = json.dumps(an_event())


def validated(
    path: Path, staging: type[StagingTable] = StagingEvent, paths: bytes | None = PATHS, **options: Any
) -> Validation:
    """Return the validation of one file, or of the files in a directory. ``paths`` are the JSONPaths of events."""
    store = ObjectStore()
    prefix = path.as_uri() + ("/" if path.is_dir() else "")
    with TemporaryDirectory() as directory:
        json_paths = Path(directory, "paths.json")
        json_paths.write_bytes(paths or b"")
        by_paths = staging is StagingEvent and paths is not None
        command = Copies(staging, json=json_paths.as_uri() if by_paths else "auto").command(prefix)
        return validate_files(staging, command, store.list(prefix), store, SPARKIFY, **options)


def validated_events(tmp_path: Path, *events: dict[str, Any] | str) -> Validation:
    return validated(write_lines(tmp_path / "a.json", events))
