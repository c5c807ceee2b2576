"""Simulated input: song and log files in Sparkify's form and layout, of any size, from a seed.

The same arguments give the same bytes on every machine and every Python from 3.10 on. Shares, lengths and the order
of pages follow the real log of November 2018; people, artists and songs are invented.

What is unlike the real data: users' names, areas and browsers never change, and all users registered before the first
day; only the first 50,000 songs of the catalogue are played, and at most 50,000 songs outside it; Submit Downgrade is
commoner, so that the share of paid events stays the same over long times. What the users cannot do in the time there
is, visitors do who never log in: with far too few users for the events, most events are theirs. Memory is that of the
users and of the events of one day.
"""

from __future__ import annotations

import json
import shutil
from base64 import b32encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, count, islice
from pathlib import Path
from random import Random
from typing import Any

from sparkify_dwh.errors import UsageError
from sparkify_dwh.simulated_names import (
    FAMILIES,
    METROPOLITAN_AREAS,
    PLACES,
    Weighted,
    along,
    artist_name,
    by_rank,
    given_name,
    pick,
    song_title,
    user_agent,
    with_guest,
)

Progress = Callable[[str, int, int], None]
Fields = dict[str, Any]  # some keys of an event, or of a song, with their values
Line = tuple[int, int, int, bytes]  # an event: ts, session, item, text; lines sort as a log file has them

EVENT_KEYS = (
    *("artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method"),
    *("page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId"),
)
OUTPUTS = ("log_data", "song_data", "log_json_path.json")
MINUTE = 60_000  # milliseconds, as ts
DAY = 24 * 60 * MINUTE
SONGS_PLAYED = 50_000  # so many songs are kept in memory, of the catalogue and outside it
MOST_ARTISTS = 20_000
FILES_PER_FOLDER = 24
PAID_USERS = 0.22
NEAR_MISSES = 0.05  # of the plays that are not of the catalogue: its title and artist, but another length

# Quantiles of the real log, in seconds: how long songs are, and how long a user stays on a page that is not a song.
LENGTHS = (
    *((0, 16), (0.01, 67), (0.05, 138), (0.1, 163), (0.25, 197), (0.5, 233), (0.75, 274), (0.9, 339), (0.95, 397)),
    *((0.99, 587), (0.999, 1329), (1, 2595)),
)
STAYS = ((0, 1), (0.1, 2), (0.25, 14), (0.5, 69), (0.75, 205), (0.9, 444), (0.99, 2359), (1, 3600))
# Events by hour of the day (UTC) and by day of the week (from Monday) in the real log.
HOURS = (
    *(185, 201, 157, 130, 159, 206, 230, 219, 246, 311, 356, 391),
    *(368, 415, 504, 577, 626, 572, 579, 431, 397, 326, 247, 223),
)
WEEKDAYS = (305, 315, 402, 247, 305, 178, 125)

# Which page follows which, in events of the real log; "-" before a page: seen while logged out.
ANYONE = {
    "About": {"END": 10, "About": 4, "NextSong": 4, "Home": 4},
    "Error": {"END": 6, "NextSong": 2, "Home": 1},
    "Help": {"NextSong": 30, "END": 3, "Home": 2, "Help": 1},
    "Settings": {"NextSong": 30, "Save Settings": 10, "Settings": 4, "Home": 4, "Help": 4, "Logout": 3, "END": 1},
    "Save Settings": {"Home": 9, "END": 1},
    "Upgrade": {"Submit Upgrade": 8, "Home": 5, "NextSong": 3, "END": 3, "Upgrade": 2},
    "Downgrade": {"NextSong": 35, "END": 11, "Home": 10, "Submit Downgrade": 8, "Downgrade": 3},
    "Submit Upgrade": {"Home": 1},
    "Submit Downgrade": {"Home": 1},
    "Logout": {"-Home": 1},
    "-Login": {"Home": 1},
    "-Home": {"END": 66, "-Login": 61, "-Home": 25, "-About": 13, "-Help": 6},
    "-About": {"END": 7, "-Login": 4, "-Home": 2, "-About": 1},
    "-Help": {"END": 4, "-Help": 3, "-Login": 2},
}
FREE = ANYONE | {
    "START": {"NextSong": 405, "Home": 286, "-Login": 10, "-Home": 8, "About": 2, "Help": 1, "Error": 1},
    "Home": {"NextSong": 195, "END": 142, "Settings": 11, "Home": 5, "Upgrade": 4, "Logout": 3, "About": 1},
    "NextSong": {"NextSong": 616, "END": 539, "Logout": 26, "Home": 25, "Upgrade": 15}
    | {"Help": 3, "About": 2, "Settings": 2, "Error": 1},
}
PAID = ANYONE | {
    "START": {"NextSong": 102, "Home": 65, "-Home": 46, "-Login": 15},
    "Home": {"NextSong": 236, "END": 18, "Settings": 8, "Logout": 6, "Downgrade": 5, "About": 1},
    "NextSong": {"NextSong": 5162, "END": 130, "Home": 118, "Logout": 52, "Downgrade": 50}
    | {"Settings": 31, "Help": 29, "About": 12, "Error": 7},
}
VISITOR = {"START": {"-Home": 1}, "-Home": {"END": 1}}
CHAINS = {
    kind: {page: Weighted(tuple(following), following.values()) for page, following in pages.items()}
    for kind, pages in (("free", FREE), ("paid", PAID), ("visitor", VISITOR))
}
LEVEL_AFTER = {"Submit Upgrade": "paid", "Submit Downgrade": "free"}
REDIRECTS = {"-Login", "Logout", "Save Settings", *LEVEL_AFTER}  # a PUT that comes a second after the page before
NOBODY: Fields = {"userId": ""}
NO_PLAY: Fields = {}


@dataclass(frozen=True)
class Simulation:
    """What was written and where: counts of rows and files, and the bytes of all files together.

    ``users`` counts the distinct user ids in the log. ``log_data``, ``song_data`` and ``log_json_path`` are what a
    configuration's ``[S3]`` section names: two directories and a file.
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


def simulate(  # noqa: PLR0913 - each is a property of the data that somebody wants to vary
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

    A day without events (only when there are fewer events than days) has no file. ``users`` is how many there are to
    draw from; without it, as many as make 2.7 events per user and day, as in the real log. ``catalogue_share`` of the
    plays are of a song of the catalogue, with its artist's name, title and duration; a few of the others have its
    name and title with a length that is off by more than 2 seconds. ``progress`` is called with ``songs`` or
    ``events``, how many are written, and how many there will be.

    Raises UsageError for an argument that makes no sense, and, without ``overwrite``, for a directory that already
    holds song or log data; ``overwrite`` removes log_data/, song_data/ and log_json_path.json there and nothing else.
    """
    _check_numbers(songs=(songs, 0), events=(events, 0), seed=(seed, 0))
    _check_numbers(days=(days, 1), songs_per_file=(songs_per_file, 1), users=(1 if users is None else users, 1))
    _check_share_and_days(catalogue_share, start, days)
    users = users or max(1, -(-events * 10 // (days * 27)))
    report = progress or (lambda _what, _done, _total: None)
    log_data, song_data, log_json_path = paths = [directory / name for name in OUTPUTS]
    _make_room(directory, paths, overwrite)

    catalogue = Catalogue(_random(seed, "songs"), songs)
    song_files, song_bytes = _write_songs(song_data, catalogue, _random(seed, "files"), songs_per_file, report)
    random = _random(seed, "events")
    traffic = Traffic(random, Plays(random, catalogue, catalogue_share, events), users, start)
    log_files, log_bytes = _write_log(log_data, traffic, _quotas(random, events, days, start), report)
    path_bytes = _write(log_json_path, json.dumps({"jsonpaths": [f"$['{key}']" for key in EVENT_KEYS]}, indent=4))
    seen, total_bytes = len(traffic.user_ids), song_bytes + log_bytes + path_bytes
    return Simulation(songs, events, seen, song_files, log_files, total_bytes, log_data, song_data, log_json_path)


def _check_numbers(**numbers: tuple[int, int]) -> None:
    for name, (found, least) in numbers.items():
        if found < least:
            raise UsageError(f"{name} must be {least} or more, but is {found}; give a greater number.")


def _check_share_and_days(catalogue_share: float, start: date, days: int) -> None:
    if not 0 <= catalogue_share <= 1:
        raise UsageError(f"catalogue_share must be from 0 to 1, but is {catalogue_share}; give the part of all plays.")
    if start.year < 1971 or days > date.max.toordinal() - start.toordinal():
        raise UsageError(f"all days must be in the years 1971 to 9999, but {days} from {start} are not; change them.")


def _make_room(directory: Path, paths: Sequence[Path], overwrite: bool) -> None:
    """Make ``directory``, and see that nothing of another simulation stays in it."""
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"a simulation is written into a directory, but {directory} is a file; name another place.")
    held = [path for path in paths if path.is_symlink() or path.is_file() or _has_files(path)]
    if held and not overwrite:
        to_do = "pass overwrite to replace it, or name another directory"
        raise UsageError(f"two simulations must not mix, but {held[0]} is there already; {to_do}.")
    for path in held:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for path in paths[:2]:
        path.mkdir(parents=True, exist_ok=True)


def _has_files(path: Path) -> bool:
    return any(not found.is_dir() for found in path.rglob("*"))


def _random(seed: int, what: str) -> Random:
    """Give a source of its own for each thing drawn, so that the songs stay when only the events change."""
    return Random(f"{what} {seed}")  # noqa: S311 - nothing secret is drawn


def _write(path: Path, text: str | bytes) -> int:
    content = text.encode() if isinstance(text, str) else text
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(content)


def _code(random: Random) -> str:
    """Give 16 upper-case letters and digits: 80 bits, so that none comes twice."""
    return b32encode(random.getrandbits(80).to_bytes(10, "big")).decode()


def _length(random: Random) -> float:
    return round(along(random, LENGTHS), 5)


class Catalogue:
    """The songs; ``playable`` are the first of them, as events tell them, once ``rows`` has given them."""

    def __init__(self, random: Random, songs: int) -> None:
        self.songs = songs
        self.playable: list[Fields] = []
        self._random = random
        self._names: set[str] = set()
        artists = [self._artist() for _ in range(min(songs // 3 + 1, MOST_ARTISTS))]
        self._artists = Weighted(artists, by_rank(len(artists), flat=10))

    def new_name(self, random: Random) -> str:
        """Give an artist's name that was not given before."""
        name = artist_name(random)
        while name in self._names:
            name = artist_name(random)
        self._names.add(name)
        return name

    def rows(self) -> Iterator[Fields]:
        """Give the songs as files have them; one in fifty is the one before it again, less than a second longer."""
        before: Fields | None = None
        for _ in range(self.songs):
            if before and self._random.random() < 0.02:
                song, before = self._again(before), None
            else:
                song = before = self._song()
            if len(self.playable) < SONGS_PLAYED:
                self.playable.append(_play(song["artist_name"], song["title"], song["duration"]))
            yield song

    def _artist(self) -> Fields:
        place, known = pick(self._random, PLACES), self._random.random()
        return {
            "artist_id": f"AR{_code(self._random)}",
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
        song = {"song_id": f"SO{_code(random)}", "title": song_title(random), "duration": _length(random), "year": year}
        return {"num_songs": 1, **artist, **song}

    def _again(self, song: Fields) -> Fields:
        longer = 0.1 + 0.8 * self._random.random()
        return song | {"song_id": f"SO{_code(self._random)}", "duration": round(song["duration"] + longer, 5)}


def _write_songs(
    song_data: Path, catalogue: Catalogue, random: Random, per_file: int, report: Progress
) -> tuple[int, int]:
    """Write the songs; give the number of files and of bytes.

    As in the real layout, a file's folder is the third to fifth letter of its track id: A/A/A, A/A/B and so on.
    """
    files = size = done = 0
    rows = catalogue.rows()
    while batch := list(islice(rows, per_file)):
        folder = files // FILES_PER_FOLDER
        letters = [chr(ord("A") + folder // unit % 26) for unit in (26 * 26, 26, 1)]
        track_id = f"TR{''.join(letters)}{_code(random)[:13]}"
        size += _write(song_data.joinpath(*letters, f"{track_id}.json"), "\n".join(map(json.dumps, batch)))
        files, done = files + 1, done + len(batch)
        if files % FILES_PER_FOLDER == 0 or done == catalogue.songs:
            report("songs", done, catalogue.songs)
    return files, size


def _play(artist: str, song: str, length: float) -> Fields:
    return {"artist": artist, "length": length, "song": song}


class Plays:
    """The songs that are played, in the catalogue and outside it, the popular ones more often."""

    def __init__(self, random: Random, catalogue: Catalogue, share: float, events: int) -> None:
        self._random = random
        self._catalogue_until = share if catalogue.playable else 0.0
        self._near_until = share + (1 - share) * NEAR_MISSES if catalogue.playable else 0.0
        self._catalogue = Weighted(catalogue.playable, by_rank(len(catalogue.playable), flat=30))
        others = self._songs_elsewhere(catalogue, min(events, SONGS_PLAYED))
        self._others = Weighted(others, by_rank(len(others), flat=30))

    def draw(self) -> Fields:
        """Give one play; one in two hundred of the catalogue's has a blank after its title, which means nothing."""
        luck = self._random.random()
        if luck >= self._near_until:
            return self._others.pick(self._random)
        play = self._catalogue.pick(self._random)
        if luck >= self._catalogue_until:
            return play | {"length": round(play["length"] + 3 + 27 * self._random.random(), 5)}
        return play | {"song": f"{play['song']} "} if self._random.random() < 0.005 else play

    def _songs_elsewhere(self, catalogue: Catalogue, songs: int) -> list[Fields]:
        """Give songs by artists whom the catalogue does not have."""
        random = self._random
        names = [catalogue.new_name(random) for _ in range(songs // 3 + 1)]
        artists = Weighted(names, by_rank(len(names), flat=10))
        return [_play(artists.pick(random), song_title(random), _length(random)) for _ in range(songs)]


def _event_of(page: str) -> Fields:
    """Give the keys of an event in their order, and what of its values depends on the page alone."""
    name = page.removeprefix("-")
    return dict.fromkeys(EVENT_KEYS) | {
        "auth": "Logged In" if name == page else "Logged Out",
        "method": "PUT" if page == "NextSong" or page in REDIRECTS else "GET",
        "page": name,
        "status": 307 if page in REDIRECTS else 404 if page == "Error" else 200,
    }


PAGES = {page: _event_of(page) for page in (*FREE, *PAID)}
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass
class User:
    """A user, or (with the fields of NOBODY) a visitor who never logs in; ``free_at`` is the ts of the latest event."""

    fields: Fields
    level: str
    free_at: int = 0

    def pages(self) -> dict[str, Weighted[str]]:
        """Give which pages follow which for this user now."""
        return CHAINS["visitor" if self.fields is NOBODY else self.level]


class Traffic:
    """The users and what they do: sessions, in the order in which each user has them."""

    def __init__(self, random: Random, plays: Plays, users: int, start: date) -> None:
        self.start = start
        self.first_ts = (start - date(1970, 1, 1)).days * DAY
        self.user_ids: set[str] = set()
        self._random = random
        self._plays = plays
        self._users = Weighted([self._user(str(id_)) for id_ in range(1, users + 1)], by_rank(users, 5 + users // 20))
        self._hours = Weighted(range(24), HOURS)
        self._session_ids = count(1)

    def session(self, day: int) -> Iterator[Line]:
        """Give the events of one more session, which begins on ``day`` (0 for the first).

        An event has taken place when the next one is asked for, so a session may be left at any event.
        """
        user, ts = self._who_and_when(self.first_ts + day * DAY)
        session_id, page, item = next(self._session_ids), user.pages()["START"].pick(self._random), 0
        while page != "END":
            play = self._plays.draw() if page == "NextSong" else NO_PLAY
            who = NOBODY if page.startswith("-") else user.fields
            changing = {"itemInSession": item, "level": user.level, "sessionId": session_id, "ts": ts}
            yield ts, session_id, item, ENCODER.encode({**PAGES[page], **who, **play, **changing}).encode()
            self._take_place(user, page, ts)
            following = user.pages()[page].pick(self._random)
            ts += self._stay(play, following)
            page, item = following, item + 1

    def _user(self, user_id: str) -> User:
        random = self._random
        gender = "F" if random.random() < 0.56 else "M"
        fields = {
            "firstName": given_name(random, gender),
            "gender": gender,
            "lastName": pick(random, FAMILIES),
            "location": pick(random, METROPOLITAN_AREAS),
            "registration": float(self.first_ts - int(random.random() * 14 * DAY)),
            "userAgent": user_agent(random),
            "userId": user_id,
        }
        return User(fields, "paid" if random.random() < PAID_USERS else "free")

    def _who_and_when(self, midnight: int) -> tuple[User, int]:
        """Give a user with time left on the day, or else a visitor, and the ts at which the session begins."""
        for _ in range(10):
            user, ts = self._users.pick(self._random), self._moment(midnight)
            if ts <= user.free_at:
                ts = user.free_at + int((10 + 180 * self._random.random()) * MINUTE)
            if ts < midnight + DAY:
                return user, ts
        return User(NOBODY, "free"), self._moment(midnight)

    def _moment(self, midnight: int) -> int:
        return midnight + int((self._hours.pick(self._random) + self._random.random()) * 60 * MINUTE)

    def _stay(self, play: Fields, following: str) -> int:
        """Give the milliseconds between two pages; a song that another song follows was heard to its end."""
        if following in REDIRECTS:
            return 1000
        if play is NO_PLAY:
            return int(along(self._random, STAYS) * 1000)
        heard = 1.0 if following == "NextSong" else self._random.random()
        return 1 + int(play["length"] * heard * 1000)

    def _take_place(self, user: User, page: str, ts: int) -> None:
        user.free_at = ts
        user.level = LEVEL_AFTER.get(page, user.level)
        if not page.startswith("-"):
            self.user_ids.add(user.fields["userId"])


def _quotas(random: Random, events: int, days: int, start: date) -> list[int]:
    """Share the events out to the days, by weekday and by luck; no day is without, if there is one for every day."""
    least = 1 if events >= days else 0
    spare = events - least * days
    weights = [WEEKDAYS[(start + timedelta(day)).weekday()] * (60 + int(80 * random.random())) for day in range(days)]
    total = sum(weights)
    until = [spare * weight // total for weight in accumulate(weights)]
    return [least + end - begin for begin, end in zip([0, *until[:-1]], until, strict=True)]


def _write_log(log_data: Path, traffic: Traffic, quotas: Sequence[int], report: Progress) -> tuple[int, int]:
    """Write one file a day with as many events as its quota; give the number of files and of bytes.

    A session goes on after midnight if the next day has room; where there is no room, it ends.
    """
    files = size = done = 0
    total, room = sum(quotas), [*quotas, 0]
    tomorrow: list[Line] = []
    for day, quota in enumerate(quotas):
        today, tomorrow = tomorrow, []
        while room[day]:
            for line in traffic.session(day):
                then = (line[0] - traffic.first_ts) // DAY
                if then > day + 1 or not room[then]:
                    break
                room[then] -= 1
                (today if then == day else tomorrow).append(line)
        if today:
            path = log_data / f"{traffic.start + timedelta(day):%Y/%m/%Y-%m-%d}-events.json"
            size += _write(path, b"\n".join(line[-1] for line in sorted(today)))
            files, done = files + 1, done + quota
            report("events", done, total)
    return files, size
