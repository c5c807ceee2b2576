"""Simulated input, cached in ``benchmarks/.cache`` or in the directory that SPARKIFY_DWH_BENCH_CACHE names."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sparkify_dwh.simulation
from sparkify_dwh.simulation import simulate

CACHE = "SPARKIFY_DWH_BENCH_CACHE"
MADE = "made.json"  # written last: a directory without it is made again
PATHS = "log_json_path.json"
FIRST_DAY = date(2018, 11, 1)
DAYS = 30


@dataclass(frozen=True)
class Dataset:
    """Song and log files in one directory, in Sparkify's layout."""

    directory: Path

    @property
    def log_files(self) -> list[Path]:
        return sorted((self.directory / "log_data").rglob("*.json"))

    @property
    def song_files(self) -> list[Path]:
        return sorted((self.directory / "song_data").rglob("*.json"))


def cache_directory() -> Path:
    configured = os.environ.get(CACHE)
    return Path(configured).resolve() if configured else Path(__file__).parent / ".cache"


def simulated(
    events: int, songs: int, songs_per_file: int = 1, *, first_day: date = FIRST_DAY, days: int = DAYS
) -> Dataset:
    """Return files of that many events and songs. The songs depend neither on the number of events nor on the days."""
    name = f"events-{events}-songs-{songs}-by-{songs_per_file}-from-{first_day}-days-{days}"

    def make(directory: Path) -> None:
        simulate(directory, songs=songs, events=events, songs_per_file=songs_per_file, start=first_day, days=days)

    return _made(name, make)


def rewritten(
    dataset: Dataset, name: str, most_events: int, line: Callable[[bytes], bytes], below: str = ""
) -> Dataset:
    """Return the first ``most_events`` events of a dataset in one file, with each line changed by ``line``.

    ``below`` is the key under which ``line`` nests the event, for the JSONPaths file.
    """

    def make(directory: Path) -> None:
        (directory / "log_data").mkdir(parents=True)
        paths = json.loads((dataset.directory / PATHS).read_bytes())["jsonpaths"]
        if below:
            paths = [path.replace("$", f"$['{below}']", 1) for path in paths]
        (directory / PATHS).write_text(json.dumps({"jsonpaths": paths}))
        lines = (text for file in dataset.log_files for text in file.read_bytes().splitlines())
        chosen = [line(text) for _, text in zip(range(most_events), lines, strict=False)]
        (directory / "log_data" / "events.json").write_bytes(b"\n".join(chosen))

    return _made(f"{dataset.directory.name}-{name}-{most_events}", make)


def _made(name: str, make: Callable[[Path], None]) -> Dataset:
    """Return the directory of that name, filled by ``make`` unless the same simulation code has filled it already."""
    directory = cache_directory() / name
    wanted = json.dumps({"simulation": _fingerprint()})
    if not (directory / MADE).exists() or (directory / MADE).read_text() != wanted:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        make(directory)
        (directory / MADE).write_text(wanted)
    return Dataset(directory)


def _fingerprint() -> str:
    sources = sorted(Path(sparkify_dwh.simulation.__path__[0]).glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
