"""COPY, LOCK and ANALYZE, word for word: they take no parameters, so what is printed is what is sent."""

from __future__ import annotations

from support.sql import sql_lines

from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.redshift.commands import AnalyzeTable, CopyCommand, LockTable
from sparkify_dwh.sql.copy_statements import Copies
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.star import Song

ROLE = "arn:aws:iam::123456789012:role/dwhRole"


def test_events_are_copied_by_their_jsonpaths() -> None:
    json_paths = "s3://sparkify/log_json_path.json"
    copies = Copies(StagingEvent, json=json_paths, role_arn=ROLE, region="us-west-2")
    assert sql_lines(copies.command("s3://sparkify/log_data/")) == (
        f"COPY staging_events ({', '.join(StagingEvent.copied())})\n"
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
    assert sql_lines(Copies(StagingSong).command("s3://sparkify/song_data/")) == (
        f"COPY staging_songs ({', '.join(StagingSong.copied())})\n"
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
    assert r"FROM 's3://b/a\\'' OR 100%'" in sql_lines(command)


def test_lock_names_the_table() -> None:
    assert sql_lines(LockTable(LoadLock.table())) == "LOCK TABLE load_lock"
    assert sql_lines(LockTable(LoadLock.table(), Song.table())) == "LOCK TABLE load_lock, songs"


def test_analyze_of_predicate_columns() -> None:
    assert sql_lines(AnalyzeTable(StagingEvent.table())) == "ANALYZE staging_events PREDICATE COLUMNS"
