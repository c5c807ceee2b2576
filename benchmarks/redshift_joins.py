"""What the joins of the shipped statements move between nodes, with the chosen design and with others.

Assumptions: the planner chooses the cheapest movement, and rows are spread evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import redshift_measured as measured
from benchmarks.redshift_growth import HISTORY_DAYS, MODELS, PLAYS_PER_SESSION, Size, row_bytes
from sparkify_dwh.physical.distribution import Distribution, movements

ACTIVE_IN_A_DAY = measured.LISTENERS_PER_DAY / sum(measured.PLAYS_PER_USER.values())
PARTS = {"all": 1.0, "a day's": 1 / HISTORY_DAYS, "active in a day": ACTIVE_IN_A_DAY, "every week": HISTORY_DAYS / 7}


def elsewhere(nodes: int) -> float:
    """Return the share of redistributed rows that cross the network: 1 in ``nodes`` stays on its node."""
    return (nodes - 1) / nodes


def bytes_moved(movement: str, outer_bytes: float, inner_bytes: float, nodes: int) -> float:
    """Return the bytes that cross the network between ``nodes`` nodes. A broadcast row is sent ``nodes`` - 1 times."""
    return {
        "DS_DIST_NONE": 0.0,
        "DS_DIST_ALL_NONE": 0.0,
        "DS_DIST_INNER": inner_bytes * elsewhere(nodes),
        "DS_DIST_ALL_INNER": inner_bytes * elsewhere(nodes),
        "DS_DIST_OUTER": outer_bytes * elsewhere(nodes),
        "DS_DIST_BOTH": (outer_bytes + inner_bytes) * elsewhere(nodes),
        "DS_BCAST_INNER": inner_bytes * (nodes - 1),
    }[movement]


@dataclass(frozen=True)
class Side:
    """One side of a join: a table, the columns that it reads, and the part of the rows.

    ``distribution`` is given when it is not the table's: NOWHERE after a GROUP BY.
    """

    table: str
    columns: Sequence[str] | None = None
    part: str = "all"
    distribution: Distribution | None = None

    def rows(self, size: Size) -> float:
        return size.rows(self.table) * PARTS[self.part]

    def bytes(self, size: Size) -> float:
        return self.rows(size) * row_bytes(self.table, self.columns)

    def lies(self, design: Mapping[str, Distribution]) -> Distribution:
        return self.distribution or design[self.table]


@dataclass(frozen=True)
class Join:
    """A join of the shipped statements. ``columns`` are the pairs (outer, inner) that are compared, without expressions."""

    name: str
    used_by: str
    outer: Side
    inner: Side
    columns: frozenset[tuple[str, str]] = frozenset()

    def movement(self, size: Size, design: Mapping[str, Distribution]) -> tuple[str, float]:
        """Return the cheapest possible movement and its bytes."""
        possible = movements(self.outer.lies(design), self.inner.lies(design), self.columns)
        sides = self.outer.bytes(size), self.inner.bytes(size)
        return min(
            ((name, bytes_moved(name, *sides, nodes=size.cluster.nodes)) for name in possible), key=lambda each: each[1]
        )


CHOSEN: dict[str, Distribution] = {name: Distribution.of(model.table()) for name, model in MODELS.items()}
NOWHERE = Distribution("EVEN")
PLAYED = ("start_time", "user_id", "session_id", "song_length")
NAMED = ("user_id", "first_name", "last_name", "level")
RECORDING = ("song_id", "artist_id", "title", "artist_name", "duration")
STAGED_PLAYS = Distribution("KEY", "start_time")  # staging_events is distributed by ts, which becomes start_time


def same(*columns: str) -> frozenset[tuple[str, str]]:
    return frozenset((column, column) for column in columns)


CALENDAR = Join(
    "plays with their calendar", "plays-per-weekday, plays-per-hour-of-day, plays-per-weekday-and-hour",
    Side("songplays", PLAYED), Side("time", ("start_time", "hour", "weekday")), same("start_time"),
)  # fmt: skip
MATCH = Join(
    "staged plays with stored plays", "a load: update and insert songplays; its checks",
    Side("songplays", part="a day's", distribution=STAGED_PLAYS), Side("songplays", part="a day's"),
    same("session_id", "item_in_session", "start_time", "user_id"),
)  # fmt: skip
TOTALS = Join(
    "users' totals with users", "top-users, level-changes",
    Side("users", ("user_id", "ts", "session_id", "item_in_session"), distribution=NOWHERE), Side("users", NAMED),
    same("user_id"),
)  # fmt: skip
JOINS = (
    CALENDAR,
    TOTALS,
    Join(
        "users' weeks with users' first plays", "new-and-returning-users, cohorts",
        Side("users", ("user_id", "ts"), "every week", NOWHERE), Side("users", ("user_id", "ts"), distribution=NOWHERE),
        same("user_id"),
    ),
    MATCH,
    Join(
        "staged plays with songs, by title and artist", "a load: update and insert songplays",
        Side("songplays", part="a day's", distribution=STAGED_PLAYS), Side("songs", RECORDING),
    ),
    Join(
        "staged moments with time", "a load: update and insert time",
        Side("songplays", ("start_time",), "a day's", STAGED_PLAYS), Side("time"), same("start_time"),
    ),
    Join(
        "staged users with users", "a load: update and insert users",
        Side("users", part="active in a day", distribution=NOWHERE), Side("users"), same("user_id"),
    ),
    Join(
        "staged songs with songs", "a load: update and insert songs",
        Side("staging_songs"), Side("songs"), same("song_id"),
    ),
    Join(
        "songs with staged songs", "a load: artists as their songs will be",
        Side("songs"), Side("staging_songs"), same("song_id"),
    ),
    Join(
        "stored plays with staged songs", "a load: update songplays by new songs",
        Side("songplays"), Side("staging_songs"), same("song_id"),
    ),
    Join("plays with users, songs, artists", "a load's checks; check", Side("songplays"), Side("users"), same("user_id")),
)  # fmt: skip


def plays_with(table: str, key: str, columns: Sequence[str]) -> Join:
    """Return the join of all plays with columns of a dimension, a typical query of analysts."""
    return Join("", "", Side("songplays", (*PLAYED, key)), Side(table, (key, *columns)), same(key))


@dataclass(frozen=True)
class Alternative:
    """Another distribution of plays; staging has the same one where it has the column."""

    name: str
    design: Mapping[str, Distribution] = field(default_factory=dict)
    staged: Distribution = STAGED_PLAYS

    @property
    def plays(self) -> Distribution:
        return self.tables["songplays"]

    @property
    def tables(self) -> Mapping[str, Distribution]:
        return {**CHOSEN, **self.design}

    def calendar_bytes(self, size: Size) -> float:
        return CALENDAR.movement(size, self.tables)[1]

    def match_bytes(self, size: Size) -> float:
        staged = Side("songplays", part="a day's", distribution=self.staged)
        return Join("", "", staged, MATCH.inner, MATCH.columns).movement(size, self.tables)[1]

    def session_bytes(self, size: Size) -> float:
        """Bytes of GROUP BY session and user over all plays: each slice sends a row per group.

        With one of the two as dist key, a group is on one slice. (What Redshift sends is inferred, not documented.)
        """
        if self.plays.key in {"session_id", "user_id"}:
            return 0.0
        slices = size.cluster.slices
        sessions = size.plays / PLAYS_PER_SESSION
        spread = sum(
            number * slices * (1 - (1 - 1 / slices) ** plays) for plays, number in measured.PLAYS_PER_SESSION.items()
        ) / sum(measured.PLAYS_PER_SESSION.values())
        return sessions * spread * (4 + 8 + 8 + 8) * elsewhere(size.cluster.nodes)

    def window_bytes(self, size: Size) -> float:
        """Bytes of a window over each user's plays: all plays are redistributed by user."""
        if self.plays.key == "user_id":
            return 0.0
        moved = row_bytes("songplays", ("user_id", "start_time", "session_id", "item_in_session", "level"))
        return size.plays * moved * elsewhere(size.cluster.nodes)


def by(key: str) -> Distribution:
    return Distribution("KEY", key)


ALTERNATIVES = (
    Alternative("start_time (chosen)"),
    Alternative("session_id", {"songplays": by("session_id")}, by("session_id")),
    Alternative(
        "session_id, time on every node", {"songplays": by("session_id"), "time": Distribution("ALL")}, by("session_id")
    ),
    Alternative("user_id", {"songplays": by("user_id")}),
    Alternative("song_id", {"songplays": by("song_id")}),
    Alternative("EVEN", {"songplays": Distribution("EVEN")}),
)


@dataclass(frozen=True)
class Dimension:
    """A dimension that could be copied to every node. ``changed`` is the share of its rows that a day's load writes.

    ``question`` joins it with all plays, or with the result of a GROUP BY.
    """

    table: str
    key: str
    changed: float
    question: Join

    def written_in_a_day(self, size: Size) -> float:
        """Return the bytes that a day's load writes when every node has a copy."""
        return size.rows(self.table) * self.changed * row_bytes(self.table) * size.cluster.nodes

    def moved_otherwise(self, size: Size) -> float:
        """Return the bytes that the question would move if the dimension were distributed by its key."""
        return self.question.movement(size, CHOSEN | {self.table: by(self.key)})[1]

    def verdict(self, size: Size) -> str:
        """Return the better distribution: its key if that moves nothing, or if the copies cost more than a question."""
        moved, written = self.moved_otherwise(size), self.written_in_a_day(size)
        return "its key" if moved == 0 or (written > MUCH and written > moved) else "every node"


MUCH = 1e9  # fewer bytes a day are negligible on any cluster

DIMENSIONS = (
    Dimension("users", "user_id", ACTIVE_IN_A_DAY, TOTALS),
    Dimension("songs", "song_id", 1 / HISTORY_DAYS, plays_with("songs", "song_id", ("title", "duration", "year"))),
    Dimension("artists", "artist_id", 1 / HISTORY_DAYS, plays_with("artists", "artist_id", ("name", "location"))),
    Dimension("time", "start_time", 1 / HISTORY_DAYS, CALENDAR),
)
