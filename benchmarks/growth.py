"""Growth: time per event and peak memory by the size of a load, and the time of a day's load by the length of the history.

Each load runs in its own process, whose memory is measured. The time until it is connected does not depend on the size of
the load, and has its own row.
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
from benchmarks.warehouses import BenchmarkServer

PART = "growth"
MEGABYTE = 1_000_000
MOST_MEGABYTES = 400.0
DAY_AFTER = FIRST_DAY + timedelta(DAYS)

# A history repeats the first month: each copy is a month earlier and has other sessions. The oldest comes first.
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
    """The time and memory of one load, and the time until its process was connected."""

    connecting_seconds: float
    seconds: float
    peak_megabytes: float


def rows(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Yield the rows of the table about growth."""
    yield from _by_events(server, size)
    yield from _by_history(server, size)


def _load(server: BenchmarkServer, logs: Dataset, songs: Dataset) -> Load:
    standin = str(server.settings.standin_directory)
    run = watched([sys.executable, "-m", "benchmarks.one_load", standin, str(logs.directory), str(songs.directory)])
    load = json.loads(run.output)
    return Load(load["connecting"], load["seconds"], max(run.peak_bytes, load["peak_bytes"]) / MEGABYTE)


def _by_events(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Load into an empty warehouse, with the same number of songs per event at every size; the largest size only once."""
    least, most = min(size.growing_events), max(size.growing_events)
    loads = {
        events: [_of_all(server, size, events) for _ in range(1 if events == most else size.repeats)]
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


def _of_all(server: BenchmarkServer, size: Size, events: int) -> Load:
    server.empty()
    dataset = simulated(events, events * size.songs // size.events, size.songs_per_file)
    return _load(server, dataset, dataset)


def _by_history(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Load the same day on top of histories of different lengths."""
    month = simulated(size.events, size.songs, size.songs_per_file)
    day = simulated(size.day_events, size.songs, size.songs_per_file, first_day=DAY_AFTER, days=1)
    server.empty()
    _load(server, month, month)
    server.execute("CREATE TABLE month_of_plays AS SELECT * FROM songplays ORDER BY start_time")
    try:
        loads = {plays: _on_top(server, plays, day, month, size.repeats) for plays in size.histories}
    finally:
        server.execute("DROP TABLE month_of_plays")
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


def _on_top(server: BenchmarkServer, plays: int, day: Dataset, month: Dataset, repeats: int) -> list[float]:
    """Return the seconds of loading a day on top of that many plays, whose songs were loaded with the month."""
    server.empty("songplays", "time")
    if plays:
        with server.direct() as connection:
            (of_month,) = connection.execute("SELECT count(*) FROM month_of_plays").fetchone() or (0,)
        server.execute(HISTORY.format(days=DAYS, months=-(-plays // of_month), plays=plays), TIMES)
    seconds = []
    for _ in range(repeats):
        server.settle()
        seconds.append(_load(server, day, month).seconds)
        _forget_day(server, day)
    return seconds


def _forget_day(server: BenchmarkServer, day: Dataset) -> None:
    """Remove a day and its files from the warehouse and the ledger, so that it can be loaded again."""
    server.execute(
        f"DELETE FROM songplays WHERE start_time >= '{DAY_AFTER}'",  # noqa: S608 (a date of ours)
        f"DELETE FROM time WHERE start_time >= '{DAY_AFTER}'",  # noqa: S608
        f"DELETE FROM load_files WHERE url LIKE '{day.directory.as_uri()}/%'",  # noqa: S608
    )


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)
