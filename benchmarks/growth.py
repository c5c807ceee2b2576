"""Growth: time per event and memory of loads of any size, and a day's load on top of histories of any length.

Each load is a process of its own, so that its memory is its own. What the process does before it is connected, which is the
same however much it then loads, has a row of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.data import DAYS, FIRST_DAY, Dataset, simulated
from benchmarks.measure import watched
from benchmarks.sizes import Size
from benchmarks.table import Row
from benchmarks.warehouses import Ground

PART = "growth"
MEGABYTE = 1_000_000
MOST_MEGABYTES = 400.0
DAY_AFTER = FIRST_DAY + timedelta(DAYS)

# A history is the first month again and again, each time a month earlier and in other sessions, the oldest first.
HISTORY = """
INSERT INTO songplays (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent,
                       item_in_session, song_title, artist_name, song_length)
SELECT start_time - month * interval '{days} days', user_id, level, song_id, artist_id,
       session_id + month * 1000000000::bigint, location, user_agent, item_in_session, song_title, artist_name, song_length
FROM (SELECT generate_series({months} - 1, 0, -1) AS month) AS months
CROSS JOIN LATERAL (SELECT * FROM month_of_plays OFFSET 0) AS play
LIMIT {plays}
"""
TIMES = """
INSERT INTO time
SELECT start_time, date_part('hour', start_time), date_part('day', start_time), date_part('week', start_time),
       date_part('month', start_time), date_part('year', start_time), date_part('dow', start_time)
FROM (SELECT DISTINCT start_time FROM songplays) AS moment
ORDER BY start_time
"""


@dataclass(frozen=True)
class Load:
    """What one load took, and its process before it."""

    connecting_seconds: float
    seconds: float
    peak_megabytes: float


def rows(ground: Ground, size: Size) -> Iterator[Row]:
    """The rows of the table about growth."""
    yield from _by_events(ground, size)
    yield from _by_history(ground, size)


def _load(ground: Ground, logs: Dataset, songs: Dataset) -> Load:
    standin = str(ground.settings.standin_directory)
    run = watched([sys.executable, "-m", "benchmarks.one_load", standin, str(logs.directory), str(songs.directory)])
    told = json.loads(run.output)
    return Load(told["connecting"], told["seconds"], max(run.peak_bytes, told["peak_bytes"]) / MEGABYTE)


def _by_events(ground: Ground, size: Size) -> Iterator[Row]:
    """Loads into an empty warehouse, of as many songs for each event at every size; the largest once, the others again."""
    least, most = min(size.growing_events), max(size.growing_events)
    loads = {
        events: [_of_all(ground, size, events) for _ in range(1 if events == most else size.repeats)]
        for events in size.growing_events
    }
    seconds = {events: [load.seconds for load in each] for events, each in loads.items()}
    per_million = {events: min(each) / events * 1e6 for events, each in seconds.items()}
    fastest, *_, slowest = sorted(per_million, key=per_million.__getitem__)
    yield Row(
        PART,
        f"Load of {slowest:,} events and their songs, seconds per million: the slowest of {_listed(size.growing_events)}",
        f"the fastest of them, {fastest:,} events",
        per_million[slowest],
        per_million[fastest],
        limit=1.3,
        runs={f"{events:,} events": each for events, each in seconds.items()},
    )
    connecting = [load.connecting_seconds for each in loads.values() for load in each]
    yield Row(
        PART,
        "Imports and connecting to a server that runs, before the first load of a process",
        f"the load of {least:,} events",
        min(connecting),
        min(seconds[least]),
        runs={"connecting": connecting},
    )
    peaks = {events: [load.peak_megabytes for load in each] for events, each in loads.items()}
    runs = {f"{events:,} events": each for events, each in peaks.items()}
    of = f"Peak memory of load(), {most:,} events"
    big, small = max(peaks[most]), min(peaks[least])
    yield Row(PART, of, f"{MOST_MEGABYTES:g} MB", big, MOST_MEGABYTES, limit=1, unit="MB", runs=runs)
    yield Row(PART, of, f"the same of {least:,} events", big, small, limit=1.3, unit="MB", runs=runs)


def _of_all(ground: Ground, size: Size, events: int) -> Load:
    ground.empty()
    dataset = simulated(events, events * size.songs // size.events, size.songs_per_file)
    return _load(ground, dataset, dataset)


def _by_history(ground: Ground, size: Size) -> Iterator[Row]:
    """The same day loaded on top of histories of different lengths."""
    month = simulated(size.events, size.songs, size.songs_per_file)
    day = simulated(size.day_events, size.songs, size.songs_per_file, first_day=DAY_AFTER, days=1)
    ground.empty()
    _load(ground, month, month)
    ground.execute("CREATE TABLE month_of_plays AS SELECT * FROM songplays ORDER BY start_time")
    try:
        loads = {plays: _on_top(ground, plays, day, month, size.repeats) for plays in size.histories}
    finally:
        ground.execute("DROP TABLE month_of_plays")
    shortest, longest = min(loads), max(loads)
    yield Row(
        PART,
        f"Load of a day of {size.day_events:,} events on top of {longest:,} songplays",
        f"the same on top of {shortest:,}",
        min(loads[longest]),
        min(loads[shortest]),
        limit=1.5,
        runs={f"{plays:,} songplays": seconds for plays, seconds in loads.items()},
    )


def _on_top(ground: Ground, plays: int, day: Dataset, month: Dataset, repeats: int) -> list[float]:
    """Seconds of loading a day on top of that many plays, of songs that were loaded with the month."""
    ground.empty("songplays", "time")
    if plays:
        with ground.direct() as connection:
            (of_month,) = connection.execute("SELECT count(*) FROM month_of_plays").fetchone() or (0,)
        ground.execute(HISTORY.format(days=DAYS, months=-(-plays // of_month), plays=plays), TIMES)
    seconds = []
    for _ in range(repeats):
        ground.settle()
        seconds.append(_load(ground, day, month).seconds)
        _forget_day(ground, day)
    return seconds


def _forget_day(ground: Ground, day: Dataset) -> None:
    """Take a day out again, and its files out of the ledger, so that it can be loaded once more."""
    ground.execute(
        f"DELETE FROM songplays WHERE start_time >= '{DAY_AFTER}'",  # noqa: S608 (a date of ours)
        f"DELETE FROM time WHERE start_time >= '{DAY_AFTER}'",  # noqa: S608
        f"DELETE FROM load_files WHERE url LIKE '{day.directory.as_uri()}/%'",  # noqa: S608
    )


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)
