"""The JSONPaths files of the inputs: there, and with a valid path for each column. Load, plan and doctor ask this module.

COPY refuses a missing or malformed file whatever its MAXERROR is, but only when there is a new data file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from sparkify_dwh.base import StagingTable
from sparkify_dwh.errors import MissingObjectError, SourceError
from sparkify_dwh.redshift.copy_rules.json_paths import JsonPath, column_paths
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.storage.store import ObjectStore

log = logging.getLogger("sparkify_dwh.load")


def require_json_paths(store: ObjectStore, models: Iterable[type[StagingTable]], inputs: Mapping[str, str]) -> None:
    """Raise SourceError for a JSONPaths file that COPY would refuse. ``inputs`` are URLs by their keys in [S3].

    A file that only Redshift's role may read is left to COPY.
    """
    for staging in models:
        if key := staging.source.json_paths:
            try:
                content = store.read(inputs[key])
            except MissingObjectError as error:
                raise SourceError(f"[S3] {key}: {error.message}", error.hint) from error
            except SourceError as error:
                log.info("the JSONPaths file of %s is not checked: %s", staging.__tablename__, error)
            else:
                valid_paths(content, staging, inputs[key])


def valid_paths(content: bytes, staging: type[StagingTable], url: str) -> list[JsonPath] | None:
    """Return the paths in a JSONPaths file; None when it has no effect. Raises SourceError where COPY would refuse it."""
    try:
        return column_paths(content, url, len(staging.copied()))
    except RedshiftError as error:
        reason = str(error).replace(f" in {url}", "")
        raise SourceError(f"COPY would refuse the JSONPaths file {url}: {reason}", "Correct the file") from error
