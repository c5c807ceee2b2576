"""Plays in a warehouse, made by hand, and what questions answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert

from sparkify_dwh.sql.merge import insert_new
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.star import STAR


def a_play(
    at: str = "2018-11-15 12:00:00", user_id: int | None = 15, session_id: int = 818, **changes: Any
) -> dict[str, Any]:
    """A play of a song of 200 seconds that the catalogue does not hold."""
    play = {
        "ts": datetime.fromisoformat(at),
        "user_id": user_id,
        "session_id": session_id,
        "item_in_session": 0,
        "page": "NextSong",
        "level": "paid",
        "first_name": "Lily",
        "last_name": "Koch",
        "gender": "F",
        "song": "Undo",
        "artist": "Björk",
        "length": 200.0,
        "location": "Lubbock, TX",
        "user_agent": '"Mozilla/5.0 (X11; Linux x86_64)"',
    }
    return play | changes


SETANTA = {
    "song_id": "SO1", "title": "Setanta matins", "artist_id": "AR1", "artist_name": "Elena", "duration": 270.0, "year": 0,
}  # fmt: skip
OF_SETANTA = {"song": "Setanta matins", "artist": "Elena", "length": 270.0}


def add_plays(connection: Connection, *plays: dict[str, Any], songs: Iterable[dict[str, Any]] = (SETANTA,)) -> None:
    """Fill the star with the plays, which must differ in session, item or time, and with the songs."""
    connection.execute(insert(StagingEvent.table()), list(plays))
    connection.execute(insert(StagingSong.table()), list(songs))
    for model in STAR:
        connection.execute(insert_new(model, model.from_staging()))


def rows(connection: Connection, question: Select[Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(question)]


def records(connection: Connection, question: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(question).mappings()]
