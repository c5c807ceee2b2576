"""The JSONPaths files of the inputs: there, and with a valid path for each column, in the order of the columns.

Load, plan and doctor ask this module.

COPY refuses a missing or malformed file whatever its MAXERROR is, but only when there is a new data file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkify_dwh.errors import MissingObjectError, SourceError
from sparkify_dwh.redshift.copy_rules.json_paths import JsonPath, column_paths
from sparkify_dwh.redshift.copy_rules.path_order import misplaced_paths, right_order
from sparkify_dwh.redshift.errors import RedshiftError

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.storage.store import ObjectStore

MAX_SHOWN = 5


def require_json_paths(store: ObjectStore, staging: type[StagingTable], settings: Settings) -> str | None:
    """Raise SourceError for a JSONPaths file that COPY would refuse, or whose paths are in another order than the columns.

    A file that only Redshift's role may read is left to COPY: return a warning then.
    """
    key = staging.source.json_paths
    if key is None:
        return None
    url = settings.inputs[key]
    try:
        content = store.read(url)
    except MissingObjectError as error:
        raise MissingObjectError(f"[S3] {key}: {error.message}", error.hint) from error
    except SourceError as error:
        return f"the paths of {url} were not compared with the columns of {staging.__tablename__}: {error.message}"
    paths = valid_paths(content, staging, url)
    wrong_order = order_error(staging, url, paths or [])
    if wrong_order and not settings.jsonpaths_in_any_order:
        raise wrong_order
    return None


def valid_paths(content: bytes, staging: type[StagingTable], url: str) -> list[JsonPath] | None:
    """Return the paths in a JSONPaths file; None when it has no effect. Raises SourceError where COPY would refuse it."""
    try:
        return column_paths(content, url, len(staging.copied()))
    except RedshiftError as error:
        reason = str(error).replace(f" in {url}", "")
        raise SourceError(f"COPY would refuse the JSONPaths file {url}: {reason}", "Correct the file") from error


def order_error(staging: type[StagingTable], url: str, paths: Sequence[JsonPath]) -> SourceError | None:
    """Return the error for paths in another order than the columns; None when each stands at its column's place."""
    columns = staging.copied()
    misplaced = misplaced_paths(paths, columns) if paths else []
    if not misplaced:
        return None
    shown = [*map(str, misplaced[:MAX_SHOWN])]
    if len(misplaced) > MAX_SHOWN:
        shown.append(f"{len(misplaced) - MAX_SHOWN:,} more")
    return SourceError(
        f"{url}: COPY pairs paths and columns by place, and they do not match: {'; '.join(shown)}",
        f"Write the paths in the order of the columns of {staging.__tablename__}: "
        f"{', '.join(right_order(paths, columns))}. If this order is meant, set JSONPATHS_IN_ANY_ORDER=true in [S3].",
    )
