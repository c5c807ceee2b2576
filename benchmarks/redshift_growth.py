"""Estimated sizes of the tables: rows by assumed growth, bytes by the models' types and the averages of the real data."""

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
SONGS_PER_ARTIST = 20  # as in the Million Song Dataset, the source of the real songs: 1,000,000 songs by 44,745 artists
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
    """A warehouse with ``plays`` in two years, and a catalogue and a cluster of a suitable size."""

    name: str
    plays: int
    songs: int
    cluster: Cluster

    @property
    def users(self) -> float:
        """The number of users, if each listens as much per month as the real ones."""
        return self.plays / (PLAYS_PER_USER * HISTORY_DAYS / measured.DAYS)

    def rows(self, table: str) -> float:
        """Return the rows of a table; for staging tables, those of a day."""
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
        """Return the number of distinct times of plays spread evenly over two years, with ``per_second`` times a second."""
        possible = HISTORY_DAYS * 86_400 * per_second
        return -possible * math.expm1(-self.plays / possible)


SIZES = (
    Size("1e6", 10**6, 100_000, Cluster("ra3.xlplus", 2, 2)),
    Size("1e9", 10**9, 10_000_000, Cluster("ra3.4xlarge", 4, 4)),
    Size("1e11", 10**11, 100_000_000, Cluster("ra3.16xlarge", 16, 16)),
)


def row_bytes(table: str, columns: Sequence[str] | None = None) -> float:
    """Return the uncompressed bytes of the measured columns of a row, or of some of them, as sent over the network."""
    model = MODELS[table].table()
    return sum(_bytes(table, model.columns[name]) for name in columns or measured.COLUMNS[table])


def _bytes(table: str, column: Column[object]) -> float:
    if isinstance(column.type, String):
        return VARCHAR_OVERHEAD_BYTES + measured.TEXT_BYTES[table][column.name]
    return next(size for kind, size in FIXED_BYTES.items() if isinstance(column.type, kind))


@dataclass(frozen=True)
class Files:
    """The number of files of a COPY, and their compressed size."""

    number: int
    bytes_each: float


def files_per_copy(compressed_bytes: float, slices: int) -> Files:
    """Return files of about the size that ``sparkify-dwh pack`` writes, a multiple of the slices; at least 1 MB each.

    Redshift guide, c_best-practices-use-multiple-files: about equal files of 1 MB to 1 GB, a multiple of the slices.
    """
    number = max(1, math.ceil(compressed_bytes / DEFAULT_PART_BYTES / slices)) * slices
    if compressed_bytes / number < MEGABYTE:
        number = max(1, int(compressed_bytes // MEGABYTE))
    return Files(number, compressed_bytes / number)
