"""COPY reads every object under its prefix, or those of its manifest, and says what is missing or broken."""

from __future__ import annotations

import bz2
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkify_dwh.redshift.copy_rules.columns import TargetColumn
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.copy.load import copy_rows
from sparkify_dwh.standin.copy.results import CopyResult, FileResult
from sparkify_dwh.standin.transfer.store import Listing
from sparkify_dwh.storage.store import ObjectStore, StoredObject, file_url

COLUMNS = (TargetColumn("id", "integer"),)


def load(directory: Path, source: str, clauses: str = "", json_option: str = "auto") -> CopyResult:
    url = f"{file_url(directory)}/{source}"
    statement = parse_copy(f"COPY t FROM '{url}' IAM_ROLE default JSON '{json_option}' {clauses}")
    return copy_rows(statement, COLUMNS, ObjectStore(), lambda _: None)


def names(result: CopyResult) -> list[str]:
    return [file.url.rpartition("/")[2] for file in result.files]


def failure(directory: Path, source: str, clauses: str = "") -> RedshiftError:
    with pytest.raises(RedshiftError) as raised:
        load(directory, source, clauses)
    assert raised.value.sqlstate == "XX000"
    return raised.value


def write_manifest(directory: Path, *entries: object) -> None:
    (directory / "manifest").write_text(json.dumps({"entries": entries}))


def test_a_prefix_also_matches_its_longer_neighbours(tmp_path: Path) -> None:
    """Redshift guide, copy-parameters-data-source-s3: a key prefix, no folder."""
    for name in ("log", "log.bak", "log_data/a", "log_data2/b", "other/log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b'{"id": 1}')
    assert names(load(tmp_path, "log")) == ["log", "log.bak", "a", "b"]
    assert names(load(tmp_path, "log_data/")) == ["a"]


def test_hidden_files_are_loaded_too(tmp_path: Path) -> None:
    """No page says that COPY skips them; UNLOAD's page says so of Redshift Spectrum only."""
    (tmp_path / "_SUCCESS").write_bytes(b"")
    (tmp_path / ".hidden").write_bytes(b'{"id": 1}')
    assert load(tmp_path, "").rows == 1


def test_a_jsonpaths_file_under_the_prefix_is_an_error(tmp_path: Path) -> None:
    """Redshift guide, copy-parameters-data-format: under the data's prefix COPY reads it as data, and returns errors."""
    (tmp_path / "log 1").mkdir()
    (tmp_path / "log 1" / "a").write_bytes(b'{"id": 1}')
    (tmp_path / "log 1_paths.json").write_bytes(b'{"jsonpaths": ["$.id"]}')
    for paths in ("log%201_paths.json", "log 1_paths.json"):
        json_option = f"{file_url(tmp_path)}/{paths}"
        assert load(tmp_path, "log 1/", json_option=json_option).rows == 1
        with pytest.raises(RedshiftError, match=r"JSONPaths file .* is under the prefix of the data"):
            load(tmp_path, "log 1", json_option=json_option)


def test_empty_objects_load_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    for compression in ("", "GZIP", "BZIP2"):
        assert load(tmp_path, "folder", compression).files == [FileResult(file_url(tmp_path / "folder"))]


def test_a_prefix_without_objects_fails(tmp_path: Path) -> None:
    """The text as seen in https://github.com/3scale/apisonator/issues/196."""
    error = failure(tmp_path, "2017/02/18")
    prefix = f"{tmp_path}/2017/02/18".lstrip("/")
    assert error.message == f"The specified S3 prefix '{prefix}' does not exist"
    assert "code:      8001" in error.detail


def test_each_file_is_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"id": 1}\n{"id": "x"}\n\n{"id": 2}')
    (tmp_path / "b").write_bytes(b'{\n"id": 3\n}\n')
    (tmp_path / "c").write_bytes(b"\n \n")
    results = [(file.lines, file.bytes, file.errors) for file in load(tmp_path, "", "MAXERROR 2").files]
    assert results == [(4, 32, 1), (3, 12, 0), (2, 3, 0)]


def test_small_and_large_files_are_loaded_in_their_order(tmp_path: Path) -> None:
    """Small ones are read many at a time."""
    sizes = [1, 1, 30_000, 1, 0, 20_000, 20_000, *[1] * 2_000]
    for number, size in enumerate(sizes):
        (tmp_path / f"{number:04}").write_bytes(b'{"id": 1}\n' * size)
    result = load(tmp_path, "")
    assert [(int(name), file.lines) for name, file in zip(names(result), result.files, strict=True)] == list(
        enumerate(sizes)
    )
    assert result.rows == sum(sizes)


def test_a_refused_row_among_many_small_files_is_found_in_its_file(tmp_path: Path) -> None:
    for number in range(1_500):
        (tmp_path / f"{number:04}").write_bytes(b'{"id": 1}\n\n{"id": "x"}' if number % 700 == 69 else b'{"id": 1}')
    result = load(tmp_path, "", "MAXERROR 9")
    assert [(reject.url[-4:], reject.line, reject.column, reject.raw_value) for reject in result.rejects] == [
        ("0069", 3, "id", "x"), ("0769", 3, "id", "x"), ("1469", 3, "id", "x"),
    ]  # fmt: skip
    assert [file.url[-4:] for file in result.files if file.errors] == ["0069", "0769", "1469"]
    assert result.rows == 1_500


class Late(ObjectStore):
    """A store that lists an object that is gone by the time it is read."""

    def list(self, prefix_url: str) -> Listing:
        return [*super().list(prefix_url), StoredObject(f"{prefix_url}gone", 9, "")]


@pytest.mark.parametrize(("value", "error"), [("1", "gone: nothing is there"), ('"x"', "Load into table 't' failed")])
def test_a_file_that_vanishes_fails_the_load_unless_a_row_does_before(tmp_path: Path, value: str, error: str) -> None:
    (tmp_path / "a").write_text(f'{{"id": {value}}}')
    statement = parse_copy(f"COPY t FROM '{file_url(tmp_path)}/' IAM_ROLE default JSON 'auto'")
    with pytest.raises(RedshiftError, match=error):
        copy_rows(statement, COLUMNS, Late(), lambda _: None)


@pytest.mark.parametrize(("option", "compress"), [("GZIP", gzip.compress), ("BZIP2", bz2.compress)])
def test_compressed_files_are_decompressed(tmp_path: Path, option: str, compress: Callable[[bytes], bytes]) -> None:
    data = b'{"id": 1}\n{"id": 2}\n'
    (tmp_path / "data").write_bytes(compress(data) + compress(data))
    result = load(tmp_path, "data", option)
    assert (result.rows, result.files[0].bytes, result.files[0].lines) == (4, 40, 4)


@pytest.mark.parametrize("option", ["GZIP", "BZIP2"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_file_that_is_not_compressed_as_said_is_named(tmp_path: Path, option: str, cut: bool) -> None:
    compress = gzip.compress if option == "GZIP" else bz2.compress
    (tmp_path / "data").write_bytes(compress(b'{"id": 1}\n' * 1000)[:-9] if cut else b'{"id": 1}\n')
    message = failure(tmp_path, "data", f"{option} MAXERROR 10").message
    assert message.startswith(f"Cannot read {file_url(tmp_path / 'data')}")


def test_zstd_reads_or_says_what_to_install(tmp_path: Path) -> None:
    """Python has Zstandard from 3.14 on; before that a package brings it."""
    (tmp_path / "data").write_bytes(b"not Zstandard")
    with pytest.raises(RedshiftError, match=r"needs Python 3\.14, or the package zstandard: install it|Cannot read"):
        load(tmp_path, "data", "ZSTD")


def test_a_manifest_names_the_files(tmp_path: Path) -> None:
    """Redshift guide, copy-parameters-data-source-s3: a file that is listed twice is loaded twice."""
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b'{"id": 1}\n')
    entries = [{"url": file_url(tmp_path / name), "mandatory": name == "b"} for name in ("b", "a", "b")]
    write_manifest(tmp_path, *entries)
    assert names(load(tmp_path, "manifest", "MANIFEST")) == ["b", "a", "b"]


def test_a_manifest_may_list_files_that_are_missing_unless_they_are_mandatory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"id": 1}')
    missing = {"url": file_url(tmp_path / "missing")}
    write_manifest(tmp_path, {"url": file_url(tmp_path / "a")}, missing)
    assert names(load(tmp_path, "manifest", "MANIFEST")) == ["a"]
    write_manifest(tmp_path, {"url": file_url(tmp_path / "a")}, {**missing, "mandatory": True})
    assert file_url(tmp_path / "missing") in failure(tmp_path, "manifest", "MANIFEST").message


def test_a_manifest_of_which_nothing_is_found_fails(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"url": file_url(tmp_path / "missing"), "mandatory": False})
    assert failure(tmp_path, "manifest", "MANIFEST").message.startswith("None of the files in the manifest")
    write_manifest(tmp_path)
    assert failure(tmp_path, "manifest", "MANIFEST").message.startswith("None of the files in the manifest")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_cannot_be_opened_is_not_taken_for_missing(tmp_path: Path) -> None:
    """A mistake in the rights must not look like a short load."""
    (tmp_path / "a").write_bytes(b'{"id": 1}')

    (tmp_path / "a").chmod(0)
    write_manifest(tmp_path, {"url": file_url(tmp_path / "a")})
    assert "no permission" in failure(tmp_path, "manifest", "MANIFEST").message


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"files": []}', '{"entries": 1}', '{"entries": ["s3://b/k"]}', '{"entries": [{"url": 1}]}',
     '{"entries": [{"url": "b/k"}]}', '{"entries": [{"url": "s3://b/k", "mandatory": "yes"}]}', '{"entries": []} {}'],
)  # fmt: skip
def test_an_invalid_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest").write_text(content)
    assert "is not in correct json format" in failure(tmp_path, "manifest", "MANIFEST").message


def test_a_manifest_is_one_object_and_no_prefix(tmp_path: Path) -> None:
    """The text as seen in https://github.com/PostHog/posthog/issues/61603."""
    write_manifest(tmp_path, {"url": file_url(tmp_path / "a")})
    message = failure(tmp_path, "manif", "MANIFEST").message
    assert message.startswith("COPY with MANIFEST parameter requires full path of an S3 object")


def test_without_the_option_a_manifest_is_data(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"url": file_url(tmp_path / "a")})
    assert load(tmp_path, "manifest").rows == 1


def test_a_jsonpaths_file_that_cannot_be_read_fails_the_load(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"id": 1}')
    with pytest.raises(RedshiftError, match="nothing is there"):
        load(tmp_path, "data", json_option=file_url(tmp_path / "missing"))
