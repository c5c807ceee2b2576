"""A database that several warehouses share, each in schemas of its own, and with tables of the same names in public."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from sparkify_dwh import migrate
from sparkify_dwh.database import connected, warehouse
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from support.inputs import inputs_under
from support.records import JSON_PATHS, a_song, an_event
from support.warehouse import Sparkify, a_standin

NORTH, SOUTH, PUBLIC = "north", "south", "public"
SCHEMAS: dict[str, dict[str, str]] = {
    NORTH: {"schema": "north"},
    SOUTH: {"schema": "south of it", "staging_schema": "south_staging"},  # a name that needs quotes
    PUBLIC: {},
}
USERS = {NORTH: 1, SOUTH: 2, PUBLIC: 3}


@contextmanager
def a_shared_database(directory: Path) -> Iterator[dict[str, Sparkify]]:
    """Three companies, each with a warehouse that has loaded plays of another user."""
    with a_standin() as standin, ExitStack() as stack:
        companies = {}
        for name, schemas in SCHEMAS.items():
            settings = replace(standin, **schemas)  # type: ignore[arg-type]
            migrate.upgrade(settings)
            engine = stack.enter_context(warehouse(settings))
            companies[name] = company = _company(settings, engine, directory / name)
            deliver(company, name, 1)
            company.load()
        yield companies


def _company(settings: Settings, engine: Any, directory: Path) -> Sparkify:
    (directory / "log_data").mkdir(parents=True)
    (directory / "log_json_path.json").write_text(json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}))
    url = directory.as_uri()
    located = replace(settings, inputs=inputs_under(url), manifests=f"{url}/manifests/")
    (directory / "dwh.cfg").write_text(
        f"[CLUSTER]\nHOST=standin\nSCHEMA={settings.schema or ''}\nSTAGING_SCHEMA={settings.staging_schema or ''}\n"
        f"[STANDIN]\nDIR={settings.standin_directory}\n[S3]\nLOG_DATA={url}/log_data/\n"
        f"LOG_JSONPATH={url}/log_json_path.json\nSONG_DATA={url}/song_data/\nMANIFESTS={url}/manifests/\n"
    )
    return Sparkify(located, engine, directory)


def deliver(company: Sparkify, name: str, number: int) -> None:
    """Write a log with as many events, and a song, of this company."""
    events = (an_event(userId=str(USERS[name]), itemInSession=number * 100 + place) for place in range(USERS[name]))
    company.logs(f"{number}.json", *events)
    company.songs(f"{number}.json", a_song(song_id=f"SO-{name}-{number}"))


def contents(company: Sparkify) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of a company, read by their qualified names."""
    schemas = company.settings.schemas
    staged = {model.__tablename__ for model in SPARKIFY.staging}
    rows = {}
    with connected(replace(company.settings, schema=None, staging_schema=None)) as connection:
        for table in (*SPARKIFY.all_tables, migrate.VERSION_TABLE):
            schema = "public" if schemas is None else schemas.staging if table in staged else schemas.main
            rows[table] = sorted(map(tuple, connection.execute(text(f'SELECT * FROM "{schema}".{table}'))), key=repr)
    return rows
