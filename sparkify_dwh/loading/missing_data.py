"""Whether the data of a failed load is still missing: no later load has brought it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from sparkify_dwh.ledger import LOADED, LoadFile
from sparkify_dwh.loading.report import MAX_LISTED

MAX_SEARCHED_LOADS = 100


def load_with_missing_data(connection: Connection, loads: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the latest failed load whose data is missing, of ``loads``, which are reports, the latest first.

    A later load has brought the data if it took all files of the failed load, or left out no file that was new.
    """
    later: list[str] = []
    for load in loads:
        if load["outcome"] != LOADED:
            if not _are_loaded(connection, _files(load), later):
                return load
        elif _is_of_all_files(load):
            return None
        else:
            later.append(load["load_id"])
    return None


def _is_of_all_files(load: dict[str, Any]) -> bool:
    files = load["files"]  # None in a report that was too long
    return files is not None and not any(found["not_chosen"] for found in files.values())


def _files(load: dict[str, Any]) -> list[str]:
    """Return the URLs of a failed load's files; none when they are not known, or are too many."""
    lists = [found.get("not_loaded") or [] for found in (load["files"] or {}).values()]
    return [] if any(len(urls) > MAX_LISTED for urls in lists) else [url for urls in lists for url in urls]


def _are_loaded(connection: Connection, urls: list[str], load_ids: list[str]) -> bool:
    if not urls or not load_ids:
        return False
    loaded = select(func.count(LoadFile.url.distinct())).where(LoadFile.load_id.in_(load_ids), LoadFile.url.in_(urls))
    return bool(connection.scalar(loaded) == len(set(urls)))
