"""The deliveries of a verification: the first, a late one with corrections, one with rejected rows, and one that fails.

The bulk is simulated traffic; the rest are records with awkward values. The same every time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from sparkify_dwh.simulation import simulate
from sparkify_dwh.verification.data import awkward_values as awkward
from sparkify_dwh.verification.data.awkward_values import milliseconds
from sparkify_dwh.verification.data.records import Delivery, File, Record, Rejected, a_song, an_event

SIMULATED_SONGS, SIMULATED_EVENTS, SIMULATED_DAYS = 600, 2_000, 10
SEED = 15

NOON = datetime(2018, 11, 15, 12, tzinfo=timezone.utc)
LATER = datetime(2018, 12, 24, 12, tzinfo=timezone.utc)

# Sessions and users of the awkward records are apart from the simulated ones.
TEXT_SESSIONS, MOMENT_SESSION, NUMBER_SESSION, TWIN_SESSIONS = 1_000_000, 2_000_000, 2_000_001, 3_000_000
CONFLICT_SESSION, MATCH_SESSION, SHAPE_SESSION, LATE_SESSION = 4_000_000, 4_000_001, 4_000_002, 5_000_000
FIRST_TEXT_USER, AWKWARD_USER, TIED_USER, LATE_USER = 1_000_000, 2_000_000, 2_000_001, 2_000_002


@cache
def first_delivery() -> Delivery:
    """Return what the first load takes."""
    log_files, song_files = _simulated()
    events = [*_events_with_texts(), *_events_with_moments(), *_events_with_numbers(), *_twins(), *_matching_events()]
    songs = [*_songs_with_texts(), *_songs_with_numbers(), *_matching_songs(), *_songs_of_one_artist()]
    repeated = [record for file in log_files[:2] for record in file.records[:40]]
    return Delivery(
        [
            *log_files,
            File("log_data/awkward.json", events),
            File("log_data/awkward-shapes.json", [*_conflicting_events(), *_shapes(), *events[:3]], is_pretty=True),
            File("log_data/again.json.gz", [*repeated, *events[::7]], is_ascii=True),
        ],
        [
            *song_files,
            File("song_data/awkward.json", songs, is_ascii=True),
            File("song_data/again.json.bz2", [*songs[::5], *_conflicting_songs()]),
        ],
    )


@cache
def late_delivery() -> Delivery:
    """Return what arrives later: older events, corrections, and songs that change what stored plays are of."""
    before, noon = milliseconds(NOON - timedelta(days=400)), milliseconds(NOON)
    late = [
        an_event(
            sessionId=LATE_SESSION, ts=before + n, itemInSession=n, userId=str(user), level="free", lastName="Late"
        )
        for n, user in enumerate([*awkward.USER_IDS, AWKWARD_USER, LATE_USER] * 5)
    ]
    corrected = [
        an_event(sessionId=CONFLICT_SESSION, itemInSession=1, ts=noon, userId="7", level="free", location="Corrected"),
        an_event(sessionId=MATCH_SESSION, itemInSession=2, ts=noon + 2, song="Closest", length=99.5, artist="Matcher"),
    ]
    songs = [
        a_song(song_id="SOLATE", title="Not Yet In The Catalogue", artist_name="Matcher", duration=77.25),
        a_song(song_id="SOCLOSER", title="Closest", artist_name="Matcher", duration=100.0625),
        a_song(song_id="SORENAMED", title="Renamed", artist_name="Matcher", duration=50.0),
        a_song(song_id="SOOFTWO", artist_id="ARTWO", title="Reassigned", artist_name="Second", year=1990),
    ]
    return Delivery(
        [File("log_data/late.json", [*late, *corrected])],
        [File("song_data/late.json", songs, is_pretty=True)],
    )


@cache
def rejected_delivery() -> Delivery:
    """Return files with records that COPY must reject, and others that it must take."""
    taken = [an_event(sessionId=LATE_SESSION + 1, ts=milliseconds(LATER) + n, itemInSession=n) for n in range(5)]
    too_long = awkward.MAX_TEXT_BYTES // 2 * "é" + "x"
    events = [
        Rejected(an_event(song=too_long), "song", 1204),
        Rejected(an_event(artist="😀" * (awkward.MAX_TEXT_BYTES // 4) + "é"), "artist", 1204),
        Rejected(an_event(userId="twelve"), "user_id", 1207),
        Rejected(an_event(userId=str(2**31)), "user_id", 1204),
        Rejected(an_event(sessionId=None), "session_id", 1213),
        Rejected(_without(an_event(), "itemInSession"), "item_in_session", 1213),
        Rejected(an_event(page=""), "page", 1213),
        Rejected(an_event(ts=None), "ts", 1213),
        Rejected(an_event(ts="yesterday"), "ts", 1206),
        Rejected(an_event(length="long"), "length", 1208),
        Rejected(an_event(status=2**15), "status", 1204),
    ]
    songs = [
        Rejected(a_song(song_id=None), "song_id", 1213),
        Rejected(a_song(song_id="S" * (awkward.MAX_KEY_BYTES + 1)), "song_id", 1204),
        Rejected(a_song(year=2**15), "year", 1204),
        Rejected(a_song(duration="long"), "duration", 1208),
    ]
    kept = [a_song(song_id="SOKEPT", title="Kept", artist_name="Matcher")]
    return Delivery(
        [File("log_data/rejected.json", taken, events)], [File("song_data/rejected.json", kept, songs, is_ascii=True)]
    )


@cache
def failing_delivery() -> Delivery:
    """Return a file that COPY takes and a check refuses: its level is neither free nor paid."""
    event = an_event(sessionId=LATE_SESSION + 2, ts=milliseconds(LATER), level="gold")
    return Delivery([File("log_data/failing.json", [event])])


@cache
def later_delivery() -> Delivery:
    """Return new plays, which arrive after the restore."""
    events = [an_event(sessionId=LATE_SESSION + 3, ts=milliseconds(LATER) + 9 + n, itemInSession=n) for n in range(5)]
    return Delivery([File("log_data/later.json", events)])


def deliveries() -> tuple[Delivery, ...]:
    """Return all deliveries, in the order of their arrival."""
    return first_delivery(), late_delivery(), rejected_delivery(), failing_delivery(), later_delivery()


def _simulated() -> tuple[list[File], list[File]]:
    """Return simulated files, one a day and one per hundred songs."""
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-verify-") as directory:
        written = simulate(
            Path(directory),
            songs=SIMULATED_SONGS,
            events=SIMULATED_EVENTS,
            days=SIMULATED_DAYS,
            seed=SEED,
            songs_per_file=100,
        )
        return list(_read("log_data", written.log_data)), list(_read("song_data", written.song_data))


def _read(folder: str, directory: Path) -> Iterator[File]:
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        records = [json.loads(line) for line in path.read_bytes().splitlines()]
        yield File(f"{folder}/{path.relative_to(directory).as_posix()}", records)


def _events_with_texts() -> Iterator[Record]:
    for n, text in enumerate(awkward.TEXTS):
        yield an_event(
            sessionId=TEXT_SESSIONS + n,
            ts=milliseconds(NOON) + n,
            userId=str(FIRST_TEXT_USER + n),
            **dict.fromkeys(("song", "artist", "firstName", "lastName", "location"), text),
            userAgent=text * 2,
        )
    empty = dict.fromkeys(("artist", "song", "firstName", "lastName", "gender", "level", "location", "userAgent"), "")
    yield an_event(sessionId=TEXT_SESSIONS, itemInSession=1, ts=milliseconds(NOON), userId="", **empty)
    null = dict.fromkeys(empty, None)
    yield an_event(sessionId=TEXT_SESSIONS, itemInSession=2, ts=milliseconds(NOON), userId=None, **null)


def _events_with_moments() -> Iterator[Record]:
    for n, moment in enumerate(awkward.MOMENTS):
        ts = milliseconds(moment)
        yield an_event(sessionId=MOMENT_SESSION, itemInSession=n, ts=ts if n % 2 else str(ts), userId=str(AWKWARD_USER))


def _events_with_numbers() -> Iterator[Record]:
    noon = milliseconds(NOON)
    for n, session_id in enumerate(awkward.SESSION_IDS):
        # As a text, because JSON's numbers may lose digits. Redshift guide, copy-usage_notes-copy-from-json
        yield an_event(sessionId=str(session_id), ts=noon + n, userId=str(AWKWARD_USER))
    for item in awkward.ITEMS:
        yield an_event(sessionId=NUMBER_SESSION, itemInSession=item, ts=noon, userId=str(AWKWARD_USER))
    for n, user_id in enumerate(awkward.USER_IDS):
        yield an_event(
            sessionId=NUMBER_SESSION, itemInSession=n, ts=noon + n, userId=user_id if n % 2 else str(user_id)
        )
    for n, status in enumerate(awkward.STATUSES, 10):
        yield an_event(sessionId=NUMBER_SESSION, itemInSession=n, ts=noon, status=status, page="Home")
    for n, registration in enumerate(awkward.REGISTRATIONS, 20):
        yield an_event(sessionId=NUMBER_SESSION, itemInSession=n, ts=noon, registration=registration)
    for n, length in enumerate(awkward.LENGTHS, 30):
        yield an_event(sessionId=NUMBER_SESSION, itemInSession=n, ts=noon, length=length)


def _twins() -> Iterator[Record]:
    """Yield plays of one millisecond: of several users, of one user in two sessions, and of one session."""
    noon = milliseconds(NOON) + 500
    for n in range(5):
        yield an_event(sessionId=TWIN_SESSIONS + n, ts=noon, userId=str(AWKWARD_USER + 10 + n))
    for session, item, level, name in ((0, 1, "free", "First"), (1, 0, "free", "Second"), (1, 7, "paid", "Latest")):
        place = {"sessionId": TWIN_SESSIONS + 10 + session, "itemInSession": item, "ts": noon}
        yield an_event(**place, userId=str(TIED_USER), level=level, firstName=name)


def _conflicting_events() -> Iterator[Record]:
    """Yield several deliveries of the same events, of which the one that sorts first by all columns is kept."""
    key = {"sessionId": CONFLICT_SESSION, "ts": milliseconds(NOON), "userId": "7"}
    for location in ("Zurich", "Äänekoski", "Aarhus", None, "日本"):
        yield an_event(**key, itemInSession=1, location=location)
    for length in (200.5, 9.0, None, 10.0):
        yield an_event(**key, itemInSession=2, length=length)
    for song in ("b", "\U0001f600", "\uffef", "a\u0301"):
        yield an_event(**key, itemInSession=3, song=song)
    for user_id in ("7", "8", "", None):  # of other users: other events
        yield an_event(**key | {"userId": user_id}, itemInSession=4)


def _shapes() -> Iterator[Record]:
    """Yield events with missing, unknown, nested and otherwise spelt keys, and with keys in another order."""
    ts = milliseconds(NOON) + 900
    here = {"sessionId": SHAPE_SESSION, "ts": ts}
    yield _without(an_event(**here, itemInSession=0), "location", "userAgent", "gender", "registration")
    yield an_event(**here, itemInSession=1, unknown={"nested": [1, {"artist": "wrong"}]}, Song="wrong", USERID="9")
    yield dict(reversed(an_event(**here, itemInSession=2).items()))
    yield an_event(**here, itemInSession=3, userId="", page="Home", song=None, artist=None, auth="Logged Out")


def _songs_with_texts() -> Iterator[Record]:
    for n, text in enumerate(awkward.TEXTS):
        if n % 3:
            yield a_song(
                song_id=f"SOTEXT{n:02}", artist_id=f"ARTEXT{n:02}", title=text, artist_name=text, artist_location=text
            )
    widest = "😀" * (awkward.MAX_KEY_BYTES // 4)
    yield a_song(song_id=widest, artist_id=widest, title=None, artist_name=None)
    yield a_song(song_id="O'Brien\\", artist_id='"; --', title="", artist_name="", artist_location="")


def _songs_with_numbers() -> Iterator[Record]:
    for n, degrees in enumerate(awkward.DEGREES):
        place = {"artist_latitude": degrees, "artist_longitude": -degrees}
        yield a_song(song_id=f"SOPLACE{n}", artist_id=f"ARPLACE{n}", title=f"Place {n}", **place)
    for n, duration in enumerate(awkward.DURATIONS):
        yield a_song(song_id=f"SODURATION{n}", title=f"Duration {n}", duration=duration)
    for n, year in enumerate(awkward.YEARS):
        yield a_song(song_id=f"SOYEAR{n}", artist_id="ARYEARS", title=f"Year {n}", artist_name=f"In {year}", year=year)
    yield a_song(song_id="SONOTHING", **dict.fromkeys(("num_songs", "artist_latitude", "duration", "year"), None))


def _matching_events() -> Iterator[Record]:
    """Yield plays that match several songs, one song, or none."""
    titles = (
        ("Closest", 100.0),
        ("Tied", 100.0),
        ("Closest", 100.9),
        ("Too Far", 100.0),
        ("Just Near", 100.0),
        ("Blanks  ", 100.0),
        ("Not Yet In The Catalogue", 77.0),
        ("Before The Renaming", 50.0),
        ("Closest", None),
        (None, 100.0),
        ("Caf\u00e9", 100.0),
    )
    for n, (title, length) in enumerate(titles):
        place = {"sessionId": MATCH_SESSION, "itemInSession": n, "ts": milliseconds(NOON) + n}
        yield an_event(**place, song=title, artist="Matcher ", length=length)


def _matching_songs() -> Iterator[Record]:
    songs = (
        ("SONEAR", "Closest", 100.25),
        ("SOFAR", "Closest", 100.75),
        ("SOTIED2", "Tied", 100.5),
        ("SOTIED1", "Tied", 99.5),
        ("SOTOOFAR", "Too Far", 101.0),
        ("SOJUSTNEAR", "Just Near", 100.99999999999999),
        ("SOBLANKS", "Blanks", 100.0),
        ("SORENAMED", "Before The Renaming", 50.0),
        ("SOACCENT", "Cafe\u0301", 100.0),
    )
    for song_id, title, duration in songs:
        yield a_song(song_id=song_id, artist_id="ARMATCHER", title=title, artist_name="Matcher", duration=duration)


def _songs_of_one_artist() -> Iterator[Record]:
    """Yield songs whose artist has the values of the one with the greatest year, then the smallest song_id."""
    for song_id, name, year in (
        ("SOOFB", "B", 2005),
        ("SOOFA", "A", 2005),
        ("SOOFC", "C", 0),
        ("SOOFTWO", "Two", 2006),
    ):
        yield a_song(song_id=song_id, artist_id="ARONE", title=name, artist_name=f"One as {name}", year=year)


def _conflicting_songs() -> Iterator[Record]:
    for title in ("Later", "Earlier", None):
        yield a_song(song_id="SOCONFLICT", title=title)
    for year in (None, 0, 1999, 2001):
        yield a_song(song_id="SOUNKNOWN", title="Of a year that is known", year=year)
    yield a_song(song_id="SOCASE", title="Of the key in lower case", Title="wrong", TITLE="wrong")


def _without(record: dict[str, object], *keys: str) -> Record:
    return {key: value for key, value in record.items() if key not in keys}
