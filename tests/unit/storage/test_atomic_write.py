"""A file that is written is the old one or the new one."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from sparkify_dwh.storage.atomic_write import write_atomically


def test_a_file_is_replaced(tmp_path: Path) -> None:
    for data in (b"old", b"new"):
        write_atomically(tmp_path / "a", data)
        assert (tmp_path / "a").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_where_there_is_no_room_the_old_file_stays(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old")
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_atomically(tmp_path / "a", b"n" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "pipe").open("r+b", buffering=0) as pipe:
        write_atomically(tmp_path / "pipe", b"new")
        assert pipe.read(3) == b"new"
