"""Records that are delivered more than once: by key, equal or with other values, in one load or in several."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.cli import Captured, Run
from support.records import a_logged_out_event, a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.loading import input_rows
from sparkify_dwh.loading.report import LoadReport, StagedRows

A_USER = {"userId": "15", "firstName": "Lily"}
ANOTHER = {"userId": "16", "firstName": "Ada"}


def deliveries(report: LoadReport, table: str = "staging_events") -> tuple[int, int]:
    """How many were left out: equal ones, and those with other values."""
    rows = report.staged[table]
    return rows.duplicates, rows.conflicting


@pytest.mark.parametrize("in_one_load", [True, False])
def test_events_of_two_users_are_never_one_event(sparkify: Sparkify, in_one_load: bool) -> None:
    """Services restart their session numbers."""
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", an_event(**A_USER))
    if not in_one_load:
        sparkify.load()
    sparkify.logs("b.json", an_event(**ANOTHER))
    report = sparkify.load()
    assert deliveries(report) == (0, 0)
    assert report.star["songplays"].updated == 0
    assert sparkify.rows("SELECT user_id FROM songplays ORDER BY 1") == [(15,), (16,)]
    assert sparkify.rows("SELECT user_id, first_name FROM users ORDER BY 1") == [(15, "Lily"), (16, "Ada")]
    assert not sparkify.load(force=True).changed


def test_plays_without_a_user_are_one_play_and_not_that_of_a_user(sparkify: Sparkify) -> None:
    """NULL equals NULL in the key."""
    logged_out = an_event(userId="")
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", logged_out, logged_out, an_event())
    assert deliveries(sparkify.load()) == (1, 0)
    sparkify.logs("b.json", logged_out | {"location": "Praha"})
    report = sparkify.load()
    assert (report.star["songplays"].inserted, report.star["songplays"].updated) == (0, 1)
    assert sparkify.rows("SELECT user_id, location FROM songplays ORDER BY 1") == [
        (15, an_event()["location"]),
        (None, "Praha"),
    ]


def test_a_song_that_comes_later_is_found_by_plays_without_a_user(sparkify: Sparkify) -> None:
    sparkify.songs("a.json", a_song(song_id="SO9", title="Another"))
    sparkify.logs("a.json", an_event(userId=""), an_event())
    sparkify.load()
    sparkify.songs("b.json", a_song())
    assert sparkify.load().star["songplays"].updated == 2
    assert sparkify.rows("SELECT DISTINCT song_id FROM songplays") == [("SOZCTXZ12AB0182364",)]


def test_logged_out_events_that_are_equal_are_counted_as_duplicates(sparkify: Sparkify) -> None:
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", a_logged_out_event(), a_logged_out_event(), a_logged_out_event(status=404))
    assert deliveries(sparkify.load()) == (1, 1)


def test_equal_deliveries_and_conflicting_ones_are_counted_apart(sparkify: Sparkify) -> None:
    first, second = an_event(location="A"), an_event(location="B")
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", second, first, second, an_event(itemInSession=6))
    sparkify.logs("b.json", first, first)
    report = sparkify.load()
    assert deliveries(report) == (3, 1)
    assert "staging_events             6 staged, 3 delivered twice, 1 conflicting" in str(report)
    assert sparkify.rows("SELECT location FROM songplays WHERE item_in_session = 5") == [("A",)]


def test_an_example_of_a_conflict_names_its_columns_files_and_lines(
    sparkify: Sparkify, configuration: Path, run: Run, capsys: Captured
) -> None:
    sparkify.songs("a.json", a_song(), a_song(song_id="SO2"))
    songs = sparkify.directory / "song_data"
    (songs / "b.json.gz").write_bytes(gzip.compress(json.dumps(a_song(song_id="SO2", year=1999, title="B")).encode()))
    sparkify.logs("a.json", an_event())
    report = sparkify.load()
    (warning,) = report.warnings
    assert warning == (
        "staging_songs: 1 conflicting delivery (the same song_id, other values) left out; the record that sorts first was "
        f"kept. For example song_id SO2 (title and year differ) in {songs.as_uri()}/a.json line 2 and "
        f"{songs.as_uri()}/b.json.gz line 1"
    )
    assert run("--config", configuration, "history", report.load_id) == 0
    assert capsys.readouterr().out.startswith(str(report))
    assert run("--config", configuration, "history", report.load_id, "--json") == 0
    stored = json.loads(capsys.readouterr().out)
    assert (stored["staged"]["staging_songs"]["conflicting"], stored["warnings"]) == (1, [warning])


def test_a_conflict_has_no_files_where_they_are_too_many_to_search(
    sparkify: Sparkify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_rows, "MAX_SEARCHED_RECORDS", 0)
    sparkify.songs("a.json", a_song(), a_song(title="B"))
    sparkify.logs("a.json", an_event())
    (warning,) = sparkify.load().warnings
    assert warning.endswith("For example song_id SOZCTXZ12AB0182364 (title differs)")


def test_conflicts_are_counted_without_manifests_too(sparkify: Sparkify) -> None:
    sparkify.settings = replace(sparkify.settings, manifests=None)
    sparkify.songs("a.json", a_song(), a_song(title="B"))
    sparkify.logs("a.json", an_event())
    report = sparkify.load()
    assert deliveries(report, "staging_songs") == (0, 1)
    assert report.warnings[-1].endswith("(title differs)")


@pytest.mark.parametrize("years", [(0, 2001), (2001, 0), (None, 0, 2001)])
def test_an_unknown_year_does_not_win_over_a_known_one(sparkify: Sparkify, years: tuple[Any, ...]) -> None:
    sparkify.songs("a.json", *(a_song(year=year) for year in years))
    sparkify.logs("a.json", an_event())
    assert deliveries(sparkify.load(), "staging_songs") == (0, len(years) - 1)
    assert sparkify.one("SELECT year FROM songs") == 2001


def test_an_unknown_year_as_zero_and_as_null_is_one_outcome_in_any_order(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    for years in ((0, None), (None, 0)):
        sparkify.songs("a.json", *(a_song(year=year) for year in years))
        sparkify.load()
        assert sparkify.one("SELECT year FROM songs") == 0


def test_a_conflict_with_an_earlier_load_is_counted_and_the_later_wins(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(location="A"))
    sparkify.songs("a.json", a_song(title="A"))
    sparkify.load()
    sparkify.logs("b.json", an_event(location="B"))
    sparkify.songs("a.json", a_song(title="B"))
    report = sparkify.load()
    assert {name: rows.conflicting for name, rows in report.star.items()} == {
        "artists": 0, "songs": 1, "users": 0, "songplays": 1, "time": 0,
    }  # fmt: skip
    assert report.warnings == [
        f"{table}: 1 row replaced, because an earlier load delivered the same record with other values"
        for table in ("songs", "songplays")
    ]
    assert "songplays                  0 inserted            1 updated, 1 conflicting" in str(report)


def test_a_play_that_only_finds_its_song_is_no_conflict(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song(song_id="SO9", title="Another"))
    sparkify.load()
    sparkify.songs("b.json", a_song())
    report = sparkify.load()
    assert (report.star["songplays"].updated, report.star["songplays"].conflicting) == (1, 0)


def test_a_stored_report_without_the_count_is_read() -> None:
    """As versions before wrote it."""
    assert StagedRows(loaded=3, duplicates=1).conflicting == 0
