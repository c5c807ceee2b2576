"""One realistic record of each kind; a test changes only what matters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

JSON_PATHS = [
    "artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method",
    "page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId",
]  # fmt: skip


def an_event(**changes: Any) -> dict[str, Any]:
    """A play by a logged-in user, as the app logs it. ``ts`` is 2018-11-15 12:30:00.796 UTC."""
    event = {
        "artist": "Elena",
        "auth": "Logged In",
        "firstName": "Lily",
        "gender": "F",
        "itemInSession": 5,
        "lastName": "Koch",
        "length": 269.58322,
        "level": "paid",
        "location": "Chicago-Naperville-Elgin, IL-IN-WI",
        "method": "PUT",
        "page": "NextSong",
        "registration": 1541048010796.0,
        "sessionId": 818,
        "song": "Setanta matins",
        "status": 200,
        "ts": 1542285000796,
        "userAgent": '"Mozilla/5.0 (X11; Linux x86_64)"',
        "userId": "15",
    }
    return event | changes


def a_logged_out_event(**changes: Any) -> dict[str, Any]:
    """A page that was seen while logged out."""
    logged_out: dict[str, Any] = dict.fromkeys(
        ["artist", "firstName", "gender", "lastName", "length", "location", "registration", "song", "userAgent"]
    )
    return an_event(**logged_out, auth="Logged Out", userId="", page="Home", method="GET") | changes


def a_song(**changes: Any) -> dict[str, Any]:
    """The song that ``an_event`` plays."""
    song = {
        "num_songs": 1,
        "artist_id": "AR5KOSW1187FB35FF4",
        "artist_latitude": 49.80388,
        "artist_longitude": 15.47491,
        "artist_location": "Dubai UAE",
        "artist_name": "Elena",
        "song_id": "SOZCTXZ12AB0182364",
        "title": "Setanta matins",
        "duration": 269.58322,
        "year": 0,
    }
    return song | changes


def write_lines(path: Path, records: Iterable[dict[str, Any] | str]) -> Path:
    """Records as newline-delimited JSON; a text is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
