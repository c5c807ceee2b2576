"""Input as it should not be: each has a known outcome, says what is wrong, and loses nothing."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from support.inputs import with_inputs
from support.records import a_song, an_event
from support.serverless_api import Quiet, served
from support.warehouse import Sparkify

from sparkify_dwh.errors import ConfigurationError, CopyError, SourceError, SparkifyError
from sparkify_dwh.storage.store import ObjectStore

GOOD = json.dumps(an_event()).encode()


def changed(**changes: Any) -> bytes:
    return json.dumps(an_event(**changes)).encode()


def without(key: str) -> bytes:
    return json.dumps({name: value for name, value in an_event().items() if name != key}).encode()


def load_bytes(sparkify: Sparkify, content: bytes) -> None:
    """Load one log file of these bytes."""
    path = sparkify.directory / "log_data" / "2018" / "a.json"
    path.parent.mkdir()
    path.write_bytes(content)
    sparkify.songs("a.json", a_song())
    sparkify.load()


@pytest.mark.parametrize(
    ("content", "plays"),
    [
        (b"", 0),
        (b"  \n\n \n", 0),
        (GOOD + b"\r\n" + changed(itemInSession=6) + b"\r\n", 2),
        (GOOD + changed(itemInSession=6), 2),
        (json.dumps(an_event(), indent=4).encode(), 1),
        (changed(unheardOf=1, another={"a": [1]}), 1),
        (without("location"), 1),
        (changed(location={"city": "Praha", "zip": [1, 2]}), 1),
        (changed(sessionId="818", itemInSession="5", length="269.58322", status="200"), 1),
        (changed(userId=15), 1),
        (changed(userId=None), 1),
        (GOOD + b"\n" + GOOD, 1),
    ],
    ids=[
        "an empty file", "a blank file", "CRLF", "objects without a separator", "pretty-printed", "additional keys",
        "a missing key", "nested values", "strings for numbers", "a number for a string", "a null", "the same line twice",
    ],
)  # fmt: skip
def test_what_redshift_takes_is_loaded(sparkify: Sparkify, content: bytes, plays: int) -> None:
    """Redshift guide, copy-usage_notes-copy-from-json and copy-parameters-data-format"""
    load_bytes(sparkify, content)
    assert sparkify.one("SELECT count(*) FROM songplays") == plays


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (GOOD + b"\nnonsense", "line 2"),
        (GOOD + b'\n{"artist": "El', "line 2"),
        (b"[" + GOOD + b"," + GOOD + b"]", "line 1"),
        (GOOD + b",\n" + GOOD, "line 1"),
        (b"\xef\xbb\xbf" + GOOD, "line 1"),
        (changed(song="caf").replace(b"caf", b"caf\xe9"), "column song: .*1220"),
        (changed(song="a\x00b"), "column song: .*1220"),
        (changed(song="\ud800"), "column song: .*1220"),
        (changed(song="日" * 171), "column song: .*1204.*widen the column.*, in op.get_context.*autocommit_block"),
        (without("ts"), "column ts: .*1213"),
        (changed(ts="2018-11-15T12:30:00"), "column ts: '2018-11-15T12:30:00'.*1206"),
        (changed(userId="fifteen"), "column user_id: 'fifteen'.*1207"),
        (changed(itemInSession=5.5), "column item_in_session: .*1207"),
        (changed(itemInSession=3_000_000_000), "column item_in_session: .*1204"),
        (gzip.compress(GOOD, mtime=0), "line 1"),
    ],
    ids=[
        "malformed", "truncated", "an array of objects", "commas between objects", "a byte order mark", "invalid UTF-8",
        "NUL", "a lone surrogate", "too long in bytes", "no ts", "a date for epoch milliseconds", "a word for a number",
        "a fraction", "too large a number", "gzip by another name",
    ],
)  # fmt: skip
def test_what_redshift_refuses_is_named(sparkify: Sparkify, content: bytes, complaint: str) -> None:
    """Redshift guide, r_Load_Error_Reference: the file, the line, and where there is one the column and the code."""
    with pytest.raises(CopyError, match=rf"(?s)log_data/2018/a\.json.*{complaint}"):
        load_bytes(sparkify, content)
    assert sparkify.one("SELECT count(*) FROM staging_events") == 0


def test_a_jsonpaths_file_under_the_prefix_is_refused_before_anything(sparkify: Sparkify) -> None:
    """COPY would read it as data."""
    paths = sparkify.directory / "log_data" / "paths.json"
    sparkify.settings = with_inputs(sparkify.settings, LOG_JSONPATH=paths.as_uri())
    with pytest.raises(ConfigurationError, match=r"LOG_DATA also matches .* LOG_JSONPATH"):
        sparkify.load()


def test_the_same_song_in_two_files_is_one_song(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    sparkify.songs("b.json", a_song())
    report = sparkify.load()
    assert report.staged["staging_songs"].duplicates == 1
    assert sparkify.one("SELECT count(*) FROM songs") == 1


def test_songs_of_two_artists_with_one_title_are_distinguished(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(artist="Other"))
    sparkify.songs("a.json", a_song(), a_song(song_id="SO2", artist_id="AR2", artist_name="Other"))
    sparkify.load()
    assert sparkify.rows("SELECT song_id, artist_id FROM songplays") == [("SO2", "AR2")]


def test_a_file_that_goes_between_listing_and_reading_fails_the_load(
    sparkify: Sparkify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of a manifest is mandatory; the next load takes what is there then."""
    path = sparkify.logs("b.json", an_event(itemInSession=6))
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    write = ObjectStore.write

    def write_and_lose(store: ObjectStore, url: str, data: bytes) -> None:
        write(store, url, data)
        path.unlink(missing_ok=True)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "write", write_and_lose)
        with pytest.raises(CopyError, match=r"b\.json"):
            sparkify.load()
    sparkify.load()
    assert sparkify.one("SELECT count(*) FROM songplays") == 1


def test_a_file_that_changes_between_listing_and_reading_is_loaded_again(
    sparkify: Sparkify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is known by the etag that was listed before it was read."""
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    write = ObjectStore.write

    def write_and_change(store: ObjectStore, url: str, data: bytes) -> None:
        write(store, url, data)
        sparkify.logs("a.json", an_event(), an_event(itemInSession=6))

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "write", write_and_change)
        sparkify.load()
    assert sparkify.load().files["staging_events"].changed
    assert sparkify.one("SELECT count(*) FROM songplays") == 2


class RefusingS3(Quiet):
    """An S3 server that answers every request with one error."""

    def do_GET(self) -> None:  # noqa: N802 (as http.server calls it)
        code = self.server.code
        self.answer(403 if code == "AccessDenied" else 404, f"<Error><Code>{code}</Code></Error>".encode())

    do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 (the names http.server wants)


@pytest.mark.parametrize(("code", "sentence"), [("AccessDenied", "s3:ListBucket"), ("NoSuchBucket", "bucket")])
def test_a_bucket_that_refuses_says_why(
    sparkify: Sparkify, s3_environment: None, monkeypatch: pytest.MonkeyPatch, code: str, sentence: str
) -> None:
    sparkify.settings = with_inputs(sparkify.settings, LOG_DATA="s3://sparkify/log_data/")
    with served(RefusingS3, code=code) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(SourceError, match=sentence) as refused:
            sparkify.load()
    assert "pa55" not in str(refused.value)


def test_a_bucket_without_manifests_is_refused_by_copy_itself(
    sparkify: Sparkify, s3_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sparkify.settings = replace(with_inputs(sparkify.settings, LOG_DATA="s3://sparkify/log_data/"), manifests=None)
    with served(RefusingS3, code="AccessDenied") as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(SparkifyError, match="s3:ListBucket"):
            sparkify.load()
