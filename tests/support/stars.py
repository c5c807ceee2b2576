"""A star of a play, a song, an artist and a user, made by hand, and what can be wrong with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, insert, select, text
from sqlalchemy.schema import DropTable

from sparkify_dwh.checks.check import Check, CheckResult
from sparkify_dwh.checks.run import all_checks, run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.merge import insert_new
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.star import STAR, Songplay, StarTable
from support.records import a_song

NOON = datetime(2018, 11, 15, 12)
PLAYS_FILLED = ", ".join(Songplay.filled())

# What is done to a star in order to make each check fail.
WRONG = {
    "artists.artist_id is unique": "INSERT INTO artists SELECT * FROM artists",
    "artists has its required values": "UPDATE artists SET artist_id = NULL",
    "artists has all that was staged": "DELETE FROM artists",
    "songs.song_id is unique": "INSERT INTO songs SELECT * FROM songs",
    "songs has its required values": "UPDATE songs SET artist_id = NULL",
    "songs.artist_id is in artists": "DELETE FROM artists",
    "songs has all that was staged": "DELETE FROM songs",
    "users.user_id is unique": "INSERT INTO users SELECT * FROM users",
    "users has its required values": "UPDATE users SET ts = NULL",
    "users.gender is an allowed value": "UPDATE users SET gender = 'Lily'",
    "users.level is an allowed value": "UPDATE users SET level = 'gold'",
    "users has all that was staged": "DELETE FROM users",
    "songplays.songplay_id is unique": "INSERT INTO songplays SELECT * FROM songplays",
    "songplays.natural_key is unique": f"INSERT INTO songplays ({PLAYS_FILLED}) SELECT {PLAYS_FILLED} FROM songplays",
    "songplays has its required values": "UPDATE songplays SET item_in_session = NULL",
    "songplays.start_time is in time": "DELETE FROM time",
    "songplays.user_id is in users": "DELETE FROM users",
    "songplays.song_id is in songs": "DELETE FROM songs",
    "songplays.artist_id is in artists": "DELETE FROM artists",
    "songplays.level is an allowed value": "UPDATE songplays SET level = ''",
    "songplays has all that was staged": "DELETE FROM songplays",
    "time.start_time is unique": "INSERT INTO time SELECT * FROM time",
    "time has its required values": "UPDATE time SET hour = NULL",
    "time has all that was staged": "DELETE FROM time",
    "plays start within reason": "UPDATE staging_events SET ts = '1970-01-18'; "
    "UPDATE songplays SET start_time = '1970-01-18'",
    "users were seen within reason": "UPDATE users SET ts = '1970-01-18'",
    "plays have a user": "UPDATE songplays SET user_id = NULL",
    "plays are by the artist of their song": "UPDATE songplays SET artist_id = 'AR2'",
    "plays have a positive length": "UPDATE songplays SET song_length = 0",
    "songs have a positive duration": "UPDATE songs SET duration = -1",
    "artists are on earth": "UPDATE artists SET latitude = 15.47, longitude = -180.1",
}
ONLY_WHEN_EVERYTHING_IS_CHECKED = {"artists has its required values"}  # a row without a key is of no batch
LOOSE_TABLE_NEEDED = {"songplays.songplay_id is unique": Songplay} | {
    f"{model.__tablename__} has its required values": model for model in STAR
}


def stage(connection: Connection, **changes: Any) -> None:
    event = {
        "artist": "Elena", "song": "Setanta matins", "length": 269.58322, "gender": "F", "level": "paid",
        "item_in_session": 5, "session_id": 818, "page": "NextSong", "ts": NOON, "user_id": 15,
    }  # fmt: skip
    song = {field: value for field, value in a_song().items() if field in StagingSong.copied()}
    connection.execute(insert(StagingEvent.table()).values(event | changes))
    connection.execute(insert(StagingSong.table()).values(song))


def fill(connection: Connection) -> None:
    for model in STAR:
        connection.execute(insert_new(model, model.from_staging()))


def scope_of_batch(connection: Connection) -> Scope:
    """What is staged, as a load checks it."""
    return Scope(ranges=Batch.of(connection, SPARKIFY.staging, SPARKIFY.star).ranges)


def every_check(scope: Scope) -> list[Check]:
    return all_checks(SPARKIFY.star, SPARKIFY.checks, scope)


def run_every_check(connection: Connection, scope: Scope) -> list[CheckResult]:
    return run_checks(connection, SPARKIFY.star, SPARKIFY.checks, scope)


def run(connection: Connection, script: str) -> None:
    for statement in script.split(";"):
        connection.execute(text(statement))


def loosen(connection: Connection, model: type[StarTable]) -> None:
    """Make the table anew, with its rows, and without keys, identity and NOT NULL."""
    rows = connection.execute(select(model.table())).mappings().all()
    loose = Table(model.__tablename__, MetaData(), *(Column(c.name, c.type) for c in model.table().columns))
    connection.execute(DropTable(model.table()))
    loose.create(connection)
    connection.execute(insert(loose), [dict(row) for row in rows])
