"""Simulated songs: the catalogue, its files in the layout of the real ones, and how often songs are played.

Most played songs are not in the catalogue, as in the real log.
"""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sparkify_dwh.simulation.names import PLACES, Weighted, artist_name, from_quantiles, pick, song_title, with_guest

Progress = Callable[[str, int, int], None]
Fields = dict[str, Any]  # of a song or an event

MAX_PLAYED_SONGS = 50_000  # kept in memory, of the catalogue and as many outside it
MAX_ARTISTS = 20_000
FILES_PER_FOLDER = 24
NEAR_MISSES = 0.05  # share of the plays outside the catalogue with its title and artist, but another length
ARTISTS_SHIFT = 10  # of the Zipf-Mandelbrot law by which artists have songs
SONGS_SHIFT = 30  # of the one by which songs are played

# Quantiles of the lengths of the songs in the real log, in seconds.
LENGTHS = (
    *((0, 16), (0.01, 67), (0.05, 138), (0.1, 163), (0.25, 197), (0.5, 233), (0.75, 274), (0.9, 339), (0.95, 397)),
    *((0.99, 587), (0.999, 1329), (1, 2595)),
)


class Catalogue:
    """The songs. ``playable`` are the first of them, in the form of events, after ``rows`` has yielded them."""

    def __init__(self, random: Random, songs: int) -> None:
        self.songs = songs
        self.playable: list[Fields] = []
        self._random = random
        self._names: set[str] = set()
        artists = [self._artist() for _ in range(min(songs // 3 + 1, MAX_ARTISTS))]
        self._artists = Weighted.zipf(artists, ARTISTS_SHIFT)

    def new_name(self, random: Random) -> str:
        """Return a new artist's name."""
        name = artist_name(random)
        while name in self._names:
            name = artist_name(random)
        self._names.add(name)
        return name

    def rows(self) -> Iterator[Fields]:
        """Yield the songs as in the files. One in fifty repeats the song before, less than a second longer."""
        before: Fields | None = None
        for _ in range(self.songs):
            if before and self._random.random() < 0.02:
                song, before = self._again(before), None
            else:
                song = before = self._song()
            if len(self.playable) < MAX_PLAYED_SONGS:
                self.playable.append(_play(song["artist_name"], song["title"], song["duration"]))
            yield song

    def _artist(self) -> Fields:
        place, known = pick(self._random, PLACES), self._random.random()
        return {
            "artist_id": f"AR{_random_id(self._random)}",
            "artist_latitude": place.latitude if known < 0.4 else None,
            "artist_longitude": place.longitude if known < 0.4 else None,
            "artist_location": place.name if known < 0.6 else "",
            "artist_name": self.new_name(self._random),
        }

    def _song(self) -> Fields:
        random = self._random
        artist, age = self._artists.pick(random), random.random()
        if random.random() < 0.05:
            artist = artist | {"artist_name": with_guest(random, artist["artist_name"])}
        year = 0 if random.random() < 1 / 3 else 2010 - int(50 * age * age)
        song_id, title = f"SO{_random_id(random)}", song_title(random)
        return {"num_songs": 1, **artist, "song_id": song_id, "title": title, "duration": _length(random), "year": year}

    def _again(self, song: Fields) -> Fields:
        longer = 0.1 + 0.8 * self._random.random()
        return song | {"song_id": f"SO{_random_id(self._random)}", "duration": round(song["duration"] + longer, 5)}


class Plays:
    """Plays of songs in the catalogue (``share``, 0 to 1) and outside it, more of popular ones.

    ``catalogue.rows`` must be exhausted.
    """

    def __init__(self, random: Random, catalogue: Catalogue, share: float, events: int) -> None:
        self._random = random
        self._catalogue_until = share if catalogue.playable else 0.0
        self._near_misses_until = share + (1 - share) * NEAR_MISSES if catalogue.playable else 0.0
        self._catalogue = Weighted.zipf(catalogue.playable, SONGS_SHIFT)
        self._others = Weighted.zipf(self._songs_elsewhere(catalogue, min(events, MAX_PLAYED_SONGS)), SONGS_SHIFT)

    def draw(self) -> Fields:
        """Return a play. One in two hundred of the catalogue has a blank after its title."""
        share = self._random.random()
        if share >= self._near_misses_until:
            return self._others.pick(self._random)
        play = self._catalogue.pick(self._random)
        if share >= self._catalogue_until:
            return play | {"length": round(play["length"] + 3 + 27 * self._random.random(), 5)}
        return play | {"song": f"{play['song']} "} if self._random.random() < 0.005 else play

    def _songs_elsewhere(self, catalogue: Catalogue, songs: int) -> list[Fields]:
        """Return songs by artists outside the catalogue."""
        random = self._random
        artists = Weighted.zipf([catalogue.new_name(random) for _ in range(songs // 3 + 1)], ARTISTS_SHIFT)
        return [_play(artists.pick(random), song_title(random), _length(random)) for _ in range(songs)]


def write_songs(
    song_data: Path, catalogue: Catalogue, random: Random, per_file: int, report: Progress
) -> tuple[int, int]:
    """Write the songs, one per line and ``per_file`` per file; return the number of files and of bytes.

    As in the real layout, the folder of a file is the third to fifth letter of its track id: A/A/A, A/A/B and so on.
    """
    files = size = done = 0
    rows = catalogue.rows()
    while batch := list(islice(rows, per_file)):
        path = song_data / _path(random, files // FILES_PER_FOLDER)
        size += write_file(path, "\n".join(map(json.dumps, batch)).encode())
        files, done = files + 1, done + len(batch)
        if files % FILES_PER_FOLDER == 0 or done == catalogue.songs:
            report("songs", done, catalogue.songs)
    return files, size


def write_file(path: Path, content: bytes) -> int:
    """Write a file, creating its folder; return the number of bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(content)


def _path(random: Random, folder: int) -> Path:
    letters = [chr(ord("A") + folder // unit % 26) for unit in (26 * 26, 26, 1)]
    return Path(*letters, f"TR{''.join(letters)}{_random_id(random)[:13]}.json")


def _random_id(random: Random) -> str:
    """Return 16 upper-case letters and digits: 80 bits, which do not repeat."""
    return b32encode(random.getrandbits(80).to_bytes(10, "big")).decode()


def _length(random: Random) -> float:
    return round(from_quantiles(random, LENGTHS), 5)


def _play(artist: str, song: str, length: float) -> Fields:
    return {"artist": artist, "length": length, "song": song}
