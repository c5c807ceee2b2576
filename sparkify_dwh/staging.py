"""The staging tables: the last batch of what Sparkify's services write to S3, as COPY loads it.

The columns are the fields of the sources. Columns of the natural key are NOT NULL, so that COPY rejects a record without
them and names its file and line.
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

# Empty strings become NULL. Encodings are declared, and a load gathers statistics itself where a batch is large, so COPY
# need not compute either. Redshift guide, copy-parameters-data-load and copy-parameters-data-conversion
COPY_CLAUSES = ("EMPTYASNULL", "COMPUPDATE OFF", "STATUPDATE OFF")


class StagingEvent(StagingTable):
    """One row per event of the app's activity log: a page that a person saw, in a session.

    The columns are in the order of the JSONPaths file, by which COPY matches them.
    Services restart their session numbers, so an event is identified by its user too, who is NULL when logged out.
    Distributed by ts like songplays, so that filling songplays moves no row between nodes; ts is spread evenly.
    """

    __tablename__ = "staging_events"
    __table_args__ = design("The last batch of activity logs", distkey="ts", sortkey="ts")
    source = Source("LOG_DATA", "the activity logs", json_paths="LOG_JSONPATH")
    identity = ("session_id", "item_in_session", "ts", "user_id")
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

    COPY matches fields and columns by name.
    Distributed by song_id, so that deduplication moves no row.
    """

    __tablename__ = "staging_songs"
    __table_args__ = design("The last batch of song metadata", distkey="song_id", sortkey="song_id")
    source = Source("SONG_DATA", "the song metadata")
    identity = ("song_id",)
    copy_clauses = COPY_CLAUSES
    unknown_values = {"year": 0}

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
