"""Row by row with psycopg2, a common way to write such a load: a statement per row, a commit per file.

For each song there is an INSERT into songs and one into artists; for each play one into time and users, a SELECT of its
song, and an INSERT into songplays. ON CONFLICT makes the load repeatable. It fills the same star as ours: users come from
events of every page, and the song with the closest length wins. Lines are read with json, which is faster than data frames.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.data import Dataset

Event = dict[str, Any]

TABLES = """
CREATE TABLE songs (
    song_id VARCHAR(32) PRIMARY KEY, title VARCHAR(512), artist_id VARCHAR(32) NOT NULL, year SMALLINT,
    duration DOUBLE PRECISION, artist_name VARCHAR(512), artist_location VARCHAR(512),
    artist_latitude DOUBLE PRECISION, artist_longitude DOUBLE PRECISION);
CREATE TABLE artists (
    artist_id VARCHAR(32) PRIMARY KEY, name VARCHAR(512), location VARCHAR(512), latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION, year SMALLINT NOT NULL, song_id VARCHAR(32) NOT NULL);
CREATE TABLE users (
    user_id INTEGER PRIMARY KEY, first_name VARCHAR(512), last_name VARCHAR(512), gender VARCHAR(16), level VARCHAR(16),
    ts TIMESTAMP NOT NULL, session_id BIGINT NOT NULL, item_in_session INTEGER NOT NULL);
CREATE TABLE time (
    start_time TIMESTAMP PRIMARY KEY, hour SMALLINT, day SMALLINT, week SMALLINT, month SMALLINT, year SMALLINT,
    weekday SMALLINT);
CREATE TABLE songplays (
    songplay_id SERIAL PRIMARY KEY, start_time TIMESTAMP NOT NULL, user_id INTEGER, level VARCHAR(16),
    song_id VARCHAR(32), artist_id VARCHAR(32), session_id BIGINT NOT NULL, location VARCHAR(512),
    user_agent VARCHAR(1024), item_in_session INTEGER NOT NULL, song_title VARCHAR(512), artist_name VARCHAR(512),
    song_length DOUBLE PRECISION, UNIQUE NULLS NOT DISTINCT (session_id, item_in_session, start_time, user_id));
"""
INDEX = "CREATE INDEX songs_title ON songs (title)"

INSERT_SONG = """
INSERT INTO songs (song_id, title, artist_id, year, duration,
                   artist_name, artist_location, artist_latitude, artist_longitude)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (song_id) DO NOTHING"""
INSERT_ARTIST = """
INSERT INTO artists (artist_id, name, location, latitude, longitude, year, song_id)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (artist_id) DO UPDATE
SET name = excluded.name, location = excluded.location, latitude = excluded.latitude, longitude = excluded.longitude,
    year = excluded.year, song_id = excluded.song_id
WHERE (excluded.year, artists.song_id) > (artists.year, excluded.song_id)"""
INSERT_TIME = """
INSERT INTO time (start_time, hour, day, week, month, year, weekday)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (start_time) DO NOTHING"""
INSERT_USER = """
INSERT INTO users (user_id, first_name, last_name, gender, level, ts, session_id, item_in_session)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (user_id) DO UPDATE
SET first_name = excluded.first_name, last_name = excluded.last_name, gender = excluded.gender, level = excluded.level,
    ts = excluded.ts, session_id = excluded.session_id, item_in_session = excluded.item_in_session
WHERE (excluded.ts, excluded.session_id, excluded.item_in_session)
      >= (users.ts, users.session_id, users.item_in_session)"""
SELECT_SONG = """
SELECT song_id, artist_id FROM songs
WHERE title = %s AND artist_name = %s AND abs(duration - %s) < 1
ORDER BY abs(duration - %s), song_id
LIMIT 1"""
INSERT_SONGPLAY = """
INSERT INTO songplays (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent,
                       item_in_session, song_title, artist_name, song_length)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (session_id, item_in_session, start_time, user_id) DO NOTHING"""


def load(dsn: str, dataset: Dataset, index: str = "with index") -> dict[str, float]:
    """Load the files into new tables; return the seconds of songs and of events."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
            if index == "with index":
                cursor.execute(INDEX)
        start = time.perf_counter()
        for file in dataset.song_files:
            with connection, connection.cursor() as cursor:
                _insert_songs(cursor, file)
        songs_loaded = time.perf_counter()
        for file in dataset.log_files:
            with connection, connection.cursor() as cursor:
                _insert_events(cursor, file)
        return {"songs": songs_loaded - start, "events": time.perf_counter() - songs_loaded}
    finally:
        connection.close()


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file, with empty strings as None."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield {name: None if value == "" else value for name, value in json.loads(line).items()}


def _insert_songs(cursor: Any, file: Path) -> None:
    for song in _lines(file):
        artist = [song[f"artist_{name}"] for name in ("name", "location", "latitude", "longitude")]
        about = [song[name] for name in ("song_id", "title", "artist_id", "year", "duration")]
        cursor.execute(INSERT_SONG, [*about, *artist])
        cursor.execute(INSERT_ARTIST, [song["artist_id"], *artist, song["year"] or 0, song["song_id"]])


def _insert_events(cursor: Any, file: Path) -> None:
    for event in _lines(file):
        moment = datetime.fromtimestamp(event["ts"] / 1000, timezone.utc).replace(tzinfo=None)
        if event["userId"] is not None:
            person = [event[name] for name in ("firstName", "lastName", "gender", "level")]
            cursor.execute(
                INSERT_USER, [int(event["userId"]), *person, moment, event["sessionId"], event["itemInSession"]]
            )
        if event["page"] == "NextSong":
            _insert_play(cursor, event, moment)


def _insert_play(cursor: Any, event: Event, moment: datetime) -> None:
    week, weekday = moment.isocalendar()[1], moment.isoweekday() % 7
    cursor.execute(INSERT_TIME, [moment, moment.hour, moment.day, week, moment.month, moment.year, weekday])
    title, artist, length = event["song"], event["artist"], event["length"]
    cursor.execute(SELECT_SONG, [title and title.rstrip(" "), artist and artist.rstrip(" "), length, length])
    song_id, artist_id = cursor.fetchone() or (None, None)
    user_id = None if event["userId"] is None else int(event["userId"])
    session = [event["sessionId"], event["location"], event["userAgent"], event["itemInSession"]]
    play = [moment, user_id, event["level"], song_id, artist_id, *session, title, artist, length]
    cursor.execute(INSERT_SONGPLAY, play)
