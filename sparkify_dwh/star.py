"""The warehouse: who listened to what, when.

    users ──┐            ┌── songs ── artists
            ├ songplays ─┤
    time  ──┘            └── artists

Each model stands with ``from_staging()``, the SELECT of what a batch says of its rows, and where that takes more, with
``completed()``, which makes the rows of it: of those alone that are new or changed. In a batch every event and every song
stands once: where two deliveries of one contradict each other, staging keeps one of them; songs that the warehouse holds as
they are delivered are not in it.

Foreign keys are not declared to Redshift: it enforces none, and its planner trusts them (Redshift guide,
t_Defining_constraints). ``references`` says which table a column points at, and the checks of a load look. The relationships
(``play.user``, ``play.song``, ``song.artist`` ...) are for reading: rows are written by loads alone.
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
SERVICE_BEGAN = datetime(2010, 1, 1)  # nothing was listened to before
SECONDS_APART = 1.0  # a log's length and a catalogue's duration of one recording differ by less


class Songplay(StarTable):
    """One row per song that was started (``NextSong`` event).

    A play is of a song of the catalogue when title and artist name are equal, trailing blanks aside, and the lengths
    differ by less than a second; the closest length wins, then the smallest song_id. Nearly all real plays are of songs
    that the catalogue does not hold: they are kept, without song and artist, and with what the log says of both.

    Distributed and sorted by start_time, as time is, the one dimension that is as large: the join with it moves no row
    and needs no sort. song_id would put nearly all plays, which have none, on one slice.
    """

    __tablename__ = "songplays"
    __table_args__ = design("One row per song that was started", distkey="start_time", sortkey="start_time")
    staged_in = StagingEvent
    changed_by = StagingSong
    natural_key = ("session_id", "item_in_session", "start_time")
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

    # Functions, not names: SQLAlchemy would look names up among the classes of all warehouses in the program.
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
        """Plays with the song each is of."""
        return cls._with_song(records, [name for name in cls.filled() if name in records.c])

    @classmethod
    def from_warehouse(cls) -> Select[Any]:
        """The stored plays that point at a staged song, or name its title and artist, with the song they are of now.

        This reads title, artist and song_id of every play, so it is left out of loads that bring no song that differs. What
        is small goes to the plays: staged songs by broadcast; songs are on every node.
        """
        points_at_it = cls.song_id == StagingSong.song_id
        names_it = and_(
            trimmed(cls.song_title) == trimmed(StagingSong.title),
            trimmed(cls.artist_name) == trimmed(StagingSong.artist_name),
        )
        stored = [cls.table().c[name] for name in (*cls.natural_key, "song_title", "artist_name", "song_length")]
        affected = union(
            select(*stored).join(StagingSong, points_at_it),
            select(*stored).join(StagingSong, names_it),
        ).subquery("affected")
        return cls._with_song(affected, cls.natural_key)

    @classmethod
    def _with_song(cls, plays: Subquery, names: Sequence[str]) -> Select[Any]:
        """Columns of plays, each play once, and the song it is of, if it is of any: the one than which no other is closer.

        So songs are compared with songs, of which few have the same title and artist: plays are neither sorted nor sent to
        another node, for songs are on all of them.
        """
        play, song, closer = plays.c, Song.table().alias("song"), Song.table().alias("closer")
        seconds_apart, seconds_closer = (func.abs(each.c.duration - play.song_length) for each in (song, closer))
        is_of_it = and_(
            trimmed(play.song_title) == trimmed(song.c.title),
            trimmed(play.artist_name) == trimmed(song.c.artist_name),
            seconds_apart < SECONDS_APART,
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
            .select_from(plays.outerjoin(song, is_of_it).outerjoin(closer, is_closer))
            .where(closer.c.song_id.is_(None))
        )

    @classmethod
    def batch_range(cls) -> Select[Any]:
        return PLAYS_BETWEEN


class User(StarTable):
    """One row per user of the app, as the user's latest event of any page describes them.

    Events of nobody logged in make no user. An older log that is loaded later changes nothing.
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
        """The latest event of each user.

        No two events of a user have the same time, session and item in it; to sort those of the latest time alone is less
        work than to sort all.
        """
        event = records.c
        latest = select(event.user_id, func.max(event.ts).label("ts")).group_by(event.user_id).subquery("latest")
        is_latest = and_(event.user_id == latest.c.user_id, event.ts == latest.c.ts)
        last_first = func.row_number().over(
            partition_by=event.user_id, order_by=(event.session_id.desc(), event.item_in_session.desc())
        )
        seen = select(*event, last_first.label("place")).select_from(records.join(latest, is_latest))
        return placed_first(seen.subquery("seen"))

    @classmethod
    def replaces(cls, incoming: Any, stored: Any) -> ColumnElement[bool]:
        return not_before((incoming[name], stored[name]) for name in ("ts", "session_id", "item_in_session"))


class Song(StarTable):
    """One row per song of the catalogue.

    It keeps the artist's name and place as the song's own file gives them: one artist has several in real data, and a
    play is matched by the song's own.
    Copied to every node: plays look it up by title and by song_id, and a catalogue is small beside its plays.
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
    """One row per artist, as the artist's song with the greatest year tells it, then the smallest song_id.

    An unknown year counts as 0, which is how the catalogue writes it.
    It is filled before songs, from the songs as they will be: so an artist whose song now belongs to another is seen.
    An artist that is left without songs keeps its row.
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
        restaged = Song.song_id == StagingSong.song_id
        untouched = [Song.table().c[column.name] for column in Song.from_staging().selected_columns]
        songs = union_all(
            Song.from_staging(),
            select(*untouched).outerjoin(StagingSong, restaged).where(StagingSong.song_id.is_(None)),
        ).subquery("songs_to_be")
        touched = union(
            select(StagingSong.artist_id),
            select(Song.artist_id).join(StagingSong, restaged),
        ).subquery("touched")
        newest_first = func.row_number().over(
            partition_by=songs.c.artist_id, order_by=(func.coalesce(songs.c.year, 0).desc(), songs.c.song_id)
        )
        told = (
            select(
                songs.c.artist_id,
                songs.c.artist_name.label("name"),
                songs.c.artist_location.label("location"),
                songs.c.artist_latitude.label("latitude"),
                songs.c.artist_longitude.label("longitude"),
                newest_first.label("place"),
            )
            .join(touched, songs.c.artist_id == touched.c.artist_id)
            .subquery("told")
        )
        return placed_first(told)

    @classmethod
    def staged_keys(cls) -> Select[Any]:
        return select(StagingSong.artist_id)


class Time(StarTable):
    """One row per moment at which a song was started, and what the calendar says of it. UTC.

    All of it follows from start_time, so a row that is there is right, and loads only insert.
    Distributed and sorted like songplays, whose start_time it explains: it has nearly as many rows.
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
        """Each moment once, with what the calendar says of it."""
        start_time = select(records.c.start_time).distinct().subquery("moment").c.start_time
        return select(
            start_time,
            part("hour", start_time),
            part("day", start_time),
            part("week", start_time),
            part("month", start_time),
            part("year", start_time),
            part("dow", start_time).label("weekday"),
        )

    @classmethod
    def batch_range(cls) -> Select[Any]:
        return PLAYS_BETWEEN


def is_play() -> ColumnElement[bool]:
    """True of the staged events that start a song."""
    return StagingEvent.page == "NextSong"


# The first and the last start of a song in the batch.
PLAYS_BETWEEN = select(func.min(StagingEvent.ts), func.max(StagingEvent.ts)).where(is_play())


# In the order in which a load fills them: artists from songs as they were and will be, plays when the songs are in.
STAR: tuple[type[StarTable], ...] = (Artist, Song, User, Songplay, Time)
TABLES = {model.__tablename__: model for model in STAR}

__all__ = ["STAR", "TABLES", "Artist", "Song", "Songplay", "StarTable", "Time", "User"]
