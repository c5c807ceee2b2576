"""Simulated input: song and log files in Sparkify's form and layout, of any size, from a seed.

The same arguments give the same bytes on every machine and every Python from 3.10 on. Shares, lengths and the order
of pages follow the real log of November 2018; people, artists and songs are invented.

Unlike in the real data, users' names, areas and browsers never change, and all users registered before the first day;
only the first 50,000 songs of the catalogue are played, and at most 50,000 songs outside it; Submit Downgrade is more
common, so that the share of paid events is stable. Events for which the users have no time are those of visitors who
never log in. Memory holds the users, the events of one day, the songs of one file, and the played songs.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from sparkify_dwh.errors import UsageError
from sparkify_dwh.simulation.songs import Catalogue, Plays, Progress, write_file, write_songs
from sparkify_dwh.simulation.traffic import EVENT_KEYS, LogLine, Traffic
from sparkify_dwh.storage.urls import file_url

OUTPUTS = ("log_data", "song_data", "log_json_path.json")
WEEKDAYS = (305, 315, 402, 247, 305, 178, 125)  # events of a Monday, of a Tuesday and so on in the real log


@dataclass(frozen=True)
class Simulation:
    """What was written and where: numbers of rows and files, and the bytes of all files together.

    ``users`` counts the distinct user ids in the log. ``log_data``, ``song_data`` and ``log_json_path`` are two directories
    and a file; ``inputs`` are their URLs by the keys of section [S3], for ``Settings.embedded``.
    """

    songs: int
    events: int
    users: int
    song_files: int
    log_files: int
    bytes: int
    log_data: Path
    song_data: Path
    log_json_path: Path

    @property
    def inputs(self) -> dict[str, str]:
        return inputs_under(file_url(f"{self.log_data.parent}/"))


def inputs_under(url: str) -> dict[str, str]:
    """Return the inputs in a folder with Sparkify's layout, by their keys in section [S3]."""
    folder = url.rstrip("/")
    return {
        "LOG_DATA": f"{folder}/log_data/",
        "LOG_JSONPATH": f"{folder}/log_json_path.json",
        "SONG_DATA": f"{folder}/song_data/",
    }


def simulate(  # noqa: PLR0913 (each is a property of the data)
    directory: Path,
    *,
    songs: int = 1000,
    events: int = 10000,
    users: int | None = None,
    days: int = 30,
    start: date = date(2018, 11, 1),
    seed: int = 0,
    songs_per_file: int = 1,
    catalogue_share: float = 0.2,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Write exactly ``songs`` songs and ``events`` events of ``days`` UTC days from ``start`` under ``directory``.

    A day without events, which there is only with fewer events than days, has no file. There are ``users`` users, by
    default as many as make 2.7 events per user and day, as in the real log. ``catalogue_share`` of the plays are of a song
    of the catalogue; a few others have its title and artist, with a length that differs by more than 2 seconds.
    ``progress`` is called with ``songs`` or ``events``, the number written, and the total.

    Raises UsageError for an invalid argument and, without ``overwrite``, for a directory that already holds song or log
    data; ``overwrite`` removes log_data/, song_data/ and log_json_path.json there and nothing else.
    """
    _check_numbers(0, songs=songs, events=events, seed=seed)
    _check_numbers(1, days=days, songs_per_file=songs_per_file, users=1 if users is None else users)
    _check_share_and_days(catalogue_share, start, days)
    users = users or max(1, -(-events * 10 // (days * 27)))
    report = progress or (lambda _what, _done, _total: None)
    log_data, song_data, log_json_path = _make_room(directory, overwrite)

    catalogue = Catalogue(_random(seed, "songs"), songs)
    song_files, song_bytes = write_songs(song_data, catalogue, _random(seed, "files"), songs_per_file, report)
    random = _random(seed, "events")
    traffic = Traffic(random, Plays(random, catalogue, catalogue_share, events), users, start)
    log_files, log_bytes = _write_log(log_data, traffic, _events_per_day(random, events, days, start), report)
    all_bytes = song_bytes + log_bytes + _write_json_paths(log_json_path)
    seen = len(traffic.user_ids)
    return Simulation(songs, events, seen, song_files, log_files, all_bytes, log_data, song_data, log_json_path)


def _check_numbers(least: int, **numbers: int) -> None:
    for name, number in numbers.items():
        if number < least:
            raise UsageError(f"{name} must be {least} or more, found {number}", "give a greater number")


def _check_share_and_days(catalogue_share: float, start: date, days: int) -> None:
    if not 0 <= catalogue_share <= 1:
        raise UsageError(f"catalogue_share must be from 0 to 1, found {catalogue_share}", "give the part of all plays")
    if start.year < 1971 or days - 1 > (date.max - start).days:
        raise UsageError(f"All days must be in the years 1971 to 9999, found {days} from {start}", "change them")


def _make_room(directory: Path, overwrite: bool) -> list[Path]:
    """Create ``directory``, remove an earlier simulation with ``overwrite``, and return the paths of the OUTPUTS."""
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"A simulation is written into a directory, found a file: {directory}", "Name another place")
    outputs = [directory / name for name in OUTPUTS]
    held = [path for path in outputs if path.is_symlink() or path.is_file() or _has_files(path)]
    if held and not overwrite:
        raise UsageError(
            f"{directory} already holds simulated files, such as {held[0]}",
            "pass --overwrite to replace them, or name another directory",
        )
    for path in held:
        _remove(path)
    for path in outputs[:2]:
        path.mkdir(parents=True, exist_ok=True)
    return outputs


def _has_files(path: Path) -> bool:
    return any(not inner.is_dir() for inner in path.rglob("*"))


def _remove(path: Path) -> None:
    """Remove a file, a directory with its content, or a link, but not its target."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _random(seed: int, what: str) -> Random:
    """Return a generator for one kind of data, so that the songs stay the same when only the events change."""
    return Random(f"{what} {seed}")  # noqa: S311 (nothing secret)


def _events_per_day(random: Random, events: int, days: int, start: date) -> list[int]:
    """Return the number of events of each day, by weekday and at random; at least one if there are enough."""
    least = 1 if events >= days else 0
    spare = events - least * days
    weights = [WEEKDAYS[(start + timedelta(day)).weekday()] * (60 + int(80 * random.random())) for day in range(days)]
    total = sum(weights)
    until = [spare * weight // total for weight in accumulate(weights)]
    return [least + end - begin for begin, end in zip([0, *until[:-1]], until, strict=True)]


def _write_log(log_data: Path, traffic: Traffic, quotas: Sequence[int], report: Progress) -> tuple[int, int]:
    """Write one file a day with as many events as its quota; return the number of files and of bytes."""
    files = size = done = 0
    total = sum(quotas)
    lines = defaultdict[int, list[LogLine]](list)
    for day, quota in enumerate(quotas):
        while len(lines[day]) < quota:
            _add_session(lines, traffic, day, quotas)
        if quota:
            size += _write_day(log_data, traffic.start + timedelta(day), lines.pop(day))
            files, done = files + 1, done + quota
            report("events", done, total)
    return files, size


def _add_session(lines: dict[int, list[LogLine]], traffic: Traffic, day: int, quotas: Sequence[int]) -> None:
    """Add a session of ``day`` to the lines by day. It ends where a day is full, and at the second midnight."""
    until = min(day + 2, len(quotas))
    for line in traffic.session(day):
        then = traffic.day_of(line[0])
        if then >= until or len(lines[then]) == quotas[then]:
            return
        lines[then].append(line)


def _write_day(log_data: Path, day: date, lines: list[LogLine]) -> int:
    lines.sort()
    path = log_data / f"{day:%Y/%m/%Y-%m-%d}-events.json"
    return write_file(path, b"\n".join(text for _, _, _, text in lines))


def _write_json_paths(path: Path) -> int:
    paths = {"jsonpaths": [f"$['{key}']" for key in EVENT_KEYS]}
    return write_file(path, json.dumps(paths, indent=4).encode())
