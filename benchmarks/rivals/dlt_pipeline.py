"""dlt: its JSON lines reader and its postgres destination with their defaults, and SQL for the star.

It writes to the working directory and to DLT_DATA_DIR.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import dlt
import psycopg2
from dlt.destinations import postgres
from dlt.sources.filesystem import filesystem, read_jsonl
from psycopg2.extensions import parse_dsn

from benchmarks.data import Dataset

SQL_OF_STAR = Path(__file__).with_name("star.sql")
SCHEMA = "staging"


def load(dsn: str, dataset: Dataset) -> dict[str, float]:
    """Load the files into new tables; return the seconds of staging and of the star."""
    pipeline = dlt.pipeline(
        "sparkify", pipelines_dir="pipelines", destination=postgres(_url(dsn)), dataset_name=SCHEMA, progress=None
    )
    start = time.perf_counter()
    pipeline.run([_lines(dataset, "song_data", "staging_songs"), _lines(dataset, "log_data", "staging_events")])
    staged = time.perf_counter()
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO public, {SCHEMA}")
        cursor.execute(SQL_OF_STAR.read_text())
    connection.close()
    return {"staging": staged - start, "star": time.perf_counter() - staged}


def _lines(dataset: Dataset, folder: str, table: str) -> dlt.sources.DltResource:
    files = filesystem(bucket_url=str(dataset.directory / folder), file_glob="**/*.json")
    return (files | read_jsonl()).with_name(table)


def _url(dsn: str) -> str:
    """Return the address as a URL, with the directory of the socket as the host."""
    part = parse_dsn(dsn)
    return f"postgresql://{part['user']}:none@{quote(part['host'], safe='')}:{part['port']}/{part['dbname']}"
