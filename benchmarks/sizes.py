"""The sizes of a run: small for the tests, full for the published results."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Numbers of events, songs and repeats.

    ``repeats`` is how often contestants run, alternating; slow rivals run once. The slowest rival gets ``scaled_events``,
    and its time is scaled to ``events``. ``histories`` are numbers of songplays before a day of ``day_events`` is loaded;
    ``growing_events`` are loads into an empty warehouse. ``exact_events`` are for the slower readers of JSON.
    """

    name: str
    events: int
    songs: int
    songs_per_file: int
    exact_events: int
    repeats: int
    scaled_events: int
    growing_events: tuple[int, ...]
    histories: tuple[int, ...]
    day_events: int
    starts: int
    first_uses: int

    @property
    def song_files(self) -> int:
        return -(-self.songs // self.songs_per_file)

    @property
    def is_full(self) -> bool:
        """Whether the limits apply: with few rows, fixed costs dominate."""
        return self.name == FULL.name


SMALL = Size(
    name="small",
    events=3_000,
    songs=400,
    songs_per_file=100,
    exact_events=300,
    repeats=1,
    scaled_events=1_000,
    growing_events=(500, 2_000),
    histories=(0, 3_000),
    day_events=200,
    starts=1,
    first_uses=0,
)
FULL = Size(
    name="full",
    events=1_000_000,
    songs=50_000,
    songs_per_file=2_500,
    exact_events=100_000,
    repeats=3,
    scaled_events=20_000,
    growing_events=(100_000, 1_000_000, 5_000_000),
    histories=(0, 1_000_000, 10_000_000),
    day_events=50_000,
    starts=10,
    first_uses=3,
)
SIZES = {size.name: size for size in (SMALL, FULL)}
