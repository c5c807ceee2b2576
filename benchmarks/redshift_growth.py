"""How large the tables would be: rows by an assumption of growth, bytes by the models' types and the real averages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, DateTime, Double, Integer, SmallInteger, String

from benchmarks import redshift_measured as measured
from sparkify_dwh import staging, star
from sparkify_dwh.base import Base
from sparkify_dwh.compaction.compact import DEFAULT_PART_BYTES

MODELS: Mapping[str, type[Base]] = {model.__tablename__: model for model in (*star.STAR, *staging.STAGING)}

# Redshift guide, r_Numeric_types201, r_Datetime_types, r_Character_types: a VARCHAR has four bytes more than its text.
FIXED_BYTES = {BigInteger: 8, DateTime: 8, Double: 8, SmallInteger: 2, Integer: 4}
VARCHAR_OVERHEAD_BYTES = 4

HISTORY_DAYS = 730
PLAYS_PER_USER = sum(plays * users for plays, users in measured.PLAYS_PER_USER.items()) / sum(
    measured.PLAYS_PER_USER.values()
)
PLAYS_PER_SESSION = measured.PLAYS / sum(measured.PLAYS_PER_SESSION.values())
SONGS_PER_ARTIST = 20  # as in the Million Song Dataset, of which the real songs are a sample: 1,000,000 by 44,745
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cluster:
    """Nodes of one type. Redshift management guide, working-with-clusters: default slices per node."""

    node_type: str
    nodes: int
    slices_per_node: int

    @property
    def slices(self) -> int:
        return self.nodes * self.slices_per_node

    def __str__(self) -> str:
        return f"{self.nodes} x {self.node_type}, {self.slices} slices"


@dataclass(frozen=True)
class Size:
    """A warehouse of ``plays`` in two years, with a catalogue and a cluster that would go with it."""

    name: str
    plays: int
    songs: int
    cluster: Cluster

    @property
    def users(self) -> float:
        """Each listens as much in a month as the real ones do, for as many months."""
        return self.plays / (PLAYS_PER_USER * HISTORY_DAYS / measured.DAYS)

    def rows(self, table: str) -> float:
        """The rows of a table; of staging, a day's."""
        return self.rows_by_table[table]

    @property
    def rows_by_table(self) -> dict[str, float]:
        """The tables whose growth is estimated."""
        return {
            "songplays": float(self.plays),
            "users": self.users,
            "songs": float(self.songs),
            "artists": self.songs / SONGS_PER_ARTIST,
            "time": self.moments(1),
            "staging_events": self.plays / HISTORY_DAYS * measured.EVENTS / measured.PLAYS,
            "staging_songs": self.songs / HISTORY_DAYS,
        }

    def moments(self, per_second: int) -> float:
        """The distinct times of plays that are spread evenly over the seconds, or milliseconds, of the two years."""
        possible = HISTORY_DAYS * 86_400 * per_second
        return -possible * math.expm1(-self.plays / possible)


SIZES = (
    Size("1e6", 10**6, 100_000, Cluster("ra3.xlplus", 2, 2)),
    Size("1e9", 10**9, 10_000_000, Cluster("ra3.4xlarge", 4, 4)),
    Size("1e11", 10**11, 100_000_000, Cluster("ra3.16xlarge", 16, 16)),
)


def row_bytes(table: str, columns: Sequence[str] | None = None) -> float:
    """The bytes of the measured columns of a row, or of some of them, as they cross the network: uncompressed."""
    model = MODELS[table].table()
    return sum(_bytes(table, model.columns[name]) for name in columns or measured.COLUMNS[table])


def _bytes(table: str, column: Column[object]) -> float:
    if isinstance(column.type, String):
        return VARCHAR_OVERHEAD_BYTES + measured.TEXT_BYTES[table][column.name]
    return next(size for kind, size in FIXED_BYTES.items() if isinstance(column.type, kind))


@dataclass(frozen=True)
class Files:
    """How to cut what one COPY loads: so many files, of about so many bytes each, compressed."""

    number: int
    bytes_each: float


def files_per_copy(compressed_bytes: float, slices: int) -> Files:
    """A multiple of the slices, of files as large as ``sparkify-dwh pack`` makes them; never below 1 MB each.

    Redshift guide, c_best-practices-use-multiple-files: about equal files of 1 MB to 1 GB, a multiple of the slices.
    """
    number = max(1, math.ceil(compressed_bytes / DEFAULT_PART_BYTES / slices)) * slices
    if compressed_bytes / number < MEGABYTE:
        number = max(1, int(compressed_bytes // MEGABYTE))
    return Files(number, compressed_bytes / number)
