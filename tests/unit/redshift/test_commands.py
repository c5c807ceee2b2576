"""COPY, LOCK and ANALYZE, word for word: they take no parameters, so what is printed is what is sent."""

from __future__ import annotations

from typing import Any

from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.commands import AnalyzeTable, CopyCommand, LockTable
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.sql.copy_statements import Copies
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.star import Song

ROLE = "arn:aws:iam::123456789012:role/dwhRole"


def sql(command: Any) -> str:
    return str(command.compile(dialect=SparkifyDialect()))


def test_events_are_copied_by_their_jsonpaths() -> None:
    json_paths = "s3://sparkify/log_json_path.json"
    copies = Copies(StagingEvent, json=json_paths, role_arn=ROLE, region="us-west-2")
    assert sql(copies.command("s3://sparkify/log_data/")) == (
        "COPY staging_events (artist, auth, first_name, gender, item_in_session, last_name, length, level, location, "
        "method, page, registration, session_id, song, status, ts, user_agent, user_id)\n"
        "FROM 's3://sparkify/log_data/'\n"
        f"IAM_ROLE '{ROLE}'\n"
        "FORMAT AS JSON 's3://sparkify/log_json_path.json'\n"
        "TIMEFORMAT AS 'epochmillisecs'\n"
        "EMPTYASNULL\n"
        "COMPUPDATE OFF\n"
        "STATUPDATE OFF\n"
        "REGION AS 'us-west-2'"
    )


def test_songs_are_copied_by_name_with_the_default_role() -> None:
    assert sql(Copies(StagingSong).command("s3://sparkify/song_data/")) == (
        "COPY staging_songs (num_songs, artist_id, artist_latitude, artist_longitude, artist_location, artist_name, "
        "song_id, title, duration, year)\n"
        "FROM 's3://sparkify/song_data/'\n"
        "IAM_ROLE default\n"
        "FORMAT AS JSON 'auto'\n"
        "EMPTYASNULL\n"
        "COMPUPDATE OFF\n"
        "STATUPDATE OFF"
    )


def test_a_key_cannot_end_its_literal() -> None:
    """Redshift reads backslashes as escapes; quotes are doubled."""
    command = CopyCommand(StagingSong.table(), r"s3://b/a\' OR 100%", columns=["song_id"])
    assert r"FROM 's3://b/a\\'' OR 100%'" in sql(command)


def test_lock_names_the_table() -> None:
    assert sql(LockTable(LoadLock.table())) == "LOCK TABLE load_lock"
    assert sql(LockTable(LoadLock.table(), Song.table())) == "LOCK TABLE load_lock, songs"


def test_analyze_of_predicate_columns() -> None:
    assert sql(AnalyzeTable(StagingEvent.table())) == "ANALYZE staging_events PREDICATE COLUMNS"
