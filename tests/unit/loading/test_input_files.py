"""Incremental loads by file: the ledger records URL and etag."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from support.records import a_song, an_event
from support.warehouse import Sparkify

import sparkify_dwh
from sparkify_dwh.errors import CopyError, LoadError, SourceError, UsageError
from sparkify_dwh.loading.ledger_entries import compare_files
from sparkify_dwh.planning.plan import make_plan
from sparkify_dwh.storage.store import StoredObject


def files_loaded(sparkify: Sparkify, **options: object) -> list[str]:
    """The names of the log files that a load takes in."""
    report = sparkify.load(**options)
    return [file.url.rsplit("/", 1)[1] for file in report.files["staging_events"].files]


def test_a_file_is_loaded_once(loaded: Sparkify) -> None:
    loaded.logs("2018/11/b.json", an_event(itemInSession=6))
    assert files_loaded(loaded) == ["b.json"]
    assert files_loaded(loaded) == []
    assert loaded.one("SELECT count(*) FROM songplays") == 2


def test_nothing_new_is_success(loaded: Sparkify) -> None:
    report = loaded.load()
    assert (report.outcome, report.changed) == ("loaded", False)
    assert report.files["staging_events"].known == 1
    assert str(report) == f"load {report.load_id}: nothing new in {report.seconds:.1f} s among 2 files, 2 loaded before"


def test_a_changed_file_is_loaded_again_and_named(loaded: Sparkify) -> None:
    path = loaded.logs("2018/11/a.json", an_event(location="Praha"), an_event(itemInSession=6))
    report = loaded.load()
    assert report.files["staging_events"].changed == [path.as_uri()]
    assert loaded.rows("SELECT item_in_session, location FROM songplays WHERE location = 'Praha'") == [(5, "Praha")]


def test_a_file_that_changes_back_is_loaded_again(loaded: Sparkify) -> None:
    """The ledger compares with the last etag, not with any."""
    path = loaded.directory / "log_data" / "2018" / "11" / "a.json"
    first = path.stat()
    loaded.logs("2018/11/a.json", an_event(location="Praha"))
    loaded.load()
    loaded.logs("2018/11/a.json", an_event())
    os.utime(path, ns=(first.st_atime_ns, first.st_mtime_ns))
    assert files_loaded(loaded) == ["a.json"]
    assert loaded.one("SELECT location FROM songplays") == an_event()["location"]


def test_rows_that_are_gone_from_a_changed_file_stay(loaded: Sparkify) -> None:
    """COPY cannot tell which row came from which file."""
    loaded.logs("2018/11/a.json", an_event(itemInSession=6))
    loaded.load()
    assert loaded.one("SELECT count(*) FROM songplays") == 2


def test_force_loads_what_was_loaded(loaded: Sparkify) -> None:
    assert files_loaded(loaded, force=True) == ["a.json"]
    assert not loaded.load(force=True).changed


def test_since_and_files_select_files(loaded: Sparkify) -> None:
    for number, name in enumerate(
        ["2018/11/2018-11-29-b.json", "2018/12/2018-12-01-c.json", "2018/12/2018-12-02-d.json"]
    ):
        loaded.logs(name, an_event(itemInSession=100 + number))
    chosen = files_loaded(loaded, since=date(2018, 12, 1), files=("d.json", "b.json"))
    assert chosen == ["2018-12-02-d.json"]
    assert files_loaded(loaded, since=date(2018, 12, 1)) == ["2018-12-01-c.json"]
    assert files_loaded(loaded) == ["2018-11-29-b.json"]


def test_days_of_a_backfill_are_inclusive(loaded: Sparkify) -> None:
    for day in range(1, 6):
        loaded.logs(f"2018-12-0{day}-d.json", an_event(itemInSession=100 + day))
    options = {"since": "2018-12-02", "until": date(2018, 12, 4)}
    assert make_plan(loaded.settings, **options).to_dict()["inputs"]["staging_events"]["not_chosen"] == 2
    assert files_loaded(loaded, **options) == ["2018-12-02-d.json", "2018-12-03-d.json", "2018-12-04-d.json"]
    assert files_loaded(loaded, until="2018-12-01") == ["2018-12-01-d.json"]
    with pytest.raises(UsageError, match=r"--until 2018-12-01 is before --since 2018-12-02: exchange the two days\."):
        loaded.load(since="2018-12-02", until="2018-12-01")


def test_files_may_be_one_name_and_since_a_string(loaded: Sparkify) -> None:
    loaded.logs("2018/12/2018-12-01-c.json", an_event(itemInSession=100))
    loaded.logs("2018/12/2018-12-02-d.json", an_event(itemInSession=101))
    assert files_loaded(loaded, since="2018-12-02") == ["2018-12-02-d.json"]
    assert files_loaded(loaded, files="c.json") == ["2018-12-01-c.json"]


@pytest.mark.parametrize("of", [sparkify_dwh.load, make_plan], ids=["load", "plan"])
def test_a_name_without_a_file_is_an_error(loaded: Sparkify, of: Callable[..., object]) -> None:
    """Nothing is loaded: the name is misspelt, or the file is not there yet."""
    loaded.logs("b.json", an_event(itemInSession=6))
    with pytest.raises(SourceError, match=r"log_data/ or .*song_data/ has a URL that ends in 'c\.json' \(--files\)"):
        of(loaded.settings, files=("b.json", "c.json"))
    assert loaded.one("SELECT count(*) FROM songplays") == 1


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({"since": "yesterday"}, "Invalid date 'yesterday': use YYYY-MM-DD"),
        ({"since": datetime(2018, 11, 1)}, "Invalid date 2018-11-01 00:00:00: it has a time of day; pass its .date()"),
        ({"since": 20181101}, "Invalid date 20181101: use YYYY-MM-DD"),
        ({"settings": "dwh.cfg"}, r"load\(\) needs Settings, but was given a str: pass Settings\.read"),
    ],
)
def test_invalid_options_are_refused_before_anything_is_done(
    sparkify: Sparkify, options: dict[str, Any], needed: str
) -> None:
    with pytest.raises(UsageError, match=needed):
        sparkify_dwh.load(**{"settings": sparkify.settings, **options})


def test_hidden_files_are_left_out(loaded: Sparkify) -> None:
    """COPY of the prefix would load them: only Redshift Spectrum ignores them (redshift guide, r_UNLOAD)."""
    loaded.logs("2018/.ipynb_checkpoints/a.json", an_event(itemInSession=7))
    loaded.logs("_SUCCESS", "")
    assert files_loaded(loaded) == []
    assert loaded.load().files["staging_events"].hidden == 2


def test_gzip_files_are_recognized_by_name(loaded: Sparkify) -> None:
    """COPY does not detect compression, and has one for all its files."""
    path = loaded.directory / "log_data" / "b.json.gz"
    path.write_bytes(gzip.compress(json.dumps(an_event(itemInSession=6)).encode()))
    loaded.logs("c.json", an_event(itemInSession=7))
    loaded.load()
    assert loaded.one("SELECT count(*) FROM songplays") == 3


def test_manifests_are_removed_after_a_load_and_after_a_failure(loaded: Sparkify) -> None:
    assert loaded.settings.standin_directory is not None
    manifests = loaded.settings.standin_directory / "manifests"
    loaded.logs("b.json", "no json")
    with pytest.raises(CopyError):
        loaded.load()
    assert list(manifests.iterdir()) == []


def test_without_manifests_the_whole_prefix_is_loaded(loaded: Sparkify) -> None:
    """Such a load is idempotent by row, and the report says so."""
    loaded.settings = replace(loaded.settings, manifests=None)
    loaded.logs("b.json", an_event(itemInSession=6))
    report = loaded.load()
    assert report.staged["staging_events"].loaded == 2
    assert report.star["songplays"].inserted == 1
    assert "MANIFESTS" in report.warnings[0]


def test_files_cannot_be_selected_without_manifests(loaded: Sparkify) -> None:
    loaded.settings = replace(loaded.settings, manifests=None)
    with pytest.raises(UsageError, match="needs manifests"):
        loaded.load(since=date(2018, 12, 1))


def test_a_prefix_of_gzip_files_is_loaded_whole_too(sparkify: Sparkify) -> None:
    path = sparkify.directory / "log_data" / "b.json.gz"
    path.write_bytes(gzip.compress(json.dumps(an_event()).encode()))
    sparkify.songs("a.json", a_song())
    sparkify.settings = replace(sparkify.settings, manifests=None)
    assert sparkify.load().star["songplays"].inserted == 1
    sparkify.logs("a.json", an_event(itemInSession=6))
    with pytest.raises(SourceError, match="several compressions"):
        sparkify.load()


def test_a_prefix_that_is_empty_is_an_error(sparkify: Sparkify) -> None:
    with pytest.raises(SourceError, match=r"log_data/ matches no file: check LOG_DATA"):
        sparkify.load()


def test_a_file_that_the_server_does_not_list_as_read_is_a_warning(sparkify: Sparkify) -> None:
    """Unless no file is listed: the views may be late, or hidden from this user."""
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    report = sparkify.load()
    assert report.warnings == []
    report.files["staging_events"].files.append(StoredObject("file:///unread.json", 1, "1"))
    compare_files(sparkify.engine, report)
    assert report.warnings == ["1 file of staging_events is not in sys_load_detail, for example file:///unread.json"]
    report.warnings.clear()
    report.session_id = 0
    compare_files(sparkify.engine, report)
    assert report.warnings == []


@pytest.mark.parametrize("files", ["", [""], ["a.json", None], [1]])
def test_invalid_file_names_are_refused(loaded: Sparkify, files: Any) -> None:
    """Every URL ends with an empty string: a script with an empty variable would load everything."""
    with pytest.raises(UsageError, match=r"Invalid file name .*: --files takes the ends of URLs"):
        loaded.load(files=files)


def test_files_that_were_not_selected_are_counted(loaded: Sparkify) -> None:
    loaded.logs("2018/11/2018-11-02-events.json", an_event(itemInSession=6))
    report = loaded.load(since="2018-12-01")
    assert report.files["staging_events"].not_chosen == 1
    assert str(report).endswith(" s among 3 files, 2 loaded before, 1 not chosen")
    assert make_plan(loaded.settings, since="2018-12-01").to_dict()["inputs"]["staging_events"]["not_chosen"] == 1


def test_skipped_rows_are_counted_and_listed(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(), "no json", an_event(itemInSession="six"))
    sparkify.songs("a.json", a_song())
    report = sparkify.load(max_errors=2)
    assert report.staged["staging_events"].rejected == 2
    assert [line.split(": ", 1)[0] for line in report.rejected] == ["staging_events"] * 2
    assert "a.json line 3, column item_in_session: 'six'" in report.rejected[1]
    assert sparkify.one("SELECT count(*) FROM songplays") == 1


def test_one_row_too_many_fails_the_load(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(), "no json", an_event(itemInSession="six"))
    sparkify.songs("a.json", a_song())
    with pytest.raises(LoadError):
        sparkify.load(max_errors=1)
    assert sparkify.one("SELECT count(*) FROM songplays") == 0


def test_a_failed_load_is_in_the_ledger(loaded: Sparkify) -> None:
    loaded.logs("b.json", "no json")
    with pytest.raises(CopyError):
        loaded.load()
    ((outcome, report),) = loaded.rows("SELECT outcome, report FROM loads WHERE outcome <> 'loaded'")
    assert outcome == "failed"
    assert "b.json line 1" in json.loads(report)["error"]
