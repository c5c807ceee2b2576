"""Writing to dwh.cfg changes only the values."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.config.editing import with_values, write_values
from sparkify_dwh.config.file import read_values
from sparkify_dwh.errors import ConfigurationError

HOST, ARN = ("CLUSTER", "HOST"), ("IAM_ROLE", "ARN")


def test_a_value_is_replaced_where_it_stands() -> None:
    text = "# ours\n[CLUSTER]\n; the endpoint\nHOST = old\nDB_NAME=dev\n\n[IAM_ROLE]\narn: old\n"
    changed = with_values(text, {HOST: "new", ARN: "arn:new"})
    assert changed == "# ours\n[CLUSTER]\n; the endpoint\nHOST = new\nDB_NAME=dev\n\n[IAM_ROLE]\narn: arn:new\n"


def test_a_new_key_is_added_to_its_section() -> None:
    text = "[CLUSTER]\nDB_NAME=dev\n# HOST=example\n\n[S3]\nREGION=eu-west-1\n"
    assert with_values(text, {HOST: "new", ARN: "arn:new"}) == (
        "[CLUSTER]\nDB_NAME=dev\nHOST=new\n# HOST=example\n\n[S3]\nREGION=eu-west-1\n\n[IAM_ROLE]\nARN=arn:new\n"
    )


def test_an_empty_section_and_an_empty_file_are_filled() -> None:
    assert with_values("[CLUSTER]\n", {HOST: "new"}) == "[CLUSTER]\nHOST=new\n"
    assert with_values("", {HOST: "new"}) == "[CLUSTER]\nHOST=new\n"


def test_a_key_of_the_same_name_in_another_section_stays() -> None:
    text = "[airflow]\nHOST=theirs\n[cluster]\nHOST=old"
    assert with_values(text, {HOST: "new"}) == "[airflow]\nHOST=theirs\n[cluster]\nHOST=new\n"


def test_windows_line_ends_stay() -> None:
    assert with_values("\ufeff[CLUSTER]\r\nHOST=old\r\n", {HOST: "new", ARN: "a"}) == (
        "\ufeff[CLUSTER]\r\nHOST=new\r\n\r\n[IAM_ROLE]\r\nARN=a\r\n"
    )


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\n")
    file.chmod(0o644)
    write_values(file, {("CLUSTER", "DB_PASSWORD"): "pa55"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["dwh.cfg"]


def test_a_symbolic_link_is_followed_and_kept(tmp_path: Path) -> None:
    (tmp_path / "real.cfg").write_text("[CLUSTER]\nHOST=old\n")
    (tmp_path / "dwh.cfg").symlink_to("real.cfg")
    write_values(tmp_path / "dwh.cfg", {HOST: "new"})
    assert (tmp_path / "dwh.cfg").is_symlink()
    assert (tmp_path / "real.cfg").read_text() == "[CLUSTER]\nHOST=new\n"


def test_a_missing_file_is_created(tmp_path: Path) -> None:
    write_values(tmp_path / "dwh.cfg", {HOST: "new"})
    assert read_values(tmp_path / "dwh.cfg", {}).get(*HOST) == "new"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1).filter(str.strip))
def test_every_printable_value_survives_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "written.cfg"
    file.write_text("[CLUSTER]\nHOST=h\nDB_PASSWORD='old'\n")
    write_values(file, {("CLUSTER", "DB_PASSWORD"): value})
    assert read_values(file, {}).get("CLUSTER", "DB_PASSWORD") == value


def test_a_value_that_cannot_be_written_leaves_the_file_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\nHOST=old\n")
    with pytest.raises(
        ConfigurationError, match=r"\[CLUSTER\] DB_PASSWORD cannot be written to .*: write it by hand"
    ) as error:
        write_values(file, {("CLUSTER", "DB_PASSWORD"): "hush\nhush"})
    assert "hush" not in str(error.value)
    assert file.read_text() == "[CLUSTER]\nHOST=old\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"no section\n"])
def test_a_malformed_file_is_left_unchanged(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"dwh\.cfg is"):
        write_values(file, {HOST: "new"})
    assert file.read_bytes() == content


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be written"):
        write_values(tmp_path / "no" / "dwh.cfg", {HOST: "new"})


def test_a_read_only_file_is_left_unchanged(tmp_path: Path) -> None:
    """Although its directory would allow replacing it."""
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\n")
    file.chmod(0o444)
    with pytest.raises(ConfigurationError, match=r"dwh\.cfg is read-only: make it writable"):
        write_values(file, {HOST: "new"})
    assert file.read_text() == "[CLUSTER]\n"


def test_without_changes_only_the_permission_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\n")
    before = file.stat()
    write_values(file, {})
    write_values(tmp_path / "none.cfg", {})
    assert (file.stat().st_mtime_ns, file.stat().st_mode) == (before.st_mtime_ns, before.st_mode)
    assert [entry.name for entry in tmp_path.iterdir()] == ["dwh.cfg"]
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_values(tmp_path / "no" / "dwh.cfg", {})


def test_a_concurrent_change_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\nHOST=old\n")
    flush, others = os.fsync, ["[CLUSTER]\nHOST=old\nDB_NAME=theirs\n"]

    def write_too(descriptor: int) -> None:
        flush(descriptor)
        if others:
            file.write_text(others.pop())

    monkeypatch.setattr(os, "fsync", write_too)
    write_values(file, {HOST: "new"})
    assert file.read_text() == "[CLUSTER]\nHOST=new\nDB_NAME=theirs\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["dwh.cfg"]
