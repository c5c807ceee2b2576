"""Whole load: from files to the star, against other tools.

All load the same files in one run, and each rival's star is compared with ours. Rivals on PostgreSQL have their own
databases on our server, which they reach without the relay. The row-by-row rival is so slow that it gets fewer events.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import stars
from benchmarks.data import Dataset, simulated
from benchmarks.measure import Contestant, alternate
from benchmarks.rivals.duckdb_alone import DuckdbAlone
from benchmarks.rivals.on_postgres import RivalOnPostgres
from benchmarks.sizes import Size
from benchmarks.table import Row
from benchmarks.warehouses import BenchmarkServer
from sparkify_dwh import load
from sparkify_dwh.standin.postgres.server import DATABASE

PART = "whole"
AIM_BEHIND_DUCKDB = 2.0
TIMES_AHEAD_OF_DLT = 10.0
TIMES_AHEAD = 40.0  # ahead of pandas, and of row by row


def rows(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Yield the rows of the table about whole loads."""
    dataset = simulated(size.events, size.songs, size.songs_per_file)
    with tempfile.TemporaryDirectory(prefix="sparkify-bench-") as name:
        directory = Path(name)
        pandas = partial(RivalOnPostgres, server, dataset, directory, module="pandas_to_sql")
        rivals = (
            RivalOnPostgres(server, dataset, directory, "dlt, and SQL for the star", "dlt_pipeline"),
            pandas("pandas to_sql, and SQL for the star", options=("default",)),
            pandas('pandas to_sql(method="multi"), and SQL for the star', options=("multi",)),
        )
        limits = (TIMES_AHEAD_OF_DLT, TIMES_AHEAD, TIMES_AHEAD)
        ours = _ours(server, dataset)
        slow = [Contestant(rival.name, rival.load, rival.prepare, repeats=1) for rival in rivals]
        yield _against_duckdb(server, size, ours, slow, DuckdbAlone(directory, dataset))
        star = _star(server)
        for rival, contestant, limit in zip(rivals, slow, limits, strict=True):
            _require_same(rival, star)
            yield Row.of(PART, _what(size), rival.name, ours, contestant, limit=limit, ahead=True)
        yield from _row_by_row(server, size, ours, directory)


def _against_duckdb(
    server: BenchmarkServer, size: Size, ours: Contestant, slow: list[Contestant], duckdb: DuckdbAlone
) -> Row:
    """Run all contestants that load everything, and compare ours with DuckDB."""
    theirs = Contestant(duckdb.name, duckdb.load, duckdb.prepare)
    alternate([ours, theirs, *slow], size.repeats)
    stars.require_same(duckdb.name, _star(server), stars.star(duckdb.query))
    return Row.of(PART, _what(size), duckdb.name, ours, theirs, aim=AIM_BEHIND_DUCKDB)


def _row_by_row(server: BenchmarkServer, size: Size, ours: Contestant, directory: Path) -> Iterator[Row]:
    """Load the whole catalogue and ``scaled_events`` row by row, and scale the time of the events to all of them."""
    few = simulated(size.scaled_events, size.songs, size.songs_per_file)
    alternate([_ours(server, few)], 1)
    star = _star(server)
    for index in ("with index", "without index"):
        name = f"psycopg2 row by row, {index} on songs(title)"
        rival = RivalOnPostgres(server, few, directory, name, "row_by_row", (index,))
        rival.prepare()
        rival.load()
        _require_same(rival, star)
        yield Row(
            PART,
            _what(size),
            f"{name}; its events scaled from {size.scaled_events:,}",
            ours.best,
            rival.phases["songs"] + rival.phases["events"] * size.events / size.scaled_events,
            limit=TIMES_AHEAD,
            ahead=True,
            runs={ours.name: ours.seconds} | {f"{name}: {phase}": [s] for phase, s in rival.phases.items()},
        )


def _what(size: Size) -> str:
    return f"Load of {size.events:,} events and {size.songs:,} songs"


def _ours(server: BenchmarkServer, dataset: Dataset) -> Contestant:
    return Contestant("ours", partial(load, server.settings_for(dataset)), server.empty)


def _require_same(rival: RivalOnPostgres, star: dict[str, stars.Digest]) -> None:
    """Compare a rival's star with ours, and drop its database."""
    stars.require_same(rival.name, star, _star(rival.server, rival.database))
    rival.server.drop_database(rival.database)


def _star(server: BenchmarkServer, database: str = DATABASE) -> dict[str, stars.Digest]:
    with server.direct(database) as connection:
        return stars.star(stars.reader(connection))
