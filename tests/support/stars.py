"""A star of a play, a song, an artist and a user, made by hand, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
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


def _breaking(model: type[StarTable]) -> Iterator[tuple[str, str]]:
    """What makes each check fail that follows from a model."""
    table, columns = model.__tablename__, ", ".join(model.filled())
    required = [column.name for column in model.table().columns if not column.nullable]
    keys = {tuple(column.name for column in model.table().primary_key), tuple(model.key())}
    for key in sorted(keys):
        name = key[0] if len(key) == 1 else "natural_key"
        again = columns if name == "natural_key" else "*"  # with a number of its own
        into = f"{table} ({columns})" if name == "natural_key" else table
        yield f"{table}.{name} is unique", f"INSERT INTO {into} SELECT {again} FROM {table}"
    yield f"{table} has its required values", f"UPDATE {table} SET {required[-1]} = NULL"
    yield f"{table} has all that was staged", f"DELETE FROM {table}"
    yield from (
        (f"{table}.{name} is in {target}", f"DELETE FROM {target}") for name, target in model.references.items()
    )
    for name in model.allowed_values:
        yield f"{table}.{name} is an allowed value", f"UPDATE {table} SET {name} = ''"


# What is done to a star in order to make each check fail.
WRONG = {name: script for model in STAR for name, script in _breaking(model)} | {
    "plays start within reason": "UPDATE staging_events SET ts = '1970-01-18'; "
    "UPDATE songplays SET start_time = '1970-01-18'",
    "users were seen within reason": "UPDATE users SET ts = '1970-01-18'",
    "plays have a user": "UPDATE songplays SET user_id = NULL",
    "plays are by the artist of their song": "UPDATE songplays SET artist_id = 'AR2'",
    "plays have a positive length": "UPDATE songplays SET song_length = 0",
    "plays have a possible length": "UPDATE songplays SET song_length = 1e308",
    "songs have a positive duration": "UPDATE songs SET duration = -1",
    "artists are on earth": "UPDATE artists SET latitude = 15.47, longitude = -180.1",
}
# Tables whose only required columns are the key: a row without a key belongs to no batch.
ONLY_WHEN_EVERYTHING_IS_CHECKED = {
    f"{model.__tablename__} has its required values"
    for model in STAR
    if [column.name for column in model.table().columns if not column.nullable] == model.key()
}
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
