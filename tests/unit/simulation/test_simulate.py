"""Simulated songs and logs: sizes, form, repeatability, and what sessions, users and plays look like."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import date, datetime, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sparkify_dwh.errors import UsageError
from sparkify_dwh.simulation import Simulation, simulate

Rows = list[dict[str, Any]]
SONG_KEYS = (
    *("num_songs", "artist_id", "artist_latitude", "artist_longitude", "artist_location", "artist_name"),
    *("song_id", "title", "duration", "year"),
)
PAGES = {
    *("NextSong", "Home", "Login", "Logout", "Downgrade", "Settings", "Help", "About", "Upgrade", "Save Settings"),
    *("Error", "Submit Upgrade", "Submit Downgrade"),
}


def rows_of(directory: Path) -> Rows:
    """All rows of the JSON files under ``directory``, or of one file, in the order of the files' names."""
    paths = sorted(directory.rglob("*.json")) if directory.is_dir() else [directory]
    return [json.loads(line) for path in paths for line in path.read_bytes().split(b"\n") if line]


def digest_of(directory: Path) -> str:
    """A short digest of every file's path and bytes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        digest.update(path.relative_to(directory).as_posix().encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()[:16]


def sessions_of(events: Rows) -> list[Rows]:
    """The events by session, in the order of their items."""
    sessions = defaultdict(list)
    for event in events:
        sessions[event["sessionId"]].append(event)
    return [sorted(session, key=lambda event: event["itemInSession"]) for session in sessions.values()]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate(tmp_path_factory.mktemp("month"), songs=500, events=20_000)


@pytest.fixture(scope="module")
def events(month: Simulation) -> Rows:
    return rows_of(month.log_data)


@pytest.fixture(scope="module")
def songs(month: Simulation) -> Rows:
    return rows_of(month.song_data)


def seconds_from_the_catalogue(events: Rows, songs: Rows) -> list[float | None]:
    """For every play, how far its length is from the nearest song of its name; None when there is no such song."""
    durations = defaultdict(list)
    for song in songs:
        durations[song["artist_name"], song["title"]].append(song["duration"])
    plays = [event for event in events if event["page"] == "NextSong"]
    named = [(play["length"], durations.get((play["artist"], play["song"].rstrip(" ")))) for play in plays]
    return [min(abs(length - other) for other in found) if found else None for length, found in named]


@pytest.mark.parametrize(
    ("songs", "events", "days", "per_file"),
    [(7, 1, 1, 1), (10, 500, 3, 4), (0, 40, 40, 1), (1, 3, 30, 1), (0, 0, 1, 9)],
)
def test_exactly_the_asked_sizes_are_written(tmp_path: Path, songs: int, events: int, days: int, per_file: int) -> None:
    made = simulate(tmp_path, songs=songs, events=events, days=days, songs_per_file=per_file)
    assert (made.songs, len(rows_of(made.song_data))) == (songs, songs)
    assert (made.events, len(rows_of(made.log_data))) == (events, events)
    assert made.song_files == len(list(made.song_data.rglob("*.json"))) == -(-songs // per_file)
    assert made.log_files == len(list(made.log_data.rglob("*.json")))
    assert made.log_files == days or events < days
    assert made.bytes == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())


def test_one_user_and_one_day_still_hold_every_event(tmp_path: Path) -> None:
    """What one user cannot do in a day, visitors who never log in do."""
    made = simulate(tmp_path, songs=5, events=1000, users=1, days=1)
    assert len(rows_of(made.log_data)) == 1000
    assert made.users == 1


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """The digest is pinned: a change of the data must be meant."""
    for name in ("one", "two"):
        simulate(tmp_path / name, songs=50, events=500, days=3, seed=3)
    assert digest_of(tmp_path / "one") == digest_of(tmp_path / "two") == "767fb7fa44e46477"


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    one, two = (simulate(tmp_path / str(seed), songs=20, events=200, seed=seed) for seed in (1, 2))
    assert digest_of(one.song_data) != digest_of(two.song_data)
    assert digest_of(one.log_data) != digest_of(two.log_data)


def test_songs_stay_when_only_the_events_change(tmp_path: Path) -> None:
    few, many = (simulate(tmp_path / str(events), songs=20, events=events) for events in (10, 300))
    assert digest_of(few.song_data) == digest_of(many.song_data)


def test_rows_have_the_keys_of_the_real_files_in_their_order(month: Simulation, real_data: Path) -> None:
    for simulated, real in ((month.log_data, "log_data"), (month.song_data, "song_data")):
        assert {tuple(row) for row in rows_of(simulated)} == {tuple(row) for row in rows_of(real_data / real)}
    real_paths = json.loads((real_data / "log_json_path.json").read_text())
    assert json.loads(month.log_json_path.read_text()) == real_paths


def test_events_have_the_18_keys_of_the_jsonpaths_in_their_order(month: Simulation, events: Rows) -> None:
    paths = json.loads(month.log_json_path.read_text())["jsonpaths"]
    assert len(paths) == 18
    assert {tuple(f"$['{key}']" for key in event) for event in events} == {tuple(paths)}


def test_values_have_the_types_of_the_real_log(events: Rows, real_data: Path) -> None:
    real = rows_of(real_data / "log_data")
    for key in events[0]:
        assert {type(event[key]) for event in events} == {type(event[key]) for event in real}, key


def test_each_page_has_the_method_status_and_auth_of_the_real_log(events: Rows, real_data: Path) -> None:
    def kinds(rows: Rows) -> set[tuple[Any, ...]]:
        return {tuple(row[key] for key in ("page", "auth", "method", "status")) for row in rows}

    assert kinds(events) == kinds(rows_of(real_data / "log_data"))


def test_songs_have_the_keys_and_ids_of_the_catalogue(songs: Rows) -> None:
    assert {tuple(song) for song in songs} == {SONG_KEYS}
    assert len({song["song_id"] for song in songs}) == len(songs)
    for song in songs:
        assert song["song_id"][:2] + song["artist_id"][:2] == "SOAR"
        assert len(song["song_id"]) == len(song["artist_id"]) == 18
        assert (song["song_id"] + song["artist_id"]).isalnum()


def test_song_files_lie_in_the_folders_of_their_track_ids(month: Simulation) -> None:
    for path in month.song_data.rglob("*.json"):
        assert path.stem[:2] == "TR"
        assert len(path.stem) == 18
        assert path.relative_to(month.song_data).parts[:-1] == tuple(path.stem[2:5])


def test_songs_are_escaped_and_logs_are_raw_utf8(month: Simulation) -> None:
    song_bytes = b"".join(path.read_bytes() for path in month.song_data.rglob("*.json"))
    log_bytes = b"".join(path.read_bytes() for path in month.log_data.rglob("*.json"))
    assert b"\\u" in song_bytes
    assert song_bytes.isascii()
    assert b"\\u" not in log_bytes
    assert not log_bytes.isascii()


def test_text_holds_what_breaks_careless_loaders(events: Rows) -> None:
    titles = {event["song"] for event in events if event["song"]}
    for character in ("'", '"', "%", "\\", "(", "é", "🎈"):
        assert any(character in title for title in titles), character
    assert any(title.endswith(" ") for title in titles)
    assert any((event["userAgent"] or "").startswith('"Mozilla/5.0 (') for event in events)


def test_artists_have_several_songs_and_some_several_names(songs: Rows) -> None:
    names = defaultdict(set)
    for song in songs:
        names[song["artist_id"]].add(song["artist_name"])
    assert len(names) < len(songs)
    assert any(len(of_one) > 1 for of_one in names.values())


def test_some_songs_are_there_twice_less_than_a_second_apart(songs: Rows) -> None:
    """The closest duration must decide which of them a play is of."""
    by_name = defaultdict(list)
    for song in songs:
        by_name[song["artist_id"], song["artist_name"], song["title"]].append(song["duration"])
    assert any(0 < abs(one - two) < 1 for found in by_name.values() for one, two in pairwise(found))


def test_events_lie_in_the_file_of_their_utc_day_in_order(month: Simulation) -> None:
    for path in month.log_data.rglob("*.json"):
        times = [event["ts"] for event in rows_of(path)]
        days = {datetime.fromtimestamp(ts / 1000, timezone.utc).date() for ts in times}
        assert times == sorted(times)
        assert [path.relative_to(month.log_data).as_posix()] == [f"{day:%Y/%m/%Y-%m-%d}-events.json" for day in days]


def test_sessions_count_their_items_from_0_and_go_forward_in_time(events: Rows) -> None:
    for session in sessions_of(events):
        assert [event["itemInSession"] for event in session] == list(range(len(session)))
        assert all(before["ts"] < after["ts"] for before, after in pairwise(session))
        assert len({event["userId"] for event in session} - {""}) <= 1


def test_some_sessions_go_on_after_midnight(events: Rows) -> None:
    assert any(session[0]["ts"] // 86_400_000 < session[-1]["ts"] // 86_400_000 for session in sessions_of(events))


def test_the_next_song_begins_when_the_song_before_has_ended(events: Rows) -> None:
    for session in sessions_of(events):
        for before, after in pairwise(session):
            if before["page"] == after["page"] == "NextSong":
                assert 0 <= after["ts"] - before["ts"] - before["length"] * 1000 <= 1


def test_a_user_does_one_thing_at_a_time_and_changes_level_only_by_submitting(events: Rows) -> None:
    users = defaultdict(list)
    for event in events:
        users[event["userId"]].append(event)
    del users[""]
    changes = [(a["page"], a["level"], b["level"]) for own in users.values() for a, b in pairwise(own)]
    assert {change for change in changes if change[0].startswith("Submit ") or change[1] != change[2]} == {
        ("Submit Upgrade", "free", "paid"),
        ("Submit Downgrade", "paid", "free"),
    }
    assert all(a["ts"] < b["ts"] for own in users.values() for a, b in pairwise(own))


def test_users_are_counted_and_described_the_same_way_every_time(month: Simulation, events: Rows) -> None:
    keys = ("userId", "firstName", "lastName", "gender", "location", "userAgent", "registration")
    described = {tuple(event[key] for key in keys) for event in events if event["userId"]}
    assert len(described) == len({user[0] for user in described}) == month.users
    first = min(event["ts"] for event in events)
    assert all(user[-1] <= first for user in described)


def test_logged_out_events_have_no_user(events: Rows) -> None:
    logged_out = [event for event in events if event["auth"] == "Logged Out"]
    assert logged_out
    for event in logged_out:
        assert event["userId"] == ""
        assert {event[key] for key in ("firstName", "lastName", "gender", "location", "userAgent", "registration")} == {
            None
        }


def test_pages_and_levels_come_in_the_shares_of_the_real_log(events: Rows) -> None:
    pages = Counter(event["page"] for event in events)
    assert set(pages) == PAGES
    assert pages["NextSong"] / len(events) == pytest.approx(0.85, abs=0.04)
    assert sum(event["level"] == "paid" for event in events) / len(events) == pytest.approx(0.78, abs=0.12)


def test_a_fifth_of_the_plays_are_in_the_catalogue_and_some_only_by_name(events: Rows, songs: Rows) -> None:
    distances = seconds_from_the_catalogue(events, songs)
    exact = sum(distance == 0 for distance in distances)
    near_misses = [distance for distance in distances if distance]
    assert exact / len(distances) == pytest.approx(0.2, abs=0.02)
    assert near_misses
    assert min(near_misses) > 1


@pytest.mark.parametrize("share", [0, 1])
def test_all_plays_or_none_can_be_in_the_catalogue(tmp_path: Path, share: float) -> None:
    made = simulate(tmp_path, songs=50, events=500, catalogue_share=share)
    distances = seconds_from_the_catalogue(rows_of(made.log_data), rows_of(made.song_data))
    assert {distance == 0 for distance in distances} == {share == 1}


def test_without_songs_no_play_is_in_the_catalogue(tmp_path: Path) -> None:
    made = simulate(tmp_path, songs=0, events=300, catalogue_share=1)
    assert any(event["page"] == "NextSong" for event in rows_of(made.log_data))


@pytest.mark.parametrize(
    "arguments",
    [
        *({"songs": -1}, {"events": -1}, {"users": -1}, {"users": 0}, {"days": 0}, {"seed": -1}, {"songs_per_file": 0}),
        *({"catalogue_share": -0.1}, {"catalogue_share": 1.1}, {"catalogue_share": float("nan")}),
        *({"start": date(1960, 1, 1)}, {"start": date(9999, 12, 31), "days": 2}),
    ],
)
def test_arguments_without_sense_are_refused_and_nothing_is_written(tmp_path: Path, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"must .*: "):
        simulate(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_the_last_day_of_the_calendar_can_be_simulated(tmp_path: Path) -> None:
    made = simulate(tmp_path, songs=1, events=5, days=1, start=date.max)
    assert [path.name for path in made.log_data.rglob("*.json")] == ["9999-12-31-events.json"]


@pytest.mark.parametrize("name", ["log_data/2018/old.json", "song_data/A/old.json", "log_json_path.json"])
def test_two_simulations_do_not_mix(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("old")
    with pytest.raises(UsageError, match=r"already holds simulated files, such as .*: pass --overwrite"):
        simulate(tmp_path, songs=1, events=1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_overwriting_replaces_the_simulation_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    simulate(tmp_path, songs=9, events=90, seed=1)
    simulate(tmp_path, songs=2, events=20, seed=2, overwrite=True)
    assert (len(rows_of(tmp_path / "song_data")), len(rows_of(tmp_path / "log_data"))) == (2, 20)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_overwriting_removes_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "real.json").write_text("real")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "log_data").symlink_to(tmp_path / "kept")
    simulate(tmp_path / "new", songs=1, events=5, overwrite=True)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["real.json"]


def test_a_file_is_not_a_place_for_a_simulation(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="found a file"):
        simulate(tmp_path / "file")


def test_progress_is_reported_up_to_the_whole(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    simulate(tmp_path, songs=60, events=90, days=3, progress=lambda *step: seen.append(step))
    assert [step for step in seen if step[0] == "songs"] == [("songs", done, 60) for done in (24, 48, 60)]
    assert [step[0] for step in seen[3:]] == ["events"] * 3
    assert seen[-1] == ("events", 90, 90)
