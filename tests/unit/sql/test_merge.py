"""The two statements that bring a table up to date, word for word, and what they do to a few rows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, literal, select
from support.sql import sql

from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.deduplication import delete_conflicting, delete_duplicates, delete_unchanged
from sparkify_dwh.sql.merge import differs, fill_statements, insert_new, same, update_changed
from sparkify_dwh.staging import StagingEvent, StagingSong
from sparkify_dwh.star import STAR, Song, Songplay, Time, User

NOON = datetime(2018, 11, 1, 12)


def a_user(**changes: Any) -> Any:
    """A SELECT of one user."""
    values = {
        "user_id": 1, "first_name": "Lily", "last_name": None, "gender": "F", "level": "free",
        "ts": NOON, "session_id": 5, "item_in_session": 0,
    }  # fmt: skip
    return select(
        *(literal(value, User.table().c[name].type).label(name) for name, value in (values | changes).items())
    )


def test_what_is_new_is_inserted_within_the_batchs_range() -> None:
    """And is completed then: of moments that are stored nothing is computed."""
    start_time, *parts = Time.filled()
    computed = ", ".join(
        f"CAST(EXTRACT({'dow' if name == 'weekday' else name} FROM moment.start_time) AS SMALLINT) AS {name}"
        for name in parts
    )
    assert sql(insert_new(Time, Time.from_staging(), (NOON, NOON))) == (
        f"INSERT INTO time ({start_time}, {', '.join(parts)}) SELECT moment.start_time, {computed} "
        "FROM (SELECT DISTINCT added.start_time AS start_time FROM (SELECT staged.start_time AS start_time "
        "FROM (SELECT staging_events.ts AS start_time FROM staging_events WHERE staging_events.page = 'NextSong') AS staged "
        "LEFT OUTER JOIN time ON time.start_time = staged.start_time "
        "AND time.start_time BETWEEN '2018-11-01 12:00:00' AND '2018-11-01 12:00:00' "
        "WHERE time.start_time IS NULL) AS added) AS moment"
    )


def test_only_what_differs_is_completed() -> None:
    """A user's events are grouped when they may replace what is stored, and not otherwise."""
    updated = sql(update_changed(User, User.from_staging()))
    events, latest, by_place = updated.split(" AS changed ")
    assert "AS staged JOIN users ON users.user_id = staged.user_id AND (users.first_name != staged.first_name" in events
    assert events.endswith("AND staged.item_in_session >= users.item_in_session)))")
    assert latest.startswith(
        "JOIN (SELECT changed.user_id AS user_id, max(changed.ts) AS ts FROM (SELECT staged.user_id"
    )
    assert by_place.startswith(
        "GROUP BY changed.user_id) AS latest ON changed.user_id = latest.user_id AND changed.ts = latest.ts) AS seen "
        "WHERE seen.place = 1) AS incoming WHERE users.user_id = incoming.user_id AND ("
    )


def test_what_the_warehouse_holds_as_it_is_delivered_is_taken_out_of_staging() -> None:
    assert sql(delete_unchanged(Song)).startswith(
        "DELETE FROM staging_songs USING songs WHERE songs.song_id = staging_songs.song_id "
        "AND (songs.title = staging_songs.title OR songs.title IS NULL AND staging_songs.title IS NULL) "
        "AND songs.artist_id = staging_songs.artist_id AND (songs.year = staging_songs.year OR "
    )


def test_no_statement_of_a_batch_of_events_reads_plays_of_other_times() -> None:
    """Redshift skips the blocks of other times when the sort key is compared with constants."""
    batch = Batch(dict.fromkeys((Songplay, Time), (NOON, NOON)), frozenset({StagingSong}))
    for model in STAR:
        for statement in map(sql, fill_statements(model, batch)):
            read = re.findall(r"(?:FROM|JOIN|UPDATE) (songplays|time)\b", statement)
            assert statement.count("start_time BETWEEN '2018-11-01 12:00:00' AND ") == len(read)


def test_what_changed_is_updated_and_null_is_a_value() -> None:
    songs = select(*(Song.table().c[name] for name in ("song_id", "title", "artist_id")))
    updated = sql(update_changed(_song_of_three_columns(), songs))
    assert updated == (
        "UPDATE songs SET title=incoming.title, artist_id=incoming.artist_id FROM (SELECT songs.song_id AS song_id, "
        "songs.title AS title, songs.artist_id AS artist_id FROM songs) AS incoming "
        "WHERE songs.song_id = incoming.song_id AND (songs.title != incoming.title "
        "OR songs.title IS NULL AND incoming.title IS NOT NULL OR songs.title IS NOT NULL AND incoming.title IS NULL "
        "OR songs.artist_id != incoming.artist_id)"
    )


def _song_of_three_columns() -> Any:
    class ShortSong(Song):
        __abstract__ = True

        @classmethod
        def filled(cls) -> list[str]:
            return ["song_id", "title", "artist_id"]

    return ShortSong


SONG_COLUMNS = ", ".join(f"staging_songs.{name}" for name in StagingSong.copied())


def deletes_all_but_first(window: str) -> str:
    return (
        "DELETE FROM staging_songs WHERE staging_songs.staged_id IN (SELECT ranked.staged_id "
        f"FROM (SELECT staging_songs.staged_id AS staged_id, row_number() OVER ({window}) AS place FROM staging_songs "
        "JOIN (SELECT staging_songs.song_id AS song_id FROM staging_songs GROUP BY staging_songs.song_id "
        "HAVING count(*) > 1) AS several ON several.song_id = staging_songs.song_id) AS ranked WHERE ranked.place > 1)"
    )


def test_of_equal_deliveries_one_stays() -> None:
    assert sql(delete_duplicates(StagingSong)) == deletes_all_but_first(
        f"PARTITION BY {SONG_COLUMNS} ORDER BY staging_songs.staged_id"
    )


def test_of_a_songs_conflicting_deliveries_the_first_in_model_order_stays() -> None:
    """A year of 0 is unknown, and sorts like NULL."""
    assert sql(delete_conflicting(StagingSong)) == deletes_all_but_first(
        "PARTITION BY staging_songs.song_id ORDER BY "
        + SONG_COLUMNS.replace("staging_songs.year", "nullif(staging_songs.year, 0), staging_songs.year")
    )


def test_events_without_a_user_are_deliveries_of_one_key_too() -> None:
    """NULL equals NULL in a natural key."""
    assert sql(delete_conflicting(StagingEvent)).endswith(
        "JOIN (SELECT staging_events.session_id AS session_id, staging_events.item_in_session AS item_in_session, "
        "staging_events.ts AS ts, staging_events.user_id AS user_id FROM staging_events GROUP BY "
        "staging_events.session_id, staging_events.item_in_session, staging_events.ts, staging_events.user_id "
        "HAVING count(*) > 1) AS several ON several.session_id = staging_events.session_id "
        "AND several.item_in_session = staging_events.item_in_session AND several.ts = staging_events.ts "
        "AND (several.user_id = staging_events.user_id OR several.user_id IS NULL AND staging_events.user_id IS NULL)) "
        "AS ranked WHERE ranked.place > 1)"
    )


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({}, 0),
        ({"level": "paid"}, 1),
        ({"last_name": "Koch"}, 1),
        ({"first_name": None}, 1),
        ({"level": "paid", "ts": datetime(2018, 11, 1, 11)}, 0),
        ({"level": "paid", "session_id": 4}, 0),
        ({"session_id": 6}, 1),
        ({"item_in_session": 1}, 1),
    ],
)
def test_a_row_is_written_only_when_it_changes_and_is_not_older(
    connection: Connection, changes: dict[str, Any], written: int
) -> None:
    connection.execute(insert_new(User, a_user()))
    assert connection.execute(update_changed(User, a_user(**changes))).rowcount == written


def test_a_row_that_is_there_is_not_inserted_again(connection: Connection) -> None:
    assert connection.execute(insert_new(User, a_user())).rowcount == 1
    assert connection.execute(insert_new(User, a_user(level="paid"))).rowcount == 0


@pytest.mark.parametrize(
    ("left", "right", "different"),
    [("a", "a", False), ("a", "b", True), (None, "a", True), ("a", None, True), (None, None, False)],
)
def test_null_is_the_same_as_null(connection: Connection, left: str | None, right: str | None, different: bool) -> None:
    """Redshift has no IS DISTINCT FROM (redshift guide, c_unsupported-postgresql-functions)."""
    table = Table("pairs", MetaData(), Column("id", Integer), Column("a", String(1)), Column("b", String(1)))
    table.create(connection)
    connection.execute(insert(table).values(id=1, a=left, b=right))
    assert connection.scalar(select(table.c.id).where(differs(table.c.a, table.c.b))) == (1 if different else None)
    assert connection.scalar(select(table.c.id).where(same(table.c.a, table.c.b))) == (None if different else 1)
