"""Objects in local files: listed by key prefix, read, written, deleted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sparkify_dwh.errors import SourceError
from sparkify_dwh.storage.store import ObjectStore, StoredObject, file_url, path_of

STORE = ObjectStore()


def make_files(directory: Path, *names: str) -> None:
    """Files of three bytes, with the directories that they need."""
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}\n")


def names_under(directory: Path, prefix: str) -> list[str]:
    """What a listing of the prefix finds, relative to the directory."""
    base = file_url(f"{directory}/")
    return [found.url.removeprefix(base) for found in STORE.list(base + prefix)]


def test_a_prefix_also_matches_its_longer_neighbours(tmp_path: Path) -> None:
    """Redshift guide, copy-parameters-data-source-s3."""
    make_files(tmp_path, "log_data/2018/11/x.json", "log_data2/y.json", "log_data.bak", "log_json_path.json", "songs/z")
    assert names_under(tmp_path, "log_data") == ["log_data.bak", "log_data/2018/11/x.json", "log_data2/y.json"]
    assert names_under(tmp_path, "log_data/") == ["log_data/2018/11/x.json"]
    assert names_under(tmp_path, "log_data/2018/1") == ["log_data/2018/11/x.json"]
    assert len(names_under(tmp_path, "")) == 5


def test_a_prefix_that_nothing_matches_is_empty(tmp_path: Path) -> None:
    """As in S3, where there are no directories that could be missing."""
    (tmp_path / "empty" / "emptier").mkdir(parents=True)
    assert names_under(tmp_path, "empty/") == names_under(tmp_path, "no/such/directory/") == []


def test_a_listing_is_in_the_order_of_the_urls_bytes(tmp_path: Path) -> None:
    make_files(tmp_path, "b", "a/z", "a.json", "a0", "B", "é", "a b", "~")
    urls = [found.url for found in STORE.list(file_url(f"{tmp_path}/"))]
    assert urls == sorted(urls, key=str.encode)
    assert len(urls) == 8


def test_a_listing_tells_size_and_etag(tmp_path: Path) -> None:
    """A file without a byte is an object too; the etag is its time in nanoseconds and its size."""
    (tmp_path / "empty").touch()
    os.utime(tmp_path / "empty", ns=(0, 0x1234))
    assert STORE.list(file_url(tmp_path / "e")) == [StoredObject(file_url(tmp_path / "empty"), 0, "1234-0")]


def test_the_etag_changes_when_a_file_is_written_anew(tmp_path: Path) -> None:
    url = file_url(tmp_path / "x")
    etags = set()
    for time, data in ((1, b"one"), (1, b"three"), (2, b"seven")):
        STORE.write(url, data)
        os.utime(tmp_path / "x", ns=(time, time))
        etags |= {found.etag for found in STORE.list(url)}
    assert len(etags) == 3


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    """What a link leads to is listed under the link's name; a link that leads nowhere is no object."""
    make_files(tmp_path, "d/x", "elsewhere/y")
    links = {"up": "..", "self": ".", "other": "../elsewhere", "file": "x", "dangling": "no", "loop": "loop"}
    for name, target in links.items():
        (tmp_path / "d" / name).symlink_to(target)
    expected = ["d/file", "d/other/y", "d/up/elsewhere/y", "d/x"]
    assert names_under(tmp_path, "d/") == expected


def test_pipes_are_no_objects(tmp_path: Path) -> None:
    """Reading one would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    assert names_under(tmp_path, "") == []


@pytest.mark.parametrize("name", ["a b", "50%", "%20", "#1?.json", "Sigur Rós", "a\nb", "\udcff"])
def test_an_object_of_any_name_is_written_listed_and_read(tmp_path: Path, name: str) -> None:
    url = file_url(tmp_path / "made" / name)
    STORE.write(url, b"{}")
    assert [found.url for found in STORE.list(file_url(f"{tmp_path}/"))] == [url]
    assert path_of(url).read_bytes() == STORE.read(url) == b"{}"


def test_an_object_is_read_in_pieces(tmp_path: Path) -> None:
    make_files(tmp_path, "x")
    with STORE.open(file_url(tmp_path / "x")) as stream:
        assert [stream.read(2), stream.read(2), stream.read(2)] == [b"{}", b"\n", b""]


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1])
def test_objects_of_any_size_are_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * size)
    with ObjectStore().open(file_url(path)) as stream:
        assert stream.read(size + 1) == b"x" * size
        assert stream.read(1) == b""


def test_small_objects_are_read_many_at_a_time(tmp_path: Path) -> None:
    """In the order that they are named in, whatever their names are, until there are as many bytes as are wanted."""
    contents = {"d/b": b"1", "a b": b"22", "d/e/%é": b"", "\udcff": b"4444", "z": b"x" * 16 * 1024, "d/a": b"6"}
    for name, data in contents.items():
        STORE.write(file_url(tmp_path / name), data)
    urls = [file_url(tmp_path / name) for name in contents]
    assert STORE.read_small(urls, 100_000) == list(contents.values())
    assert STORE.read_small(urls, 4) == [b"1", b"22", b"", b"4444"]
    assert STORE.read_small([], 100_000) == []


def test_small_objects_are_read_up_to_the_first_that_is_none(tmp_path: Path) -> None:
    """``open`` says why an object cannot be read."""
    make_files(tmp_path, "x")
    (tmp_path / "large").write_bytes(b"x" * (16 * 1024 + 1))
    os.mkfifo(tmp_path / "pipe")
    x = file_url(tmp_path / "x")
    with (tmp_path / "pipe").open("r+b", buffering=0) as pipe:
        pipe.write(b"{}\n")
        for name in ("large", "pipe", "missing", "", "x/y"):
            other = f"{file_url(tmp_path)}/{name}"
            assert STORE.read_small([x, other, x], 100_000) == [b"{}\n"]
        assert pipe.read(3) == b"{}\n"  # nothing is gone from it
    assert STORE.read_small([x, "s3://bucket/key", x], 100_000) == [b"{}\n"]
    assert STORE.read_small(["file:///a%00b"], 100_000) == []


def test_a_write_replaces_the_object_and_leaves_nothing_behind(tmp_path: Path) -> None:
    url = file_url(tmp_path / "x")
    STORE.write(url, b"old")
    with STORE.open(url) as before:
        STORE.write(url, b"new")
        assert before.read() == b"old"
    assert STORE.read(url) == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(SourceError, match="it is a directory: name a file in it"):
        STORE.write(file_url(tmp_path / "x"), b"")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_an_object_that_is_being_written_is_not_listed(tmp_path: Path) -> None:
    """S3 shows no half-written objects either."""
    make_files(tmp_path, ".sparkify-dwh-unfinished-5eaf", "x")
    assert names_under(tmp_path, "") == ["x"]
    assert names_under(tmp_path, ".spark") == []


def test_a_deleted_object_is_gone_and_deleting_it_again_is_fine(tmp_path: Path) -> None:
    make_files(tmp_path, "d/x")
    for _ in range(2):
        STORE.delete(file_url(tmp_path / "d" / "x"))
    STORE.delete(file_url(tmp_path / "no" / "x"))
    assert names_under(tmp_path, "") == []


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Cannot read file:///.*/x: nothing is there"):
        STORE.read(file_url(tmp_path / "x"))


def test_a_directory_is_no_object(tmp_path: Path) -> None:
    for url in (file_url(tmp_path), file_url(f"{tmp_path}/")):
        with pytest.raises(SourceError, match="name a file in it"):
            STORE.read(url)


def test_a_pipe_is_no_object(tmp_path: Path) -> None:
    """Reading does not wait for a writer."""
    os.mkfifo(tmp_path / "pipe")
    url = file_url(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither a file nor a link to one"):
        STORE.read(url)
    assert STORE.read_small([url], 1000) == []


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    make_files(tmp_path, "x")
    for act in (STORE.list, STORE.read, lambda url: STORE.write(url, b"")):
        with pytest.raises(SourceError, match="is not a directory"):
            act(file_url(tmp_path / "x" / "y"))


def test_what_this_user_may_not_read_is_named(tmp_path: Path) -> None:
    make_files(tmp_path, "d/x")
    (tmp_path / "d").chmod(0)
    if os.access(tmp_path / "d", os.R_OK):
        pytest.skip("this user may read everything, as root may")
    for act in (STORE.list, STORE.read):
        with pytest.raises(SourceError, match="this user has no permission for"):
            act(file_url(tmp_path / "d" / "x"))
    (tmp_path / "d").chmod(0o700)


@pytest.mark.parametrize("url", ["https://u:pa55@h/x", "/tmp/x", "s3a://b/x", "file://host/x", "file:x"])
def test_other_urls_are_refused(url: str) -> None:
    for act in (STORE.list, STORE.read, STORE.delete):
        with pytest.raises(SourceError, match="needs a URL like") as error:
            act(url)
        assert "pa55" not in str(error.value)


def test_the_real_logs_are_found(real_data: Path) -> None:
    """A month, one file a day."""
    found = STORE.list(file_url(f"{real_data}/log_data/"))
    assert len(found) == 30
    assert all(STORE.read(log.url).startswith(b"{") and log.size for log in found)
