"""Songs and artists, whether or not they are in the catalogue.

They are identified by their names in the log, without trailing blanks, because nearly all real plays are of songs that are
not in the catalogue. ``matched_plays`` are the plays of songs that are. Listening time is an upper bound: see
``sparkify_dwh.analytics.measures``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, desc, func, or_, select

from sparkify_dwh.analytics.measures import fraction, whole_seconds
from sparkify_dwh.analytics.period import Day, day_of, during, limited
from sparkify_dwh.sql.expressions import trimmed
from sparkify_dwh.star import Songplay


def top_songs(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """Which songs are played most?

    One row per title and artist name as logged: song, artist, plays, listeners, listening_seconds, matched_plays. The
    most played come first, then in order of their names.
    """
    return limited(_most_played(_song(), _artist()).where(*during(first, last)), limit)


def top_artists(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """Which artists are played most?

    One row per artist name as logged: artist, plays, listeners, listening_seconds, matched_plays, and songs: how many
    titles were played. The most played come first, then in order of their names.
    """
    songs = func.count(trimmed(Songplay.song_title).distinct()).label("songs")
    return limited(_most_played(_artist()).add_columns(songs).where(*during(first, last)), limit)


def missing_songs(first: Day = None, last: Day = None, *, limit: int | None = 10) -> Select[Any]:
    """Which songs does the catalogue lack most?

    One row per title and artist name as logged, of plays that match no song of the catalogue: song, artist, plays,
    listeners, listening_seconds, matched_plays (0). The most played come first, then in order of their names.
    """
    unmatched = Songplay.song_id.is_(None)
    return limited(_most_played(_song(), _artist()).where(unmatched, *during(first, last)), limit)


def share_in_catalogue(first: Day = None, last: Day = None) -> Select[Any]:
    """What share of plays is of songs in the catalogue?

    One row: plays, matched_plays, share (0 to 1; NULL without plays).
    """
    return select(*_matched()).where(*during(first, last))


def share_in_catalogue_per_day(first: Day = None, last: Day = None) -> Select[Any]:
    """What share of each day's plays is of songs in the catalogue?

    One row per day with plays: day, plays, matched_plays, share (0 to 1).
    """
    day = day_of(Songplay.start_time).label("day")
    return select(day, *_matched()).where(*during(first, last)).group_by("day").order_by("day")


def song_history(song: str, first: Day = None, last: Day = None, *, artist: str | None = None) -> Select[Any]:
    """How did a song do, day after day?

    One row per day with plays of it: day, plays, listeners, listening_seconds, matched_plays. ``song`` is a title exactly
    as logged, except for trailing blanks, or a song_id. ``artist``, an artist's name as logged or an artist_id, chooses
    among songs with the same title.
    """
    conditions = [_is_song(song)] if artist is None else [_is_song(song), _is_artist(artist)]
    return _history(*conditions, *during(first, last))


def artist_history(artist: str, first: Day = None, last: Day = None) -> Select[Any]:
    """How did an artist do, day after day?

    One row per day with plays of the artist: day, plays, listeners, listening_seconds, matched_plays, and songs: how many
    titles were played. ``artist`` is a name exactly as logged, except for trailing blanks, or an artist_id.
    """
    songs = func.count(trimmed(Songplay.song_title).distinct()).label("songs")
    return _history(_is_artist(artist), *during(first, last)).add_columns(songs)


def _song() -> ColumnElement[str]:
    return trimmed(Songplay.song_title).label("song")


def _artist() -> ColumnElement[str]:
    return trimmed(Songplay.artist_name).label("artist")


def _measures() -> list[ColumnElement[Any]]:
    return [
        func.count().label("plays"),
        func.count(Songplay.user_id.distinct()).label("listeners"),
        whole_seconds(Songplay.song_length).label("listening_seconds"),
        func.count(Songplay.song_id).label("matched_plays"),
    ]


def _most_played(*names: Any) -> Select[Any]:
    by_name = [name.name for name in names]
    return most_played_first(select(*names, *_measures()).group_by(*by_name), *by_name)


def most_played_first(question: Select[Any], *names: str) -> Select[Any]:
    """Order rows with a column plays: the most played first, then by name."""
    return question.order_by(desc("plays"), *names)


def _matched() -> list[ColumnElement[Any]]:
    plays, matched = func.count(), func.count(Songplay.song_id)
    return [plays.label("plays"), matched.label("matched_plays"), fraction(matched, plays).label("share")]


def _history(*conditions: ColumnElement[bool]) -> Select[Any]:
    day = day_of(Songplay.start_time).label("day")
    return select(day, *_measures()).where(*conditions).group_by("day").order_by("day")


def _is_song(song: str) -> ColumnElement[bool]:
    return or_(trimmed(Songplay.song_title) == song.rstrip(" "), Songplay.song_id == song)


def _is_artist(artist: str) -> ColumnElement[bool]:
    return or_(trimmed(Songplay.artist_name) == artist.rstrip(" "), Songplay.artist_id == artist)
