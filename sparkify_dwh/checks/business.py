"""Sparkify's business checks: rules about plays, users, songs and artists that the models cannot declare.

Each function is one check: its docstring states the rule and why it has its severity, its SELECT finds the rows that break
the rule. An error rolls a load back; a warning is reported. Rules that follow from the models (keys, required values,
references, allowed values) are in ``sparkify_dwh.checks.generic``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, or_

from sparkify_dwh.checks.check import ERROR, TOMORROW, WARNING, BusinessChecks, rows_of
from sparkify_dwh.star import SERVICE_BEGAN, Artist, Song, Songplay, User

CHECKS = BusinessChecks()
MAX_LENGTH_S = 1_000_000


@CHECKS.check(Songplay, severity=ERROR)
def plays_start_within_reason() -> Select[Any]:
    """Every play started between 2010 and tomorrow.

    A ts in seconds, taken for milliseconds, falls into January 1970. An error: such plays spoil every report over time,
    and widen the range of times that a load reads.
    """
    return rows_of(Songplay).where(~Songplay.start_time.between(SERVICE_BEGAN, TOMORROW))


@CHECKS.check(User, severity=ERROR)
def users_were_seen_within_reason() -> Select[Any]:
    """Every user's latest event was between 2010 and tomorrow.

    An error: no later event could ever replace the values of an event in the far future.
    """
    return rows_of(User, "ts").where(~User.ts.between(SERVICE_BEGAN, TOMORROW))


@CHECKS.check(Songplay, severity=WARNING)
def plays_have_a_user() -> Select[Any]:
    """Every play is by a user.

    A warning: the play counts, and rejecting a month of plays because of it would do more harm.
    """
    return rows_of(Songplay, "user_id").where(Songplay.user_id.is_(None))


@CHECKS.check(Songplay, severity=ERROR)
def plays_are_by_the_artist_of_their_song() -> Select[Any]:
    """Every play of a song of the catalogue has the artist of that song.

    An error: both are filled from the same row, so the load is wrong, not its input.
    """
    is_another = or_(Songplay.artist_id != Song.artist_id, Songplay.artist_id.is_(None))
    of_song = Song.artist_id.label("artist_of_song")
    plays = rows_of(Songplay, "song_id", "artist_id").add_columns(of_song)
    of_the_catalogue = plays.outerjoin(Song, Songplay.song_id == Song.song_id).where(Song.song_id.is_not(None))
    return of_the_catalogue.where(is_another)


@CHECKS.check(Songplay, severity=WARNING)
def plays_have_a_positive_length() -> Select[Any]:
    """Every length of a play, where it is known, is more than 0 seconds."""
    return rows_of(Songplay, "song_length").where(Songplay.song_length <= 0)


@CHECKS.check(Songplay, severity=ERROR)
def plays_have_a_possible_length() -> Select[Any]:
    """No length of a play is more than a million seconds, which are eleven days.

    An error: sums of listening time are whole seconds as BIGINT, and one length beyond it makes every question fail.
    """
    return rows_of(Songplay, "song_length").where(Songplay.song_length > MAX_LENGTH_S)


@CHECKS.check(Song, severity=WARNING)
def songs_have_a_positive_duration() -> Select[Any]:
    """Every duration of a song, where it is known, is more than 0 seconds."""
    return rows_of(Song, "duration").where(Song.duration <= 0)


@CHECKS.check(Artist, severity=WARNING)
def artists_are_on_earth() -> Select[Any]:
    """Every artist's place, where it is known, is within 90 degrees of latitude and 180 of longitude."""
    is_nowhere = or_(~Artist.latitude.between(-90, 90), ~Artist.longitude.between(-180, 180))
    return rows_of(Artist, "latitude", "longitude").where(is_nowhere)
