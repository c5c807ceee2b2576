"""Where an export may go, what it replaces, and what it never removes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from support.exports import CLUSTER, NO_YEAR, files
from support.inputs import with_inputs
from support.warehouse import Sparkify

from sparkify_dwh.aws.sessions import AccessKey
from sparkify_dwh.errors import ConfigurationError, UsageError
from sparkify_dwh.export import export
from sparkify_dwh.export.target import Target, target_url
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.utils.secret import Secret


@pytest.mark.parametrize(
    ("changes", "target", "error", "expected"),
    [
        ({}, None, ConfigurationError, r"lacks \[S3\] EXPORT: add it, or name a target: sparkify-dwh export s3://"),
        ({"host": "standin"}, "", UsageError, "found an empty text"),
        ({}, "here", UsageError, r"Redshift reads and writes only S3, .* 'here': name s3://bucket/folder/, or set"),
        ({}, "file:///d/star", UsageError, "Redshift reads and writes only S3"),
        ({"host": "standin"}, "/", UsageError, "needs a folder of its own"),
        ({}, "https://u:pa55@bk/k", UsageError, r"only S3, .* 'https://\*\*\*@bk/k'"),
        ({"host": "standin"}, "gs://bk/k", UsageError, "must be s3://bucket/key"),
        ({}, "s3:///k", UsageError, "must be s3://bucket/key"),
        (
            {"inputs": {"LOG_DATA": "s3://bkt/log"}},
            "s3://bkt/log_export",
            UsageError,
            r"must lie apart .* \[S3\] LOG_DATA, s3://bkt/log,",
        ),
        (
            {"inputs": {"SONG_DATA": "s3://bkt/star/so"}},
            "s3://bkt/star",
            UsageError,
            r"but s3://bkt/star/songs/ and \[S3\] SONG_DATA",
        ),
        (
            {"inputs": {"SONG_DATA": "s3://bkt/songs/in/"}},
            "s3://bkt/",
            UsageError,
            r"but s3://bkt/songs/ and \[S3\] SONG_DATA",
        ),
    ],
)
def test_a_target_that_cannot_be_is_refused(
    changes: dict[str, Any], target: str | None, error: type[Exception], expected: str
) -> None:
    with pytest.raises(error, match=expected):
        target_url(replace(CLUSTER, **changes), target)


def test_a_bucket_may_hold_inputs_and_an_export_side_by_side() -> None:
    assert (
        target_url(with_inputs(CLUSTER, LOG_DATA="s3://bkt/log_data/", SONG_DATA="s3://bkt/song_data/"), "s3://bkt")
        == "s3://bkt/"
    )


@pytest.mark.parametrize("target", ["s3://bkt/star", "s3://bkt/star/", "S3://bkt/star//"])
def test_a_target_is_a_folder_with_or_without_its_slash(target: str) -> None:
    assert target_url(CLUSTER, target) == "s3://bkt/star/"


def test_a_second_export_is_refused_unless_it_is_to_overwrite(star: Sparkify, target: Path) -> None:
    export(star.settings, str(target))
    before = {name: (target / name).read_bytes() for name in files(target)}
    with pytest.raises(UsageError, match=r"already holds an export: .*export\.json\. Pass --overwrite to"):
        export(star.settings, str(target))
    assert {name: (target / name).read_bytes() for name in files(target)} == before


def test_partitions_that_are_gone_are_gone_from_the_export_too(star: Sparkify, target: Path) -> None:
    """CLEANPATH would leave them, for it empties only the partitions that it writes. Redshift guide, r_UNLOAD"""
    export(star.settings, str(target))
    (target / "songs/year=0/0031_part_02.parquet").write_bytes(b"of a larger cluster")
    with star.engine.begin() as connection:
        connection.execute(text("DELETE FROM songs WHERE year = 1999"))
        connection.execute(text("DELETE FROM users"))
    export(star.settings, str(target), overwrite=True)
    assert [name for name in files(target) if name.startswith(("songs", "users"))] == [
        "songs/year=0/0000_part_00.parquet",
        f"songs/{NO_YEAR}/0000_part_00.parquet",
    ]


@pytest.mark.parametrize("name", ["songs/thesis.doc", "songs/0000_part_00", "users/_SUCCESS", "time/year=1/x.parquet"])
def test_files_that_no_export_wrote_are_never_removed(star: Sparkify, target: Path, name: str) -> None:
    export(star.settings, str(target))
    (target / name).parent.mkdir(exist_ok=True)
    (target / name).write_text("mine")
    before = files(target)
    with pytest.raises(UsageError, match=r"must hold only its files, but .* is there"):
        export(star.settings, str(target), overwrite=True)
    assert files(target) == before


def test_tables_of_a_former_export_are_not_left_beside_a_new_one(star: Sparkify, target: Path) -> None:
    """They would be of another moment; and to remove them is more than was asked for."""
    export(star.settings, str(target))
    before = files(target)
    with pytest.raises(UsageError, match=r"songplays/ holds songplays, which is not to be exported now|holds artists"):
        export(star.settings, str(target), tables=["users"], overwrite=True)
    assert files(target) == before


def test_what_is_beside_the_tables_does_not_matter(star: Sparkify, target: Path) -> None:
    (target / "other").mkdir(parents=True)
    (target / "other" / "x.parquet").write_text("x")
    export(star.settings, str(target))
    assert (target / "other" / "x.parquet").read_text() == "x"


def test_what_is_left_is_said_even_when_the_configured_key_cannot_be_used(
    s3_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export's own error must not be replaced by that of looking at its files."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    key = AccessKey(Secret("ASIAFILE"), Secret("pa55"), is_fallback=True)
    with ObjectStore(access_key=key) as store:
        sentence = Target("s3://bkt/star/", store).left(["songs"])
    assert sentence.startswith(
        "What is left under s3://bkt/star/ cannot be listed: [AWS] KEY is that of temporary credentials"
    )
