"""DuckDB alone, from JSON to the star in a database file: the lower bound that a columnar engine sets.

It creates the star once, from files without duplicates: it does not update, check, or track files.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.data import Dataset

SCRIPT = Path(__file__).with_name("duckdb_alone.sql")


class DuckdbAlone:
    """A load into a new database file in ``directory``."""

    name = "DuckDB alone"

    def __init__(self, directory: Path, dataset: Dataset) -> None:
        self._file = directory / "star.duckdb"
        self._dataset = dataset

    def prepare(self) -> None:
        for file in self._file.parent.glob(f"{self._file.name}*"):
            file.unlink()

    def load(self) -> None:
        import duckdb

        with duckdb.connect(str(self._file)) as connection:
            connection.execute("SET VARIABLE log_files = $1", [str(self._dataset.directory / "log_data/**/*.json")])
            connection.execute("SET VARIABLE song_files = $1", [str(self._dataset.directory / "song_data/**/*.json")])
            connection.execute(SCRIPT.read_text())

    def query(self, sql: str) -> Iterable[tuple[Any, ...]]:
        import duckdb

        with duckdb.connect(str(self._file), read_only=True) as connection:
            found = connection.execute(sql)
            while rows := found.fetchmany(20_000):
                yield from rows
