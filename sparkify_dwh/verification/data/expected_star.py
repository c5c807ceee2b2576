"""The star that a series of loads must end with, computed in Python: nothing here is shared with the loader's SQL.

The rules are those of the docstrings of ``sparkify_dwh.star``. A year of 0 means unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sparkify_dwh.verification.data.records import Delivery, Record

Row = dict[str, Any]
Key = tuple[Any, ...]
Rows = dict[Key, Row]

EPOCH = datetime(1970, 1, 1)
MAX_SECONDS_APART = 1.0

# Fields of the records by column, in the order of the staging tables, and how they are read.
EVENT_FIELDS = {
    "artist": "artist", "auth": "auth", "first_name": "firstName", "gender": "gender",
    "item_in_session": "itemInSession", "last_name": "lastName", "length": "length", "level": "level",
    "location": "location", "method": "method", "page": "page", "registration": "registration",
    "session_id": "sessionId", "song": "song", "status": "status", "ts": "ts", "user_agent": "userAgent",
    "user_id": "userId",
}  # fmt: skip
SONG_FIELDS = (
    "num_songs", "artist_id", "artist_latitude", "artist_longitude", "artist_location", "artist_name", "song_id",
    "title", "duration", "year",
)  # fmt: skip
INTEGERS = frozenset({"item_in_session", "session_id", "status", "user_id", "num_songs", "year"})

EVENT_KEY = ("session_id", "item_in_session", "ts", "user_id")
SONG_KEY = ("song_id",)
PLAY_KEY = ("session_id", "item_in_session", "start_time", "user_id")
KEYS: Mapping[str, Sequence[str]] = {
    "songplays": PLAY_KEY,
    "users": ("user_id",),
    "songs": SONG_KEY,
    "artists": ("artist_id",),
    "time": ("start_time",),
}


@dataclass(frozen=True)
class BatchCounts:
    """The records of a staging table: those that COPY took, equal ones, and others of the same key with other values."""

    loaded: int
    duplicates: int
    conflicting: int

    @classmethod
    def of(cls, rows: Sequence[Row], kept: int) -> BatchCounts:
        distinct = len({tuple(row.values()) for row in rows})
        return cls(len(rows), len(rows) - distinct, distinct - kept)


class ExpectedStar:
    """The tables of the star, by name and key."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {name: {} for name in KEYS}

    def load(self, delivery: Delivery) -> dict[str, BatchCounts]:
        """Load the records of a delivery as one batch. Return the counts of its records, by staging table."""
        staged_events = [_staged_event(record) for record in delivery.events]
        staged_songs = [_staged_song(record) for record in delivery.songs]
        events = _first_of_each(staged_events, EVENT_KEY)
        songs = _first_of_each(staged_songs, SONG_KEY)
        for song in songs:
            self.tables["songs"][song["song_id"],] = {name: song[name] for name in SONG_FIELDS if name != "num_songs"}
        self._name_artists()
        for event in sorted(events, key=_place):
            self._see_user(event)
            if event["page"] == "NextSong":
                self._play(event)
        self._match_plays()
        return {
            "staging_events": BatchCounts.of(staged_events, len(events)),
            "staging_songs": BatchCounts.of(staged_songs, len(songs)),
        }

    def offenders(self) -> dict[str, int]:
        """Return how many rows the checks of severity warning find, by their names."""
        tables = {name: list(rows.values()) for name, rows in self.tables.items()}
        return {
            "plays have a user": sum(play["user_id"] is None for play in tables["songplays"]),
            "plays have a positive length": sum(_is_not_positive(play["song_length"]) for play in tables["songplays"]),
            "songs have a positive duration": sum(_is_not_positive(song["duration"]) for song in tables["songs"]),
            "artists are on earth": sum(
                _is_beyond(artist["latitude"], 90) or _is_beyond(artist["longitude"], 180)
                for artist in tables["artists"]
            ),
        }

    def _name_artists(self) -> None:
        """Give each artist the values of the song with the greatest year, then the smallest song_id."""
        songs = sorted(self.tables["songs"].values(), key=lambda song: (-(song["year"] or 0), song["song_id"].encode()))
        for song in reversed(songs):  # the first one comes last
            self.tables["artists"][song["artist_id"],] = {
                "artist_id": song["artist_id"],
                "name": song["artist_name"],
                "location": song["artist_location"],
                "latitude": song["artist_latitude"],
                "longitude": song["artist_longitude"],
            }

    def _see_user(self, event: Row) -> None:
        if event["user_id"] is None:
            return
        stored = self.tables["users"].get((event["user_id"],))
        if stored is None or _place(event) >= _place(stored):
            names = ("user_id", "first_name", "last_name", "gender", "level", "ts", "session_id", "item_in_session")
            self.tables["users"][event["user_id"],] = {name: event[name] for name in names}

    def _play(self, event: Row) -> None:
        copied = ("user_id", "level", "session_id", "location", "user_agent", "item_in_session")
        renamed = {"start_time": "ts", "song_title": "song", "artist_name": "artist", "song_length": "length"}
        play = {name: event[name] for name in copied} | {name: event[source] for name, source in renamed.items()}
        self.tables["songplays"][tuple(play[name] for name in PLAY_KEY)] = play
        start_time = play["start_time"]
        self.tables["time"][start_time,] = {
            "start_time": start_time,
            "hour": start_time.hour,
            "day": start_time.day,
            "week": start_time.isocalendar().week,
            "month": start_time.month,
            "year": start_time.year,
            "weekday": start_time.isoweekday() % 7,
        }

    def _match_plays(self) -> None:
        """Match every play with the song of its title and artist whose duration is closest to its length."""
        by_name = defaultdict[tuple[str, str], list[Row]](list)
        for song in self.tables["songs"].values():
            if song["title"] is not None and song["artist_name"] is not None and song["duration"] is not None:
                by_name[_trimmed(song["title"]), _trimmed(song["artist_name"])].append(song)
        for play in self.tables["songplays"].values():
            match = _closest(play, by_name)
            play["song_id"] = match["song_id"] if match else None
            play["artist_id"] = match["artist_id"] if match else None


def _closest(play: Row, by_name: Mapping[tuple[str, str], list[Row]]) -> Row | None:
    if play["song_title"] is None or play["artist_name"] is None or play["song_length"] is None:
        return None
    candidates = [
        (abs(song["duration"] - play["song_length"]), song["song_id"].encode(), song)
        for song in by_name.get((_trimmed(play["song_title"]), _trimmed(play["artist_name"])), [])
    ]
    near = [candidate for candidate in candidates if candidate[0] < MAX_SECONDS_APART]
    return min(near, key=lambda candidate: candidate[:2])[2] if near else None


def _is_not_positive(number: float | None) -> bool:
    return number is not None and number <= 0


def _is_beyond(degrees: float | None, limit: int) -> bool:
    return degrees is not None and abs(degrees) > limit


def _trimmed(text: str) -> str:
    return text.rstrip(" ")


def _place(event: Row) -> tuple[datetime, int, int]:
    return event["ts"], event["session_id"], event["item_in_session"]


def _staged_event(record: Record) -> Row:
    staged = {column: _value(column, record.get(field)) for column, field in EVENT_FIELDS.items()}
    return staged | {"ts": EPOCH + timedelta(milliseconds=int(record["ts"]))}


def _staged_song(record: Record) -> Row:
    return {column: _value(column, record.get(column)) for column in SONG_FIELDS}


def _value(column: str, field: Any) -> Any:
    """Return a field as the column holds it: an empty text is NULL."""
    if field in ("", None):
        return None
    return int(field) if column in INTEGERS else field


def _first_of_each(rows: Iterable[Row], key: Sequence[str]) -> list[Row]:
    """Return of all rows with one key the one that sorts first by all columns: texts by their bytes, unknown values last."""
    kept: dict[Key, Row] = {}
    for row in rows:
        place = tuple(row[name] for name in key)
        if place not in kept or _order(row) < _order(kept[place]):
            kept[place] = row
    return list(kept.values())


def _order(row: Row) -> list[tuple[Any, ...]]:
    """Return the place of a row among those of its key. A year of 0 sorts like NULL, and before it."""
    values = [None if (name, value) == ("year", 0) else value for name, value in row.items()]
    return [
        (True,) if value is None else (False, value.encode() if isinstance(value, str) else value)
        for value in (*values, row.get("year"))
    ]
