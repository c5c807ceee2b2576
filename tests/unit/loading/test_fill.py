"""Batch after batch: the star has the last delivery of every record, and unchanged rows are not written."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select

from sparkify_dwh.base import StagingTable
from sparkify_dwh.loading.loader import fill
from sparkify_dwh.loading.report import StarRows
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.deduplication import delete_known
from sparkify_dwh.sql.merge import fill_statements
from sparkify_dwh.staging import STAGING, StagingEvent, StagingSong
from sparkify_dwh.star import STAR, Artist, Song, Songplay, StarTable, Time, User

NOON = datetime(2018, 11, 15, 12)
Record = dict[str, Any]
NOTHING = StarRows()


def an_event(number: int = 0, **changes: Any) -> Record:
    """A play, one of its own for every number."""
    return {
        "session_id": 818, "item_in_session": number, "ts": NOON + timedelta(minutes=number), "page": "NextSong",
        "user_id": 15, "first_name": "Lily", "gender": "F", "level": "paid",
        "song": "Setanta matins", "artist": "Elena", "length": 269.5,
    } | changes  # fmt: skip


def a_song(song_id: str = "SO1", **changes: Any) -> Record:
    """The song that ``an_event`` plays."""
    return {
        "song_id": song_id, "title": "Setanta matins", "duration": 269.5, "year": 0,
        "artist_id": "AR1", "artist_name": "Elena",
    } | changes  # fmt: skip


def bring(connection: Connection, events: Iterable[Record] = (), songs: Iterable[Record] = ()) -> dict[str, StarRows]:
    """Stage a batch and fill the star from it, as a load does. Return the rows written to each table."""
    for staging, records in ((StagingEvent, events), (StagingSong, songs)):
        connection.execute(delete(staging.table()))
        if rows := list(records):
            columns = staging.copied()
            connection.execute(insert(staging.table()), [{name: row.get(name) for name in columns} for row in rows])
        for statement in delete_known(staging, STAR):
            connection.execute(statement)
    batch = Batch.of(connection, STAGING, STAR)
    return {model.__tablename__: fill(connection, model, batch) for model in STAR}


def rows(connection: Connection, model: type[StarTable]) -> list[tuple[Any, ...]]:
    columns = [model.table().c[name] for name in model.filled()]
    return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)


def songs_of_plays(connection: Connection) -> list[str | None]:
    """The songs of all plays, in the order of the plays."""
    return list(connection.scalars(select(Songplay.song_id).order_by(Songplay.item_in_session)))


def test_the_same_batch_again_writes_nothing(connection: Connection) -> None:
    bring(connection, [an_event()], [a_song()])
    assert set(map(repr, bring(connection, [an_event()], [a_song()]).values())) == {repr(NOTHING)}


def test_unchanged_songs_are_no_reason_to_look_at_plays(connection: Connection) -> None:
    """What is NULL on both sides is the same too."""
    bring(connection, [an_event()], [a_song(), a_song("SO2", title=None)])
    bring(connection, [], [a_song(), a_song("SO2", title=None), a_song("SO3"), a_song("SO4", year=None)])
    assert set(connection.scalars(select(StagingSong.song_id))) == {"SO3", "SO4"}


@pytest.mark.parametrize(
    "change", [{"year": None}, {"year": 1999}, {"artist_latitude": 1.5}, {"title": None}, {"artist_id": "AR2"}], ids=str
)
def test_a_song_that_differs_in_any_column_is_not_unchanged(connection: Connection, change: Record) -> None:
    bring(connection, [], [a_song()])
    assert bring(connection, [], [a_song(**change)])["songs"].updated == 1


@pytest.mark.parametrize(
    ("change", "song_id"),
    [
        ({"title": "Renamed"}, "SO2"),
        ({"artist_name": "Somebody"}, "SO2"),
        ({"duration": 270.4}, "SO2"),
        ({"duration": 269.8}, "SO1"),
        ({"title": "Setanta matins  "}, "SO1"),
        ({"year": 1999}, "SO1"),
    ],
    ids=str,
)
def test_a_song_that_changes_may_make_another_the_match(connection: Connection, change: Record, song_id: str) -> None:
    """The plays that pointed at it are looked up again, though nothing of the other song was delivered."""
    bring(connection, [an_event()], [a_song(), a_song("SO2", duration=269.9)])
    assert songs_of_plays(connection) == ["SO1"]
    bring(connection, [], [a_song(**change)])
    assert songs_of_plays(connection) == [song_id]


def test_a_song_that_takes_a_name_takes_the_plays_of_that_name(connection: Connection) -> None:
    """And leaves those of its former name to the song that they are of then."""
    other = {"song": "Des'ree", "artist": "You Gotta Be"}
    bring(connection, [an_event(0), an_event(1, **other)], [a_song(), a_song("SO2", duration=270.0)])
    assert songs_of_plays(connection) == ["SO1", None]
    bring(connection, [], [a_song(title="Des'ree", artist_name="You Gotta Be")])
    assert songs_of_plays(connection) == ["SO2", "SO1"]


def test_a_play_takes_the_new_artist_of_its_song(connection: Connection) -> None:
    bring(connection, [an_event()], [a_song()])
    assert bring(connection, [], [a_song(artist_id="AR2")])["songplays"].updated == 1
    assert connection.scalar(select(Songplay.artist_id)) == "AR2"


def test_a_play_that_is_delivered_otherwise_is_looked_up_again(connection: Connection) -> None:
    bring(connection, [an_event(song="Misspelt")], [a_song()])
    written = bring(connection, [an_event()])
    assert (written["songplays"].updated, written["songplays"].inserted) == (1, 0)
    assert songs_of_plays(connection) == ["SO1"]


def test_of_plays_that_stay_and_plays_that_are_new_only_these_are_written(connection: Connection) -> None:
    bring(connection, [an_event(0)], [a_song()])
    written = bring(connection, [an_event(0), an_event(1), an_event(2, song="Unknown")])
    changed = {"users": (1, 0), "songplays": (0, 2), "time": (0, 2)}
    assert {name: (table.updated, table.inserted) for name, table in written.items()} == {
        model.__tablename__: changed.get(model.__tablename__, (0, 0)) for model in STAR
    }


@pytest.mark.parametrize(
    ("events", "latest"),
    [
        ([an_event(1, level="free"), an_event(2), an_event(0, level="free")], 2),
        ([an_event(1, ts=NOON, level="free"), an_event(2, ts=NOON)], 2),  # at one time: the greatest item
        ([an_event(2, ts=NOON, level="free"), an_event(1, ts=NOON, session_id=819)], 1),  # or the greatest session
    ],
)
def test_a_users_latest_event_of_a_batch_is_the_one_that_counts(
    connection: Connection, events: list[Record], latest: int
) -> None:
    """Of a user that is new, and of one that is stored as of an event before, or as of that very event."""
    for before in ([], [an_event(0, ts=NOON - timedelta(hours=1))], events):
        for model in STAR:
            connection.execute(delete(model.table()))
        bring(connection, before)
        bring(connection, events)
        assert connection.execute(select(User.item_in_session, User.level)).one() == (latest, "paid")


def statements(model: type[StarTable], *empty: type[StagingTable]) -> list[str]:
    return [type(statement).__name__ for statement in fill_statements(model, Batch(empty=frozenset(empty)))]


def test_a_batch_without_songs_sends_nothing_about_them() -> None:
    """To look for the plays that name a song reads all plays, and artists are made of all songs."""
    assert statements(Songplay) == ["Update", "Update", "Insert"]
    assert statements(Songplay, StagingSong) == ["Update", "Insert"]
    assert statements(Songplay, StagingEvent) == ["Update"]
    assert statements(Songplay, *STAGING) == statements(Song, StagingSong) == statements(Artist, StagingSong) == []


def test_moments_are_inserted_and_never_updated() -> None:
    """All that time says of a moment follows from it."""
    assert statements(Time) == ["Insert"]


TITLES, NAMES, LENGTHS = ("A", "A ", "B", None), ("X", "Y", "Y  ", None), (100.0, 100.4, 100.9, 101.2, None)


def a_world(random: random.Random) -> list[tuple[list[Record], list[Record]]]:
    """Batches of few songs and plays that meet each other often, some of them again and again, as they were or changed.

    Two users have the same session, items and times, and so have events without a user.
    """
    keys = [(number, user) for number in range(12) for user in (1, 2, None)]

    def some_songs() -> list[Record]:
        ids = random.sample(range(6), random.randrange(5))
        return [
            a_song(
                f"SO{number}", title=random.choice(TITLES), artist_name=random.choice(NAMES),
                duration=random.choice(LENGTHS), artist_id=f"AR{random.randrange(3)}", year=random.choice((0, 1999, None)),
            )
            for number in ids
        ]  # fmt: skip

    def some_events() -> list[Record]:
        return [
            an_event(
                number, song=random.choice(TITLES), artist=random.choice(NAMES), length=random.choice(LENGTHS),
                user_id=user, page="Home" if number > 9 else "NextSong",
            )
            for number, user in random.sample(keys, random.randrange(16))
        ]  # fmt: skip

    pool = [(some_events(), some_songs()) for _ in range(4)]
    return [(random.choice(pool)[0], random.choice(pool)[1]) for _ in range(6)]


def last_of(batches: Iterable[list[Record]], *key: str) -> list[Record]:
    """The last delivery of every record."""
    return list({tuple(record[name] for name in key): record for batch in batches for record in batch}.values())


def song_of(play: Record, songs: list[Record]) -> str | None:
    """The song a play is of, as the README says it."""

    def same(left: str | None, right: str | None) -> bool:
        return left is not None and right is not None and left.rstrip(" ") == right.rstrip(" ")

    near = [
        (abs(song["duration"] - play["length"]), song["song_id"])
        for song in songs
        if same(song["title"], play["song"]) and same(song["artist_name"], play["artist"])
        and song["duration"] is not None and play["length"] is not None
        and abs(song["duration"] - play["length"]) < 1
    ]  # fmt: skip
    return min(near)[1] if near else None


@pytest.mark.parametrize("seed", range(4))
def test_whatever_came_before_the_star_is_as_the_last_deliveries_say(connection: Connection, seed: int) -> None:
    """Step by step as in one batch of the last deliveries; and every play is of the song that a plain loop finds."""
    batches = a_world(random.Random(seed))
    for events, songs in batches:
        bring(connection, events, songs)
        bring(connection, events)
        assert not any(row.inserted or row.updated for row in bring(connection, events, songs).values())
    step_by_step = {model: rows(connection, model) for model in STAR}
    plays = connection.execute(select(Songplay.item_in_session, Songplay.user_id, Songplay.song_id))
    found = {(item, user): song_id for item, user, song_id in plays}

    events = last_of([events for events, _ in batches], "item_in_session", "user_id")
    songs = last_of([songs for _, songs in batches], "song_id")
    assert found == {
        (play["item_in_session"], play["user_id"]): song_of(play, songs)
        for play in events
        if play["page"] == "NextSong"
    }

    for model in STAR:
        connection.execute(delete(model.table()))
    bring(connection, events, songs)
    owners = {song["artist_id"] for song in songs}  # an artist that is left without songs keeps its row
    step_by_step[Artist] = [row for row in step_by_step[Artist] if row[0] in owners]
    assert step_by_step == {model: rows(connection, model) for model in STAR}
