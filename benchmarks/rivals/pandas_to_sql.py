"""pandas: read_json and to_sql, file by file, and SQL for the star.

``method`` is that of to_sql: its default, or "multi", with a thousand rows per statement. ``precise_float`` reads numbers
exactly; user ids are read as text, because some are empty.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import psycopg2
from sqlalchemy import Engine, create_engine

from benchmarks.data import Dataset

SQL_OF_STAR = Path(__file__).with_name("star.sql")
METHODS: dict[str, dict[str, Any]] = {"default": {}, "multi": {"method": "multi", "chunksize": 1000}}


def load(dsn: str, dataset: Dataset, method: str = "default") -> dict[str, float]:
    """Load the files into new tables; return the seconds of staging and of the star."""
    engine = create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(dsn))
    try:
        start = time.perf_counter()
        _to_sql(engine, dataset.song_files, "staging_songs", METHODS[method])
        _to_sql(engine, dataset.log_files, "staging_events", METHODS[method])
        staged = time.perf_counter()
        with engine.begin() as connection:
            connection.exec_driver_sql(SQL_OF_STAR.read_text())
        return {"staging": staged - start, "star": time.perf_counter() - staged}
    finally:
        engine.dispose()


def _to_sql(engine: Engine, files: Iterable[Path], table: str, options: dict[str, Any]) -> None:
    if_exists: Literal["append"] = "append"
    for file in files:
        frame = pd.read_json(file, lines=True, dtype={"userId": str}, precise_float=True).rename(columns=_snake_case)
        frame.to_sql(table, engine, if_exists=if_exists, index=False, **options)


def _snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
