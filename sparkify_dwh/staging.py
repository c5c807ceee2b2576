"""The inputs: what Sparkify's services write to S3, as COPY brings it in.

The tables hold the last batch and nothing else. Their columns follow the sources field by field; a record without what
the warehouse needs to know it again is refused by NOT NULL, so that COPY can name its file and line.
"""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from sparkify_dwh.base import (
    Source,
    StagingTable,
    big,
    design,
    double,
    integer,
    row_number,
    small,
    sorted_text32,
    sorted_timestamp,
    text16,
    text32,
    text64,
    text512,
    text1024,
)

# Encodings are declared and statistics are not used, so COPY need not sample the data for either; empty strings are
# nothing. Redshift guide, copy-parameters-data-load and copy-parameters-data-conversion
COPY_CLAUSES = ("EMPTYASNULL", "COMPUPDATE OFF", "STATUPDATE OFF")


class StagingEvent(StagingTable):
    """One row per event of the app's activity log: a page that a person saw, in a session.

    The columns stand in the order of the JSONPaths file: COPY pairs them by place.
    Distributed by ts like songplays, so that filling it moves no row from node to node; ts has many values, spread evenly.
    """

    __tablename__ = "staging_events"
    __table_args__ = design("The last batch of activity logs", distkey="ts", sortkey="ts")
    source = Source("LOG_DATA", "the activity logs", json_paths="LOG_JSONPATH")
    identity = ("session_id", "item_in_session", "ts")
    copy_clauses = ("TIMEFORMAT AS 'epochmillisecs'", *COPY_CLAUSES)

    staged_id: Mapped[row_number]
    artist: Mapped[text512 | None]
    auth: Mapped[text32 | None]
    first_name: Mapped[text512 | None]
    gender: Mapped[text16 | None]
    item_in_session: Mapped[integer]
    last_name: Mapped[text512 | None]
    length: Mapped[double | None]
    level: Mapped[text16 | None]
    location: Mapped[text512 | None]
    method: Mapped[text16 | None]
    page: Mapped[text64]
    registration: Mapped[double | None]  # epoch milliseconds, written with a decimal point
    session_id: Mapped[big]
    song: Mapped[text512 | None]
    status: Mapped[small | None]
    ts: Mapped[sorted_timestamp]
    user_agent: Mapped[text1024 | None]
    user_id: Mapped[integer | None]  # an empty string when nobody is logged in


class StagingSong(StagingTable):
    """One row per song of the catalogue's files.

    The fields have the names of the columns, so COPY pairs them by name.
    Distributed by song_id, so that telling a song's deliveries apart moves no row.
    """

    __tablename__ = "staging_songs"
    __table_args__ = design("The last batch of song metadata", distkey="song_id", sortkey="song_id")
    source = Source("SONG_DATA", "the song metadata")
    identity = ("song_id",)
    copy_clauses = COPY_CLAUSES

    staged_id: Mapped[row_number]
    num_songs: Mapped[integer | None]
    artist_id: Mapped[text32]
    artist_latitude: Mapped[double | None]
    artist_longitude: Mapped[double | None]
    artist_location: Mapped[text512 | None]
    artist_name: Mapped[text512 | None]
    song_id: Mapped[sorted_text32]
    title: Mapped[text512 | None]
    duration: Mapped[double | None]
    year: Mapped[small | None]


STAGING: tuple[type[StagingTable], ...] = (StagingEvent, StagingSong)
