"""Warnings about files before they are loaded, each with its remedy."""

from __future__ import annotations

from sparkify_dwh.loading.report import Input
from sparkify_dwh.planning.file_warnings import file_warnings
from sparkify_dwh.staging import StagingSong
from sparkify_dwh.storage.store import StoredObject

MB = 1024 * 1024


def of_sizes(*sizes: int, prefix: str = "s3://sparkify/song_data/", **options: bool) -> list[str]:
    """The warnings about files of these sizes."""
    files = [StoredObject(f"s3://sparkify/song_data/{number}.json", size, "") for number, size in enumerate(sizes)]
    return about(Input(prefix, files), **options)


def about(files: Input, *, has_manifests: bool = True, is_partial: bool = False) -> list[str]:
    return file_warnings(StagingSong, files, has_manifests=has_manifests, is_partial=is_partial)


def test_thousands_of_tiny_files_should_be_packed() -> None:
    (warning,) = of_sizes(*[250] * 1001)
    assert warning.startswith("1,001 files of 250 bytes on average")
    assert "`sparkify-dwh pack s3://sparkify/song_data/ TARGET`" in warning
    assert "c_best-practices-use-multiple-files" in warning


def test_few_files_and_large_files_are_fine() -> None:
    """Small inputs need no more files than the cluster has slices."""
    assert of_sizes(250) == []
    assert of_sizes(*[250] * 1000) == []
    assert of_sizes(*[64 * 1024] * 1001) == []
    assert of_sizes(*[100 * MB] * 16) == []


def test_files_that_redshift_cannot_split_are_named() -> None:
    (warning,) = of_sizes(MB, 129 * MB, 1100 * MB)
    assert warning.startswith(
        "files over 128 MB: 2, over 1 GB: 1, the largest s3://sparkify/song_data/2.json (1.2 GB):"
    )
    assert "multiple of the cluster's slices" in warning


def at(*names: str, prefix: str) -> list[str]:
    return about(Input(prefix, [StoredObject(f"s3://sparkify/{name}", 250, "") for name in names]))


def test_a_prefix_that_also_matches_its_neighbours_names_them() -> None:
    names = ("song_data/a.json", "song_data.bak", "song_data2/a.json", "song_data2/b.json")
    (warning,) = at(*names, prefix="s3://sparkify/song_data")
    assert "it also matches its neighbours: song_data.bak (1), song_data2/ (2)." in warning
    assert "end SONG_DATA in [S3] with a slash" in warning


def test_a_prefix_without_a_slash_is_fine_where_it_matches_one_folder() -> None:
    assert at("song_data/a.json", "song_data/b/c.json", prefix="s3://sparkify/song_data") == []


def test_a_prefix_that_is_not_a_folder_is_fine() -> None:
    assert at("songs_2018/a.json", "songs_2019/a.json", prefix="s3://sparkify/songs_") == []


def test_a_prefix_of_a_whole_bucket_has_no_neighbours() -> None:
    assert at("a/b.json", "c.json", prefix="s3://sparkify/") == []


def test_without_manifests_the_whole_prefix_is_loaded() -> None:
    (warning,) = of_sizes(250, has_manifests=False)
    assert "set MANIFESTS in [S3]" in warning
    assert len(of_sizes(250, has_manifests=False, is_partial=True)) == 2


def test_without_manifests_files_of_several_compressions_would_be_refused() -> None:
    """COPY of a prefix has one compression for all files (Redshift guide, copy-parameters-file-compression)."""
    prefix = "s3://sparkify/song_data/"
    files = [StoredObject(f"{prefix}{name}", 250, "") for name in ("a.json.gz", "b.json")]
    assert "the files have 2 kinds of compression" in about(Input(prefix, files), has_manifests=False)[1]
    assert len(about(Input(prefix, files[:1]), has_manifests=False)) == 1
