"""Questions about songs, artists and the catalogue."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection
from support.listening import OF_SETANTA, a_play, add_plays, records, rows
from support.sql import sql

from sparkify_dwh import analytics


def test_top_songs_count_logged_titles() -> None:
    """Labels differ from column names: GROUP BY would prefer the column."""
    assert sql(analytics.top_songs("2018-11-01", "2018-11-30", limit=5)) == (
        "SELECT rtrim(songplays.song_title, ' ') AS song, rtrim(songplays.artist_name, ' ') AS artist, "
        "count(*) AS plays, count(DISTINCT songplays.user_id) AS listeners, "
        "CAST(round(coalesce(sum(songplays.song_length), 0)) AS BIGINT) AS listening_seconds, "
        "count(songplays.song_id) AS matched_plays FROM songplays "
        "WHERE songplays.start_time >= '2018-11-01 00:00:00' AND songplays.start_time < '2018-12-01 00:00:00' "
        "GROUP BY song, artist ORDER BY plays DESC, song, artist LIMIT 5"
    )


def test_songs_count_whether_or_not_the_catalogue_holds_them(connection: Connection) -> None:
    add_plays(
        connection,
        a_play(**OF_SETANTA),
        a_play(item_in_session=1, **OF_SETANTA | {"length": 100.0}),
        a_play(item_in_session=2),
    )
    assert records(connection, analytics.top_songs()) == [
        {"song": "Setanta matins", "artist": "Elena", "plays": 2, "listeners": 1, "listening_seconds": 370,
         "matched_plays": 1},
        {"song": "Undo", "artist": "Björk", "plays": 1, "listeners": 1, "listening_seconds": 200, "matched_plays": 0},
    ]  # fmt: skip


def test_trailing_blanks_do_not_make_another_song(connection: Connection) -> None:
    add_plays(connection, a_play(), a_play(item_in_session=1, song="Undo  ", artist="Björk "))
    assert [row[:3] for row in rows(connection, analytics.top_songs())] == [("Undo", "Björk", 2)]
    assert [row[:2] for row in rows(connection, analytics.top_artists())] == [("Björk", 2)]


def test_songs_with_equal_plays_are_ordered_by_name(connection: Connection) -> None:
    """By bytes, NULL last: a limit then returns the same songs every time."""
    titles = ["b", None, "Z", "a", "Älg"]
    add_plays(connection, *(a_play(item_in_session=item, song=title) for item, title in enumerate(titles)))
    assert [row[0] for row in rows(connection, analytics.top_songs(limit=None))] == ["Z", "a", "b", "Älg", None]
    assert [row[0] for row in rows(connection, analytics.top_songs(limit=2))] == ["Z", "a"]


def test_top_artists_have_their_number_of_songs(connection: Connection) -> None:
    add_plays(
        connection,
        a_play(),
        a_play(item_in_session=1, song="Hyperballad"),
        a_play(item_in_session=2),
        a_play(item_in_session=3, artist="Elena"),
    )
    assert [(row["artist"], row["plays"], row["songs"]) for row in records(connection, analytics.top_artists())] == [
        ("Björk", 3, 2),
        ("Elena", 1, 1),
    ]


def test_missing_songs_are_played_songs_outside_the_catalogue(connection: Connection) -> None:
    add_plays(connection, a_play(), a_play(item_in_session=1, **OF_SETANTA))
    assert [row[0] for row in rows(connection, analytics.missing_songs())] == ["Undo"]


def test_the_share_of_plays_in_the_catalogue(connection: Connection) -> None:
    assert rows(connection, analytics.share_in_catalogue()) == [(0, 0, None)]
    add_plays(
        connection,
        a_play(**OF_SETANTA),
        a_play(item_in_session=1),
        a_play("2018-11-16 12:00:00"),
        a_play("2018-11-16 13:00:00"),
    )
    assert rows(connection, analytics.share_in_catalogue()) == [(4, 1, 0.25)]
    assert rows(connection, analytics.share_in_catalogue_per_day()) == [
        (date(2018, 11, 15), 2, 1, 0.5),
        (date(2018, 11, 16), 2, 0, 0.0),
    ]


def test_the_history_of_a_song_is_found_by_title_or_id(connection: Connection) -> None:
    cover = {"song": "Setanta matins ", "artist": "Helena"}
    add_plays(connection, a_play(**OF_SETANTA), a_play("2018-11-16 12:00:00", **cover), a_play(item_in_session=1))
    both, one = [date(2018, 11, 15), date(2018, 11, 16)], [date(2018, 11, 15)]
    for question, days in {
        analytics.song_history("Setanta matins"): both,
        analytics.song_history("Setanta matins ", artist="Elena"): one,
        analytics.song_history("SO1"): one,
        analytics.song_history("setanta matins"): [],
    }.items():
        assert [row[0] for row in rows(connection, question)] == days


def test_the_history_of_an_artist_is_found_by_name_or_id(connection: Connection) -> None:
    add_plays(
        connection, a_play(**OF_SETANTA), a_play("2018-11-16 12:00:00", artist="Elena"), a_play(item_in_session=1)
    )
    assert records(connection, analytics.artist_history("AR1")) == [
        {
            "day": date(2018, 11, 15),
            "plays": 1,
            "listeners": 1,
            "listening_seconds": 270,
            "matched_plays": 1,
            "songs": 1,
        }
    ]
    assert [row[0] for row in rows(connection, analytics.artist_history("Elena"))] == [
        date(2018, 11, 15),
        date(2018, 11, 16),
    ]


def test_a_title_is_bound_as_a_value(connection: Connection) -> None:
    title = "It's 100%: \\' OR 1=1 --"
    add_plays(connection, a_play(song=title), a_play(item_in_session=1))
    assert [row[1] for row in rows(connection, analytics.song_history(title))] == [1]
    assert "'It''s 100%: \\\\'' OR 1=1 --'" in sql(analytics.song_history(title))
