"""The whole load with everything in S3: logs, songs, JSONPaths and manifests, on a local S3 server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.inputs import inputs_under
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.storage.store import ObjectStore


@pytest.fixture
def in_s3(sparkify: Sparkify, store: ObjectStore, bucket: str) -> Sparkify:
    """A company whose files are in S3."""
    sparkify.logs("2018/11/it's 100%.json", an_event(), an_event(itemInSession=6))
    sparkify.songs("A/B/C/a.json", a_song())
    for path in sorted(path for path in sparkify.directory.rglob("*.json") if path.is_file()):
        store.write(f"{bucket}{path.relative_to(sparkify.directory)}", path.read_bytes())
    sparkify.settings = replace(
        sparkify.settings,
        inputs=inputs_under(bucket),
        manifests=f"{bucket}manifests/",
        region="us-west-2",
    )
    return sparkify


def test_a_load_from_s3_is_a_load(in_s3: Sparkify, store: ObjectStore, bucket: str) -> None:
    report = in_s3.load()
    assert (report.star["songplays"].inserted, report.star["songs"].inserted) == (2, 1)
    assert store.list(f"{bucket}manifests/") == []
    assert in_s3.load().files["staging_events"].known == 1


def test_an_object_that_changes_is_known_by_its_etag(in_s3: Sparkify, store: ObjectStore, bucket: str) -> None:
    in_s3.load()
    url = f"{bucket}song_data/A/B/C/a.json"
    store.write(url, store.read(url).replace(b'"year": 0', b'"year": 1999'))
    report = in_s3.load()
    assert report.files["staging_songs"].changed == [url]
    assert in_s3.one("SELECT year FROM songs") == 1999
