"""The warehouse: who listened to what, when.

    users ──┐            ┌── songs ── artists
            ├ songplays ─┤
    time  ──┘            └── artists

``from_staging()`` of a model is the SELECT of its records in the staged batch. ``completed()``, where there is one, makes
rows of those records that are new or changed. The batch is deduplicated: it has one record per event and per song, and no
song that the warehouse holds unchanged.

Foreign keys are not declared to Redshift, which enforces none but whose planner trusts them (Redshift guide,
t_Defining_constraints): ``references`` declares them for the checks of a load. The relationships (``play.user``,
``play.song``, ``song.artist`` ...) are for reading; only loads write rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from sparkify_dwh.base import (
    StarTable,
    big,
    design,
    double,
    integer,
    row_number,
    small,
    sorted_integer,
    sorted_text32,
    sorted_timestamp,
    text16,
    text32,
    text512,
    text1024,
    timestamp,
)
from sparkify_dwh.sql.expressions import not_before, part, placed_first, trimmed
from sparkify_dwh.staging import StagingEvent, StagingSong

LEVELS = ("free", "paid")
GENDERS = ("F", "M")
SERVICE_BEGAN = datetime(2010, 1, 1)  # there are no events before
MAX_SECONDS_APART = 1.0  # the logged length and the duration of the same song differ by less


class Songplay(StarTable):
    """One row per song that was started (``NextSong`` event).

    A play matches a song of the catalogue when title and artist name are equal, ignoring trailing blanks, and the lengths
    differ by less than a second; the closest length wins, then the smallest song_id. Nearly all real plays match no song:
    they are kept without song_id and artist_id, with title and artist name as logged.

    Distributed and sorted by start_time like time, the only dimension of similar size: their join moves no row and needs
    no sort. Distribution by song_id, which is NULL in nearly all plays, would put these on one slice.
    """

    __tablename__ = "songplays"
    __table_args__ = design("One row per song that was started", distkey="start_time", sortkey="start_time")
    staged_in = StagingEvent
    changed_by = StagingSong
    natural_key = ("session_id", "item_in_session", "start_time", "user_id")
    references = {"start_time": "time", "user_id": "users", "song_id": "songs", "artist_id": "artists"}
    allowed_values = {"level": LEVELS}
    partition_by = {"year": "start_time", "month": "start_time"}

    songplay_id: Mapped[row_number] = mapped_column(comment="Stays while the row stays; its value means nothing")
    start_time: Mapped[sorted_timestamp] = mapped_column(comment="UTC, with milliseconds")
    user_id: Mapped[integer | None]
    level: Mapped[text16 | None] = mapped_column(comment="free or paid, at the time of the play")
    song_id: Mapped[text32 | None] = mapped_column(comment="NULL when the catalogue does not hold the song")
    artist_id: Mapped[text32 | None] = mapped_column(comment="NULL when the catalogue does not hold the song")
    session_id: Mapped[big]
    location: Mapped[text512 | None] = mapped_column(comment="Where the listener was, e.g. Lubbock, TX")
    user_agent: Mapped[text1024 | None]
    item_in_session: Mapped[integer] = mapped_column(comment="Place of the event in its session, from 0")
    song_title: Mapped[text512 | None] = mapped_column(comment="As logged")
    artist_name: Mapped[text512 | None] = mapped_column(comment="As logged")
    song_length: Mapped[double | None] = mapped_column(comment="Seconds, as logged")

    # Functions, because SQLAlchemy would look up names among the classes of every warehouse in the program.
    time: Mapped[Time] = relationship(
        lambda: Time, primaryjoin=lambda: foreign(Songplay.start_time) == Time.start_time, viewonly=True
    )
    user: Mapped[User | None] = relationship(
        lambda: User, primaryjoin=lambda: foreign(Songplay.user_id) == User.user_id, viewonly=True
    )
    song: Mapped[Song | None] = relationship(
        lambda: Song, primaryjoin=lambda: foreign(Songplay.song_id) == Song.song_id, viewonly=True
    )
    artist: Mapped[Artist | None] = relationship(
        lambda: Artist, primaryjoin=lambda: foreign(Songplay.artist_id) == Artist.artist_id, viewonly=True
    )

    @classmethod
    def from_staging(cls) -> Select[Any]:
        event = StagingEvent
        return select(
            event.ts.label("start_time"),
            event.user_id,
            event.level,
            event.session_id,
            event.location,
            event.user_agent,
            event.item_in_session,
            event.song.label("song_title"),
            event.artist.label("artist_name"),
            event.length.label("song_length"),
        ).where(is_play())

    @classmethod
    def completed(cls, records: Subquery) -> Select[Any]:
        """Return the plays, each with its song."""
        return cls._with_song(records, [name for name in cls.filled() if name in records.c])

    @classmethod
    def from_warehouse(cls) -> Select[Any]:
        """Return the stored plays that reference a staged song, or have its title and artist, with their song as it is now.

        This reads title, artist and song_id of every play, so a load without new or changed songs leaves it out. No play
        moves to another node: staged songs are broadcast, and songs are on every node.
        """
        references_it = cls.song_id == StagingSong.song_id
        has_its_name = and_(
            trimmed(cls.song_title) == trimmed(StagingSong.title),
            trimmed(cls.artist_name) == trimmed(StagingSong.artist_name),
        )
        stored = [cls.table().c[name] for name in (*cls.natural_key, "song_title", "artist_name", "song_length")]
        affected = union(
            select(*stored).join(StagingSong, references_it),
            select(*stored).join(StagingSong, has_its_name),
        ).subquery("affected")
        return cls._with_song(affected, cls.natural_key)

    @classmethod
    def _with_song(cls, plays: Subquery, names: Sequence[str]) -> Select[Any]:
        """Return the named columns of the plays, and the closest matching song: no other match has a closer length.

        One row per play. Candidates are compared with each other, because few songs share title and artist, and songs are on
        every node: plays are neither sorted nor moved.
        """
        play, song, closer = plays.c, Song.table().alias("song"), Song.table().alias("closer")
        seconds_apart = func.abs(song.c.duration - play.song_length)
        seconds_closer = func.abs(closer.c.duration - play.song_length)
        matches = and_(
            trimmed(play.song_title) == trimmed(song.c.title),
            trimmed(play.artist_name) == trimmed(song.c.artist_name),
            seconds_apart < MAX_SECONDS_APART,
        )
        is_closer = and_(
            trimmed(song.c.title) == trimmed(closer.c.title),
            trimmed(song.c.artist_name) == trimmed(closer.c.artist_name),
            or_(
                seconds_closer < seconds_apart, and_(seconds_closer == seconds_apart, closer.c.song_id < song.c.song_id)
            ),
        )
        return (
            select(*(play[name] for name in names), song.c.song_id, song.c.artist_id)
            .select_from(plays.outerjoin(song, matches).outerjoin(closer, is_closer))
            .where(closer.c.song_id.is_(None))
        )

    @classmethod
    def batch_range(cls) -> Select[Any]:
        return PLAYS_BETWEEN


class User(StarTable):
    """One row per user of the app (SCD type 1), with the values of the user's latest event of any page.

    Logged-out events, which have no user_id, make no user. Late-arriving older events change nothing.
    Copied to every node: the table is small, and every report joins it.
    """

    __tablename__ = "users"
    __table_args__ = design("One row per user, as of their latest event", diststyle="ALL", sortkey="user_id")
    staged_in = StagingEvent
    allowed_values = {"gender": GENDERS, "level": LEVELS}

    user_id: Mapped[sorted_integer] = mapped_column(primary_key=True, autoincrement=False)
    first_name: Mapped[text512 | None]
    last_name: Mapped[text512 | None]
    gender: Mapped[text16 | None]
    level: Mapped[text16 | None] = mapped_column(comment="free or paid, at the latest event")
    ts: Mapped[timestamp] = mapped_column(comment="When the latest event was, UTC")
    session_id: Mapped[big] = mapped_column(comment="Session of the latest event")
    item_in_session: Mapped[integer] = mapped_column(comment="Place of the latest event in its session")

    @classmethod
    def from_staging(cls) -> Select[Any]:
        event = StagingEvent
        return select(
            event.user_id,
            event.first_name,
            event.last_name,
            event.gender,
            event.level,
            event.ts,
            event.session_id,
            event.item_in_session,
        ).where(event.user_id.is_not(None))

    @classmethod
    def completed(cls, records: Subquery) -> Select[Any]:
        """Return the latest event of each user, by time, session and item. Only events of the latest time are sorted."""
        event = records.c
        latest = select(event.user_id, func.max(event.ts).label("ts")).group_by(event.user_id).subquery("latest")
        is_latest = and_(event.user_id == latest.c.user_id, event.ts == latest.c.ts)
        last_first = func.row_number().over(
            partition_by=event.user_id, order_by=(event.session_id.desc(), event.item_in_session.desc())
        )
        ranked = select(*event, last_first.label("place")).select_from(records.join(latest, is_latest))
        return placed_first(ranked.subquery("seen"))

    @classmethod
    def replaces(cls, incoming: Any, stored: Any) -> ColumnElement[bool]:
        return not_before((incoming[name], stored[name]) for name in ("ts", "session_id", "item_in_session"))


class Song(StarTable):
    """One row per song of the catalogue.

    It keeps the artist's name and location as the song's own file gives them: in real data they vary between the songs of
    one artist, and plays are matched with the song's own.
    Copied to every node: plays join it by title and by song_id, and it is small compared with the plays.
    """

    __tablename__ = "songs"
    __table_args__ = design("One row per song of the catalogue", diststyle="ALL", sortkey="song_id")
    staged_in = StagingSong
    copies_staging = True
    references = {"artist_id": "artists"}
    partition_by = {"year": "year"}

    song_id: Mapped[sorted_text32] = mapped_column(primary_key=True)
    title: Mapped[text512 | None]
    artist_id: Mapped[text32]
    year: Mapped[small | None] = mapped_column(comment="0 when unknown")
    duration: Mapped[double | None] = mapped_column(comment="Seconds")
    artist_name: Mapped[text512 | None] = mapped_column(comment="As this song gives it")
    artist_location: Mapped[text512 | None] = mapped_column(comment="As this song gives it")
    artist_latitude: Mapped[double | None] = mapped_column(comment="Degrees, as this song gives it")
    artist_longitude: Mapped[double | None] = mapped_column(comment="Degrees, as this song gives it")

    artist: Mapped[Artist] = relationship(
        lambda: Artist, primaryjoin=lambda: foreign(Song.artist_id) == Artist.artist_id, viewonly=True
    )

    @classmethod
    def from_staging(cls) -> Select[Any]:
        song = StagingSong
        return select(
            song.song_id,
            song.title,
            song.artist_id,
            song.year,
            song.duration,
            song.artist_name,
            song.artist_location,
            song.artist_latitude,
            song.artist_longitude,
        )


class Artist(StarTable):
    """One row per artist, with the values of the artist's song with the greatest year, then the smallest song_id.

    An unknown year counts as 0, as the catalogue writes it. An artist that no longer has songs keeps its row.
    Filled before songs, from the stored and the staged songs, so that the former artist of a reassigned song is updated too.
    Copied to every node: the table is smaller than songs.
    """

    __tablename__ = "artists"
    __table_args__ = design("One row per artist", diststyle="ALL", sortkey="artist_id")
    staged_in = StagingSong

    artist_id: Mapped[sorted_text32] = mapped_column(primary_key=True)
    name: Mapped[text512 | None]
    location: Mapped[text512 | None]
    latitude: Mapped[double | None] = mapped_column(comment="Degrees")
    longitude: Mapped[double | None] = mapped_column(comment="Degrees")

    @classmethod
    def from_staging(cls) -> Select[Any]:
        is_restaged = Song.song_id == StagingSong.song_id
        stored = [Song.table().c[column.name] for column in Song.from_staging().selected_columns]
        songs = union_all(
            Song.from_staging(),
            select(*stored).outerjoin(StagingSong, is_restaged).where(StagingSong.song_id.is_(None)),
        ).subquery("songs_to_be")
        affected = union(
            select(StagingSong.artist_id),
            select(Song.artist_id).join(StagingSong, is_restaged),
        ).subquery("touched")
        newest_first = func.row_number().over(
            partition_by=songs.c.artist_id, order_by=(func.coalesce(songs.c.year, 0).desc(), songs.c.song_id)
        )
        ranked = (
            select(
                songs.c.artist_id,
                songs.c.artist_name.label("name"),
                songs.c.artist_location.label("location"),
                songs.c.artist_latitude.label("latitude"),
                songs.c.artist_longitude.label("longitude"),
                newest_first.label("place"),
            )
            .join(affected, songs.c.artist_id == affected.c.artist_id)
            .subquery("told")
        )
        return placed_first(ranked)

    @classmethod
    def staged_keys(cls) -> Select[Any]:
        return select(StagingSong.artist_id)


class Time(StarTable):
    """One row per distinct start_time of songplays, with its calendar values in UTC.

    All columns follow from start_time, so loads only insert rows.
    Distributed and sorted like songplays, because it has nearly as many rows.
    """

    __tablename__ = "time"
    __table_args__ = design("One row per distinct start_time of songplays", distkey="start_time", sortkey="start_time")
    staged_in = StagingEvent
    partition_by = {"year": "year", "month": "month"}

    start_time: Mapped[sorted_timestamp] = mapped_column(primary_key=True, comment="UTC, with milliseconds")
    hour: Mapped[small] = mapped_column(comment="0 to 23")
    day: Mapped[small] = mapped_column(comment="Of the month, from 1")
    week: Mapped[small] = mapped_column(comment="ISO week, 1 to 53")
    month: Mapped[small] = mapped_column(comment="1 to 12")
    year: Mapped[small] = mapped_column(comment="Calendar year")
    weekday: Mapped[small] = mapped_column(comment="0 Sunday to 6 Saturday")

    @classmethod
    def from_staging(cls) -> Select[Any]:
        return select(StagingEvent.ts.label("start_time")).where(is_play())

    @classmethod
    def completed(cls, records: Subquery) -> Select[Any]:
        """Return the distinct times with their calendar values."""
        start_time = select(records.c.start_time).distinct().subquery("moment").c.start_time
        parts = [part(name, start_time) for name in ("hour", "day", "week", "month", "year")]
        return select(start_time, *parts, part("dow", start_time).label("weekday"))

    @classmethod
    def batch_range(cls) -> Select[Any]:
        return PLAYS_BETWEEN


def is_play() -> ColumnElement[bool]:
    """Return the condition that a staged event starts a song."""
    return StagingEvent.page == "NextSong"


# The first and last start_time of the batch's plays.
PLAYS_BETWEEN = select(func.min(StagingEvent.ts), func.max(StagingEvent.ts)).where(is_play())


# In the order of filling: artists from the songs before and after, plays when the songs are complete.
STAR: tuple[type[StarTable], ...] = (Artist, Song, User, Songplay, Time)
TABLES = {model.__tablename__: model for model in STAR}

__all__ = ["STAR", "TABLES", "Artist", "Song", "Songplay", "StarTable", "Time", "User"]
