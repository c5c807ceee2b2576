"""How locations are written, and what the configuration may say instead of a URL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.errors import ConfigurationError, SourceError
from sparkify_dwh.storage.urls import configured_location, file_url, path_of, split_s3


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/d/log_data", "file:///d/log_data"),
        ("/d/log_data/", "file:///d/log_data/"),
        ("/d/a b%20#?.json", "file:///d/a%20b%2520%23%3F.json"),
        ("/d/Sigur Rós", "file:///d/Sigur%20R%C3%B3s"),
        ("/d/./e/../f", "file:///d/f"),
        ("/", "file:///"),
    ],
)
def test_a_path_has_one_url(path: str, url: str) -> None:
    assert file_url(path) == url


def test_a_relative_path_counts_from_the_working_directory() -> None:
    assert file_url(Path("x")) == file_url(Path.cwd() / "x")


@given(st.lists(st.binary(min_size=1).filter(lambda name: not set(name) & {0, 47} and name.strip(b".")), min_size=1))
def test_every_path_comes_back_from_its_url(names: list[bytes]) -> None:
    """Whatever bytes a name holds, text or not."""
    path = Path("/", *map(os.fsdecode, names))
    assert path_of(file_url(path)) == path
    assert file_url(path).isascii()


@pytest.mark.parametrize(
    "url", ["file://host/d", "file:/d", "/d", "https://x:pa55@h/d?X-Amz-Signature=pa55", "file:///%00"]
)
def test_what_names_no_local_file_is_an_error(url: str) -> None:
    with pytest.raises(SourceError) as error:
        path_of(url)
    assert "pa55" not in str(error.value)


def test_a_key_in_s3_is_taken_literally() -> None:
    assert split_s3("s3://sparkify/a%20b?c#d//e/") == ("sparkify", "a%20b?c#d//e/")
    assert split_s3("s3://sparkify") == ("sparkify", "")


@pytest.mark.parametrize(
    "url", ["s3:///key", "s3://", "s3://AKIA:pa55@sparkify/key", "s3://AKIA:pa/55@sparkify/key", "s3a://b/k"]
)
def test_what_names_no_bucket_is_an_error(url: str) -> None:
    with pytest.raises(SourceError, match="URL like s3://bucket/key") as error:
        split_s3(url)
    assert not [secret for secret in ("pa55", "55@") if secret in str(error.value)]


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("log_data", "file:///d/log_data"),
        ("log_data/", "file:///d/log_data/"),
        ("../log 50%/", "file:///log%2050%25/"),
        ("/e/log_data", "file:///e/log_data"),
        ("FILE:///e/a b/", "file:///e/a%20b/"),
        ("S3://sparkify/log%20data", "s3://sparkify/log%20data"),
        ("s3://sparkify", "s3://sparkify/"),
        ("2018-11:events/", "file:///d/2018-11%3Aevents/"),
    ],
)
def test_the_stand_in_reads_paths_and_urls(value: str, url: str) -> None:
    assert configured_location("[S3] LOG_DATA", value, Path("/d")) == url


def test_a_path_may_start_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert configured_location("[S3] LOG_DATA", "~/log_data/", Path("/d")) == "file:///home/ada/log_data/"


@pytest.mark.parametrize(
    "value", ["s3a://b/k", "https://h/k", "file://host/d", "file:d", "s3:sparkify/k", "s3://", "file:///%00"]
)
@pytest.mark.parametrize("directory", [None, Path("/d")])
def test_any_other_location_is_refused(value: str, directory: Path | None) -> None:
    """The message names section, key, what was found and what is allowed."""
    with pytest.raises(ConfigurationError, match=r"\[S3\] EXPORT .*s3://bucket/key") as error:
        configured_location("[S3] EXPORT", value, directory)
    assert repr(value) in str(error.value)


def test_the_signature_of_a_presigned_url_is_not_shown() -> None:
    url = "https://u:pa55@sparkify.s3.amazonaws.com/x?X-Amz-Signature=5161"
    with pytest.raises(ConfigurationError, match=r"found 'https://\*\*\*@sparkify\.s3\.amazonaws\.com/x\?\*\*\*'"):
        configured_location("[S3] LOG_DATA", url, None)


def test_a_cluster_takes_no_plain_path() -> None:
    with pytest.raises(ConfigurationError, match=r"with HOST=standin also a local path"):
        configured_location("[S3] LOG_DATA", "log_data/", None)
