"""What each table of the star holds, after a load of a few records."""

from __future__ import annotations

from datetime import datetime

from support.records import a_logged_out_event, a_song, an_event
from support.warehouse import Sparkify

MINUTE = 60_000  # milliseconds
PLAYED_AT = datetime(2018, 11, 15, 12, 30, 0, 796000)


def test_a_play_is_one_songplay(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    sparkify.load()
    assert sparkify.star()["songplays"] == [
        (
            PLAYED_AT, 15, "paid", "SOZCTXZ12AB0182364", "AR5KOSW1187FB35FF4", 818,
            "Chicago-Naperville-Elgin, IL-IN-WI", '"Mozilla/5.0 (X11; Linux x86_64)"', 5,
            "Setanta matins", "Elena", 269.58322,
        )
    ]  # fmt: skip


def test_only_next_song_is_a_play(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(page="Home"), an_event(itemInSession=6), a_logged_out_event(itemInSession=7))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    assert sparkify.rows("SELECT item_in_session FROM songplays") == [(6,)]


def test_plays_of_unknown_songs_are_kept(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(song="Nobody has this"))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    assert sparkify.rows("SELECT song_id, artist_id, song_title FROM songplays") == [(None, None, "Nobody has this")]


def test_a_play_is_of_a_song_with_its_title_artist_and_length(sparkify: Sparkify) -> None:
    changes: list[tuple[dict[str, object], bool]] = [
        ({"length": 270.58}, True),
        ({"length": 268.59}, True),
        ({"length": 270.59}, False),
        ({"length": None}, False),
        ({"song": "Setanta matins  "}, True),
        ({"song": "setanta matins"}, False),
        ({"artist": "Elena "}, True),
        ({"artist": "Helena"}, False),
    ]
    sparkify.logs("a.json", *(an_event(**change, itemInSession=item) for item, (change, _) in enumerate(changes)))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    found = [song is not None for (song,) in sparkify.rows("SELECT song_id FROM songplays ORDER BY item_in_session")]
    assert found == [matched for _, matched in changes]


def test_the_closest_length_wins_then_the_smallest_id(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(length=200.0), an_event(length=300.0, itemInSession=6))
    sparkify.songs(
        "a.json",
        a_song(song_id="SO1", duration=200.9),
        a_song(song_id="SO2", duration=200.1),
        a_song(song_id="SO4", duration=300.2),
        a_song(song_id="SO3", duration=300.2),
    )
    sparkify.load()
    assert sparkify.rows("SELECT song_id FROM songplays ORDER BY item_in_session") == [("SO2",), ("SO3",)]


def test_a_play_takes_the_artist_of_the_songs_own_name(sparkify: Sparkify) -> None:
    """One artist has several names in real data; the play is matched by that of its song."""
    sparkify.logs("a.json", an_event(artist="Elena / Guest"))
    sparkify.songs("a.json", a_song(song_id="SO1"), a_song(song_id="SO2", artist_name="Elena / Guest"))
    sparkify.load()
    assert sparkify.one("SELECT song_id FROM songplays") == "SO2"


def test_a_user_is_as_of_the_latest_event(sparkify: Sparkify) -> None:
    sparkify.logs(
        "a.json",
        an_event(level="free", lastName="Old", ts=1542285000796 - MINUTE),
        an_event(level="paid", page="Home", itemInSession=6),
        an_event(level="free", itemInSession=5),
    )
    sparkify.songs("a.json", a_song())
    sparkify.load()
    assert sparkify.rows("SELECT user_id, last_name, level, ts, item_in_session FROM users") == [
        (15, "Koch", "paid", PLAYED_AT, 6)
    ]


def test_nobody_logged_in_makes_no_user(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", a_logged_out_event())
    sparkify.songs("a.json", a_song())
    sparkify.load()
    assert sparkify.one("SELECT count(*) FROM users") == 0


def test_a_song_is_as_its_file_says(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song(artist_location=""))
    sparkify.load()
    assert sparkify.star()["songs"] == [
        ("SOZCTXZ12AB0182364", "Setanta matins", "AR5KOSW1187FB35FF4", 0, 269.58322, "Elena", None, 49.80388, 15.47491)
    ]


def test_an_artist_is_as_the_newest_song_says(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs(
        "a.json",
        a_song(song_id="SO1", year=0, artist_name="Zero"),
        a_song(song_id="SO3", year=1999, artist_name="Later id"),
        a_song(song_id="SO2", year=1999, artist_name="Newest", artist_location="Praha"),
        a_song(song_id="SO4", artist_id="AR2", year=None, artist_name="Other"),
    )
    sparkify.load()
    assert sparkify.rows("SELECT artist_id, name, location FROM artists ORDER BY 1") == [
        ("AR2", "Other", "Dubai UAE"),
        ("AR5KOSW1187FB35FF4", "Newest", "Praha"),
    ]


def test_a_song_that_changes_hands_changes_both_artists(sparkify: Sparkify) -> None:
    """The artist that loses its newest song is again as the song before says."""
    sparkify.logs("a.json", an_event())
    sparkify.songs(
        "a.json",
        a_song(song_id="SO1", artist_id="AR1", year=1990, artist_name="Before"),
        a_song(song_id="SO2", artist_id="AR1", year=2000, artist_name="Newest"),
    )
    sparkify.load()
    sparkify.songs("a.json", a_song(song_id="SO2", artist_id="AR2", year=2000, artist_name="Newest"))
    sparkify.load()
    assert sparkify.rows("SELECT artist_id, name FROM artists ORDER BY 1") == [("AR1", "Before"), ("AR2", "Newest")]


def test_a_moment_has_its_parts_in_utc(sparkify: Sparkify) -> None:
    moments = {
        1483228799999: (23, 31, 52, 12, 2016, 6),  # the last millisecond of a Saturday
        1483228800000: (0, 1, 52, 1, 2017, 0),  # 1 January in the last ISO week of the year before
        1541289600000: (0, 4, 44, 11, 2018, 0),  # a Sunday is 0, and still in the ISO week before
        1542285000796: (12, 15, 46, 11, 2018, 4),
    }
    sparkify.logs("a.json", *(an_event(ts=ts) for ts in moments))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    parts = sparkify.rows("SELECT hour, day, week, month, year, weekday FROM time ORDER BY start_time")
    assert parts == list(moments.values())


def test_time_has_each_moment_of_a_play_once(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(), an_event(sessionId=2), an_event(ts=1, page="Home"))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    assert sparkify.rows("SELECT start_time FROM time") == [(PLAYED_AT,)]
