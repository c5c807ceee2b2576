"""How much of everything a run measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """``repeats`` is how often contestants that take seconds are run, alternating; slow rivals are run once.

    ``scaled_events`` are what a rival gets whose time is then scaled to ``events``. ``histories`` are songplays that are
    there before a day of ``day_events`` comes; ``growing_events`` are loads into an empty warehouse.
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
        """Whether the limits mean anything: on few rows what costs the same every time is nearly everything."""
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
