"""Star: filling all five tables from staged data, against hand-written SQL with the same result.

Both run on the same server, in tables of the same design, each in one transaction: a first load, the same batch again, and
one more day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import stars
from benchmarks.data import DAYS, FIRST_DAY, Dataset, simulated
from benchmarks.measure import Contestant, alternate
from benchmarks.sizes import Size
from benchmarks.table import Row
from benchmarks.warehouses import MIGRATED, BenchmarkServer, engine_of, stage
from sparkify_dwh.loading.loader import fill
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.staging import STAGING
from sparkify_dwh.standin.postgres.server import DATABASE
from sparkify_dwh.star import STAR

PART = "star"
BY_HAND = "by_hand"
HAND_WRITTEN = Path(__file__).parent / "rivals" / "hand_written.sql"
STAR_TABLES = [model.__tablename__ for model in STAR]


def rows(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Yield the rows of the table about the star."""
    server.empty()
    server.make_database(BY_HAND, MIGRATED)
    per_day = size.events // DAYS
    month = simulated(size.events, size.songs, size.songs_per_file)
    day_after = simulated(per_day, size.songs, size.songs_per_file, first_day=FIRST_DAY + timedelta(DAYS), days=1)
    with engine_of(server.settings) as engine:
        star = _Contest(server, engine, size.repeats)
        star.stage(month)
        yield star.row(f"Fill of the star from {size.events:,} events", star.empty)
        star.stage(month)  # as a load does: songs that the star holds unchanged are left out
        yield star.row("Fill of the star from the same again: nothing new", star.settle)
        star.stage(day_after)
        server.empty("staging_songs")
        server.empty("staging_songs", database=BY_HAND)
        yield star.row(f"Fill of the star from one more day, {per_day:,} events", star.settle, rolled_back=True)


def fill_ours(engine: Engine, *, rolled_back: bool = False) -> None:
    """Fill the star as a load does."""
    with engine.connect() as connection:
        batch = Batch.of(connection, STAGING, STAR)
        for model in STAR:
            fill(connection, model, batch)
        if not rolled_back:
            connection.commit()


def fill_by_hand(server: BenchmarkServer, *, rolled_back: bool = False) -> None:
    """Fill the star with the hand-written SQL."""
    with server.direct(BY_HAND) as connection:
        connection.execute(HAND_WRITTEN.read_bytes())
        if rolled_back:
            connection.rollback()


class _Contest:
    """Our warehouse and the one filled by hand-written SQL, with the same rows in staging."""

    def __init__(self, server: BenchmarkServer, engine: Engine, repeats: int) -> None:
        self._server = server
        self._engine = engine
        self._repeats = repeats

    def stage(self, dataset: Dataset) -> None:
        stage(self._engine, self._server.settings_for(dataset))
        for model in STAGING:
            self._server.empty(model.__tablename__, database=BY_HAND)
            self._server.copy_table(model.__tablename__, DATABASE, BY_HAND)

    def empty(self, database: str) -> None:
        self._server.empty(*STAR_TABLES, database=database)

    def settle(self, database: str) -> None:
        self._server.settle(database)

    def row(self, what: str, prepare: Callable[[str], None], *, rolled_back: bool = False) -> Row:
        """Time both, compare the two stars, and leave them as they are.

        Runs that are rolled back can be repeated; one more run is committed for the comparison.
        """
        fill_mine = partial(fill_ours, self._engine, rolled_back=rolled_back)
        fill_theirs = partial(fill_by_hand, self._server, rolled_back=rolled_back)
        ours = Contestant("ours", fill_mine, partial(prepare, DATABASE))
        by_hand = Contestant("by hand", fill_theirs, partial(prepare, BY_HAND))
        alternate([ours, by_hand], self._repeats)
        if rolled_back:
            fill_ours(self._engine)
            fill_by_hand(self._server)
        with self._server.direct() as mine, self._server.direct(BY_HAND) as theirs:
            stars.require_same("SQL written by hand", stars.star(stars.reader(mine)), stars.star(stars.reader(theirs)))
        return Row.of(PART, what, "SQL written by hand", ours, by_hand, limit=1.2)
