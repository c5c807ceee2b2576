"""Constants measured on Sparkify's own files: 30 days of logs of November 2018, and 71 songs.

``measure(directory)`` measures them anew, where the files are (folders log_data and song_data); a test compares the two. A
play is an event of page NextSong. Texts are counted in bytes of UTF-8, NULL as none, and averaged over all rows of the table
that a load makes of them.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Histogram = Mapping[int, int]  # from a number of plays to the number of users, songs, sessions or times with that many

DAYS = 30
EVENTS = 8_056
PLAYS = 6_820
LISTENERS_PER_DAY = 20.9  # of 96 in the month

PLAYS_PER_USER: Histogram = {
    1: 2, 2: 8, 3: 6, 4: 4, 5: 5, 6: 2, 7: 4, 8: 2, 9: 5, 10: 4, 11: 1, 12: 1, 13: 1, 14: 2, 15: 2, 16: 2, 17: 2, 18: 2,
    19: 1, 20: 3, 22: 1, 23: 1, 24: 1, 25: 1, 27: 4, 28: 1, 29: 1, 33: 1, 34: 1, 37: 1, 45: 1, 48: 1, 55: 1, 56: 1, 72: 1,
    87: 1, 114: 1, 140: 2, 169: 1, 178: 1, 179: 1, 213: 1, 223: 1, 248: 1, 270: 1, 289: 1, 321: 1, 346: 1, 397: 1, 463: 1,
    557: 1, 665: 1, 689: 1,
}  # fmt: skip
PLAYS_PER_SESSION: Histogram = {
    1: 284, 2: 150, 3: 83, 4: 41, 5: 33, 6: 11, 7: 14, 8: 10, 9: 9, 10: 5, 11: 4, 12: 3, 13: 4, 14: 5, 15: 5, 16: 3, 17: 6,
    18: 7, 19: 3, 20: 1, 21: 2, 22: 2, 23: 1, 24: 4, 25: 1, 26: 2, 27: 3, 29: 4, 30: 1, 31: 2, 32: 3, 33: 2, 34: 4, 35: 1,
    36: 4, 38: 4, 39: 1, 40: 2, 41: 1, 42: 1, 43: 1, 46: 2, 47: 5, 48: 2, 49: 1, 50: 1, 51: 3, 52: 2, 53: 1, 54: 1, 55: 1,
    56: 3, 58: 1, 59: 5, 66: 2, 68: 1, 69: 5, 70: 1, 74: 1, 77: 1, 80: 1, 81: 1, 85: 1, 92: 1, 99: 1, 101: 1, 106: 1, 108: 1,
    111: 1, 117: 1,
}  # fmt: skip
PLAYS_PER_SONG: Histogram = {  # by logged title and artist, in the catalogue or not
    1: 4570, 2: 465, 3: 116, 4: 49, 5: 34, 6: 18, 7: 12, 8: 7, 9: 4, 10: 4, 11: 2, 12: 2, 13: 2, 14: 2, 16: 1, 17: 2, 19: 1,
    21: 1, 27: 1, 28: 1, 37: 1,
}  # fmt: skip
PLAYS_PER_MOMENT: Histogram = {1: 6806, 2: 7}
PLAYS_IN_CATALOGUE = 1  # the others have no song_id
MILLISECONDS = (796,)  # of all times: these logs have whole seconds

# Of all files joined and compressed with gzip, as by ``sparkify-dwh pack``.
GZIPPED_EVENT_BYTES = 44.7
GZIPPED_SONG_BYTES = 72.9

# The estimates count these columns. Add a new one here, and a text's mean length below, to have it counted.
COLUMNS: Mapping[str, Sequence[str]] = {
    "songplays": (
        "songplay_id", "start_time", "user_id", "level", "song_id", "artist_id", "session_id", "location", "user_agent",
        "item_in_session", "song_title", "artist_name", "song_length",
    ),
    "users": ("user_id", "first_name", "last_name", "gender", "level", "ts", "session_id", "item_in_session"),
    "songs": (
        "song_id", "title", "artist_id", "year", "duration", "artist_name", "artist_location", "artist_latitude",
        "artist_longitude",
    ),
    "artists": ("artist_id", "name", "location", "latitude", "longitude"),
    "time": ("start_time", "hour", "day", "week", "month", "year", "weekday"),
    "staging_songs": (
        "staged_id", "num_songs", "artist_id", "artist_latitude", "artist_longitude", "artist_location", "artist_name",
        "song_id", "title", "duration", "year",
    ),
}  # fmt: skip
TEXT_BYTES: Mapping[str, Mapping[str, float]] = {
    "songplays": {
        "level": 4.0, "location": 28.0, "user_agent": 107.7, "song_title": 18.1, "artist_name": 13.2,
        "song_id": 18.0, "artist_id": 18.0,  # as if every play had a song of the catalogue
    },
    "users": {"first_name": 5.9, "last_name": 5.9, "gender": 1.0, "level": 4.0},
    "songs": {"song_id": 18.0, "title": 20.3, "artist_id": 18.0, "artist_name": 13.4, "artist_location": 7.9},
    "artists": {"artist_id": 18.0, "name": 13.7, "location": 7.9},
    "staging_songs": {"song_id": 18.0, "title": 20.3, "artist_id": 18.0, "artist_name": 13.4, "artist_location": 7.9},
}  # fmt: skip


def measure(directory: Path) -> dict[str, Any]:
    """Return the constants of this module by name, measured on the files of ``directory``."""
    events, event_bytes = _records(directory / "log_data")
    songs, song_bytes = _records(directory / "song_data")
    plays = [event for event in events if event["page"] == "NextSong"]
    listening = {(event["ts"] // 86_400_000, event["userId"]) for event in plays}
    return {
        "DAYS": len({day for day, _ in listening}),
        "EVENTS": len(events),
        "PLAYS": len(plays),
        "LISTENERS_PER_DAY": round(len(listening) / len({day for day, _ in listening}), 1),
        "PLAYS_PER_USER": histogram(event["userId"] for event in plays),
        "PLAYS_PER_SESSION": histogram((event["sessionId"], event["userId"]) for event in plays),
        "PLAYS_PER_SONG": histogram((event["song"], event["artist"]) for event in plays),
        "PLAYS_PER_MOMENT": histogram(event["ts"] for event in plays),
        "PLAYS_IN_CATALOGUE": sum(any(_same(event, song) for song in songs) for event in plays),
        "MILLISECONDS": tuple(sorted({event["ts"] % 1000 for event in plays})),
        "GZIPPED_EVENT_BYTES": round(event_bytes / len(events), 1),
        "GZIPPED_SONG_BYTES": round(song_bytes / len(songs), 1),
        "TEXT_BYTES": _text_bytes(events, plays, songs),
    }


def histogram(keys: Iterable[Hashable]) -> dict[int, int]:
    """Return the number of keys that occur once, twice and so on."""
    return dict(sorted(Counter(Counter(keys).values()).items()))


def _records(directory: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the records of the files under ``directory``, and the bytes of the files, joined and compressed."""
    texts = [path.read_bytes().strip() for path in sorted(directory.rglob("*.json"))]
    records = [json.loads(line) for text in texts for line in text.splitlines()]
    return records, len(gzip.compress(b"\n".join(texts) + b"\n", 6, mtime=0))


def _same(event: dict[str, Any], song: dict[str, Any]) -> bool:
    named = event["song"] == song["title"] and event["artist"] == song["artist_name"]
    return bool(named and abs(event["length"] - song["duration"]) < 1)


def _text_bytes(
    events: Sequence[dict[str, Any]], plays: Sequence[dict[str, Any]], songs: Sequence[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    latest = {event["userId"]: event for event in sorted(events, key=_when) if event["userId"]}
    artists = {
        song["artist_id"]: song for song in sorted(songs, key=lambda s: (-s["year"], s["song_id"]), reverse=True)
    }
    of_song = ("song_id", "title", "artist_id", "artist_name", "artist_location")
    fields = {
        "songplays": (plays, {"level": "level", "location": "location", "user_agent": "userAgent", "song_title": "song",
                              "artist_name": "artist"}),
        "users": (latest.values(), {"first_name": "firstName", "last_name": "lastName", "gender": "gender",
                                    "level": "level"}),
        "songs": (songs, {name: name for name in of_song}),
        "artists": (artists.values(), {"artist_id": "artist_id", "name": "artist_name", "location": "artist_location"}),
        "staging_songs": (songs, {name: name for name in of_song}),
    }  # fmt: skip
    averages = {
        table: {column: _average(rows, field) for column, field in columns.items()}
        for table, (rows, columns) in fields.items()
    }
    averages["songplays"] |= {name: averages["songs"][name] for name in ("song_id", "artist_id")}
    return averages


def _when(event: dict[str, Any]) -> tuple[int, int, int]:
    return event["ts"], event["sessionId"], event["itemInSession"]


def _average(rows: Iterable[dict[str, Any]], field: str) -> float:
    lengths = [len((row[field] or "").encode()) for row in rows]
    return round(sum(lengths) / len(lengths), 1)
