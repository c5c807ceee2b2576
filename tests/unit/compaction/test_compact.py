"""Packing: many small objects become few files with the same documents in the same order, or nothing is written."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.cli.context import Invocation
from sparkify_dwh.cli.pack import pack as pack_command
from sparkify_dwh.compaction import PackReport, pack
from sparkify_dwh.errors import SourceError, UsageError
from sparkify_dwh.storage.store import ObjectStore, file_url
from sparkify_dwh.storage.urls import path_of

MB = 1024 * 1024


def put(directory: Path, **contents: bytes | str) -> Path:
    """Files in ``directory``, by name without the ending .json."""
    for name, content in contents.items():
        path = directory / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return directory


def packed(directory: Path, **options: Any) -> PackReport:
    """Pack ``directory``/in into ``directory``/out."""
    return pack(file_url(f"{directory}/in/"), file_url(directory / "out"), **options)


def contents(result: PackReport) -> list[bytes]:
    """The uncompressed parts."""
    return [gzip.decompress(path_of(part.url).read_bytes()) for part in result.parts]


def names(directory: Path) -> list[str]:
    """Every file in ``directory``."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_thousands_of_small_objects_become_a_few_equal_files(tmp_path: Path) -> None:
    """Every object once, in the order of the names, a line each."""
    songs = [json.dumps(a_song(song_id=f"SO{number}", title="x" * (number % 50))) for number in range(2000)]
    put(tmp_path / "in", **{f"{number:04}": song for number, song in enumerate(songs)})
    result = packed(tmp_path, files=4)
    assert (result.objects, result.documents, len(result.parts)) == (2000, 2000, 4)
    assert b"".join(contents(result)).decode().splitlines() == songs
    sizes = [part.bytes for part in result.parts]
    assert max(sizes) < 1.05 * min(sizes)
    assert result.bytes == sum(sizes) < result.source_bytes / 3


def test_the_manifest_names_every_part_and_is_outside_of_their_prefix(tmp_path: Path) -> None:
    """COPY of the prefix would take it for data. Redshift guide, loading-data-files-using-manifest"""
    put(tmp_path / "in", a="{}", b="{}", c="{}")
    result = packed(tmp_path, files=2)
    assert names(tmp_path / "out") == ["part-0000.json.gz", "part-0001.json.gz"]
    assert result.manifest == file_url(tmp_path / "out.manifest")
    assert json.loads(path_of(result.manifest).read_bytes()) == {
        "entries": [
            {"url": part.url, "mandatory": True, "meta": {"content_length": path_of(part.url).stat().st_size}}
            for part in result.parts
        ]
    }


def test_a_part_names_its_first_and_last_object(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", b="{}{}", c="{}", d="{}")
    first, second = packed(tmp_path, files=2).parts
    assert (first.objects, first.documents, second.objects, second.documents) == (2, 3, 2, 2)
    assert [path_of(url).name for url in (first.first_object, first.last_object)] == ["a.json", "b.json"]


def test_the_real_songs_fit_into_one_file(real_data: Path, tmp_path: Path) -> None:
    result = pack(file_url(f"{real_data}/song_data/"), file_url(tmp_path / "songs"))
    (content,) = contents(result)
    assert (result.objects, result.documents) == (71, 71)
    assert len({json.loads(line)["song_id"] for line in content.splitlines()}) == 71


def test_the_same_objects_give_the_same_bytes(tmp_path: Path) -> None:
    """Whenever they were written and whatever the target: a load recognizes the file."""
    put(tmp_path / "in", b=json.dumps(a_song()), a=json.dumps(an_event()))
    source, results = file_url(f"{tmp_path}/in/"), list[bytes]()
    for target in ("one", "two"):
        os.utime(tmp_path / "in" / "a.json", (len(target), len(results)))
        results.append(path_of(pack(source, file_url(tmp_path / target)).parts[0].url).read_bytes())
    assert results[0] == results[1]
    assert results[0][:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b'{"a":1}', b'{"a":1}\n'),
        (b'{"a":1}\n', b'{"a":1}\n'),
        (b'{"a":1}\r\n{"a":2} \t', b'{"a":1}\r\n{"a":2} \t\n'),
        (b'{"a":1}{"a":2}[3]', b'{"a":1}{"a":2}[3]\n'),
        (b'\xef\xbb\xbf\n {\n "a": 1\n}\n\n', b'{\n "a": 1\n}\n\n'),
        ('{"name":"Sigur Rós {"}'.encode(), '{"name":"Sigur Rós {"}\n'.encode()),
        (b'{"name":"not UTF-8: \xff"}', b'{"name":"not UTF-8: \xff"}\n'),
        (b'{"a":%s}' % (b"1" * 5000), b'{"a":%s}\n' % (b"1" * 5000)),
        (gzip.compress(b'\xef\xbb\xbf{"a":1}', mtime=0) + gzip.compress(b"[2]\n", mtime=0), b'{"a":1}[2]\n'),
    ],
    ids=["no line end", "line", "blanks", "glued", "mark", "letters", "bytes", "long number", "gzip"],
)
def test_documents_are_kept_byte_by_byte(tmp_path: Path, content: bytes, kept: bytes) -> None:
    """And separated from those of the next object."""
    put(tmp_path / "in", a=content, b="{}")
    assert contents(packed(tmp_path)) == [kept + b"{}\n"]


@pytest.mark.parametrize(
    "content", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", gzip.compress(b"\n", mtime=0)]
)
def test_an_object_without_documents_adds_nothing(tmp_path: Path, content: bytes) -> None:
    put(tmp_path / "in", a=content, b="{}\n", c=content)
    result = packed(tmp_path, files=3)
    assert contents(result) == [b"{}\n"]
    assert (result.objects, result.left_out) == (1, 2)
    assert names(tmp_path / "out") == ["part-0000.json.gz"]


def test_hidden_objects_are_skipped_as_in_a_load(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", _SUCCESS="no data")
    put(tmp_path / "in" / ".ipynb_checkpoints", a="{}")
    result = packed(tmp_path)
    assert (result.objects, result.left_out) == (1, 2)


def test_the_number_of_parts_follows_from_their_size(tmp_path: Path) -> None:
    """JSON is expected to shrink to a fifth of its size, and gzip files to keep theirs."""
    put(tmp_path / "in", **{f"{number:03}": f"[{number:98}]" for number in range(100)})
    (tmp_path / "in" / "packed.json.gz").write_bytes(gzip.compress(b"[1]", mtime=0).ljust(2000, b"\0"))
    assert len(packed(tmp_path, target_bytes=1000).parts) == 4


@pytest.mark.parametrize("large", [0, 4, 9])
def test_a_large_object_is_not_split_and_leaves_no_part_empty(tmp_path: Path, large: int) -> None:
    documents = [b"[1]" * (5000 if number == large else 1) for number in range(10)]
    put(tmp_path / "in", **{str(number): content for number, content in enumerate(documents)})
    result = packed(tmp_path, files=5)
    assert len(result.parts) == 5
    assert b"".join(contents(result)) == b"".join(content + b"\n" for content in documents)


def test_there_are_at_most_as_many_parts_as_objects(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", b="{}")
    assert len(packed(tmp_path, files=8).parts) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
documents = st.lists(json_values, max_size=3) | st.dictionaries(st.text(), json_values, max_size=3)
objects = st.lists(st.lists(st.tuples(documents, st.sampled_from(["", "\n", " \r\n"])), max_size=3), max_size=8)


@settings(max_examples=50)
@given(objects, st.integers(1, 4), st.booleans())
def test_all_documents_are_packed_unchanged(given: list[list[tuple[Any, str]]], files: int, ascii_only: bool) -> None:
    """Any documents, with any separators."""
    with tempfile.TemporaryDirectory() as directory:
        texts = ["".join(json.dumps(value, ensure_ascii=ascii_only) + gap for value, gap in file) for file in given]
        encoded = {str(number): text.encode("utf-8", "surrogatepass") for number, text in enumerate(texts)}
        put(Path(directory, "in"), end=b"[]", **encoded)
        result = packed(Path(directory), files=files)
        text = b"".join(contents(result)).decode("utf-8", "surrogatepass")
    expected = [value for file in given for value, _ in file]
    assert list(every_document(text)) == [*expected, []]
    assert result.documents == len(expected) + 1


def every_document(text: str) -> Iterator[Any]:
    while text := text.lstrip(" \t\r\n"):
        value, end = json.JSONDecoder().raw_decode(text)
        yield value
        text = text[end:]


@pytest.mark.parametrize("more", ["", " " * 3 * MB])
def test_a_document_may_take_four_megabytes(tmp_path: Path, more: str) -> None:
    """Redshift guide, copy-parameters-data-format. Also across the blocks in which it is read."""
    large = json.dumps(["é" * (2 * MB - 2)], ensure_ascii=False)
    put(tmp_path / "in", a=f"{{}}{more}{large}\n{large}\n[]")
    assert len(large.encode()) == 4 * MB
    assert packed(tmp_path).documents == 4
    put(tmp_path / "in", a=f"{{}}\n{large.replace('[', '[ ')}")
    with pytest.raises(
        SourceError, match=r"in/a.json line 2: Malformed JSON: a document may take 4194304 bytes, this one takes more"
    ):
        packed(tmp_path, overwrite=True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"a":1}\n{"a":', "line 2: Malformed JSON: Expecting value, at character 6"),
        (b'{"a":1}\n{"a":\n\n1 "b"}\n{}', "line 4: Malformed JSON: Expecting ',' delimiter"),
        (b'{"a":1}\n{"a":"' + b"\n" * 6 * MB, "line 2: Malformed JSON: Invalid control character, at character 7"),
        (b"\n{},\n{}", "line 2: Malformed JSON: ',' outside of an object or array"),
        (b"artist,song\n", "line 1: Malformed JSON: 'artist,song' outside of an object or array"),
        ("{}".encode("utf-16"), "line 1: Malformed JSON: .* outside of an object or array"),
        (b'{}\n{"a":NaN}', "line 2: Malformed JSON: NaN is no JSON value"),
        (b'{"a":"\t"}', "line 1: Malformed JSON: Invalid control character, at character 7"),
        (b"[" * 100_000, "line 1: Malformed JSON: it is nested too deeply"),
        (b"\x1f\x8b\x08\x00", "Compressed file ended"),
        (gzip.compress(b"{}", mtime=0) + b"more", "Not a gzipped file"),
        (gzip.compress(b"{}" * 99, mtime=0)[:-9] + b"123456789", "Error -3 while decompressing"),
    ],
    ids=[
        "cut off", "malformed", "very long", "comma", "CSV", "UTF-16", "NaN", "control", "deep", "cut gzip", "gzip end",
        "broken gzip",
    ],
)  # fmt: skip
def test_an_object_that_copy_would_refuse_is_named_and_no_part_written(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    """Not even what came before it."""
    put(tmp_path / "in", a="{}", b="{}", c=content, d="{}")
    with pytest.raises(SourceError, match=f"/in/c.json.*{sentence}.*\\. Correct the file, or move it away"):
        packed(tmp_path, files=4)
    assert names(tmp_path) == [f"in/{name}.json" for name in "abcd"]


def test_when_the_manifest_fails_no_part_stays(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}")
    (tmp_path / "out.manifest").mkdir()
    with pytest.raises(SourceError, match=r"Cannot write .*out.manifest: it is a directory"):
        packed(tmp_path)
    assert names(tmp_path) == ["in/a.json"]


def test_an_earlier_pack_is_not_overwritten_without_being_asked(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", b="{}")
    packed(tmp_path, files=2)
    with pytest.raises(UsageError, match=r"already holds a pack, .*out/part-0000.json.gz: pass --overwrite"):
        packed(tmp_path)
    for part in (tmp_path / "out").iterdir():
        part.unlink()
    with pytest.raises(UsageError, match=r"already holds a pack, .*out.manifest: pass --overwrite"):
        packed(tmp_path)


def test_overwrite_leaves_nothing_of_the_earlier_pack(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", b="{}")
    packed(tmp_path, files=2)
    packed(tmp_path, files=1, overwrite=True)
    assert names(tmp_path) == ["in/a.json", "in/b.json", "out.manifest", "out/part-0000.json.gz"]


@pytest.mark.parametrize("name", ["notes.txt", "part-old.json.gz", "part-0000.json.gz.bak", "2018/part-0000.json.gz"])
def test_other_files_are_never_overwritten(tmp_path: Path, name: str) -> None:
    """A load of the prefix would read them as data."""
    put(tmp_path / "in", a="{}")
    packed(tmp_path)
    other = tmp_path / "out" / name
    other.parent.mkdir(exist_ok=True)
    other.write_text("mine")
    with pytest.raises(UsageError, match=f"{name} is there: choose another target"):
        packed(tmp_path, overwrite=True)
    assert other.read_text() == "mine"
    assert (tmp_path / "out" / "part-0000.json.gz").exists()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("s3://sparkify/song_data/", "s3://sparkify/song_data/packed"),
        ("s3://sparkify/song_data/packed/", "s3://sparkify/song_data"),
        ("s3://sparkify/songs/", "s3://sparkify/songs/"),
        ("s3://sparkify/song_data", "s3://sparkify/song_data_packed/"),
        ("s3://sparkify/songs.", "s3://sparkify/songs"),
        ("s3://sparkify", "s3://sparkify/packed"),
        ("file:///d/x/../song_data/", "file:///d//song_data/packed"),
    ],
)
def test_source_and_target_must_not_overlap(source: str, target: str) -> None:
    """They are key prefixes: song_data is also the beginning of song_data_packed."""
    with pytest.raises(UsageError, match="must not overlap, but the key prefix"):
        pack(source, target)


@pytest.mark.parametrize("target", ["s3://bucket", "s3://bucket/", "s3://bucket//", "file:///"])
def test_a_target_needs_a_name_for_its_manifest(target: str) -> None:
    with pytest.raises(UsageError, match=f"must be a folder with a name, found {target}: add a folder"):
        pack("s3://sparkify/song_data/", target)


@pytest.mark.parametrize("url", ["https://u:pa55@h/x", "/tmp/x", "file://host/x"])
def test_other_urls_are_refused(url: str) -> None:
    for source, target in ((url, "s3://bucket/x"), ("s3://bucket/x", url)):
        with pytest.raises(UsageError, match="pack needs URLs like") as error:
            pack(source, target)
        assert "pa55" not in str(error.value)


@pytest.mark.parametrize("number", [{"files": 0}, {"target_bytes": 0}])
def test_numbers_must_be_positive(tmp_path: Path, number: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="must be at least 1, found 0"):
        packed(tmp_path, **number)


@pytest.mark.parametrize("there", [{}, {"a": ""}, {"_SUCCESS": "{}"}, {"a": "\n"}])
def test_a_source_without_data_is_an_error(tmp_path: Path, there: dict[str, str]) -> None:
    put(tmp_path / "in", **there)
    with pytest.raises(SourceError, match="/in/ matches no object with data"):
        packed(tmp_path)
    assert not (tmp_path / "out.manifest").exists()


def test_progress_counts_the_objects(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", b="{}", c="{}")
    progress: list[tuple[str, int, int]] = []
    packed(tmp_path, files=2, on_progress=lambda *step: progress.append(step))
    assert progress == [("objects", 1, 3), ("objects", 2, 3), ("objects", 3, 3)]


def test_copy_loads_what_was_packed(sparkify: Sparkify, tmp_path: Path) -> None:
    for number in range(20):
        sparkify.songs(f"{number}.json", a_song(song_id=f"SO{number}"))
    result = pack(file_url(f"{tmp_path}/song_data/"), file_url(tmp_path / "packed"), files=3)
    with sparkify.engine.begin() as connection:
        connection.exec_driver_sql(
            f"COPY staging_songs (song_id, artist_id, title) FROM '{result.manifest}' IAM_ROLE default "
            "FORMAT AS JSON 'auto' GZIP MANIFEST"
        )
    assert sparkify.one("SELECT count(DISTINCT song_id) FROM staging_songs") == 20


def run(directory: Path, *arguments: object, config: Path | None = None) -> str:
    """Return the command's output. The configuration is read only for S3."""
    invocation = Invocation(config or directory / "no.cfg", debug=False)
    result = CliRunner().invoke(pack_command, [*map(str, arguments)], obj=invocation, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_command_says_how_to_load_the_files(tmp_path: Path) -> None:
    """The path of a directory means its contents, and not those of directories whose names begin with it."""
    put(tmp_path / "in", a="{}", b="{}{}", c="")
    put(tmp_path / "in2", a="no JSON")
    target = file_url(f"{tmp_path}/out/")
    size = (tmp_path / "in" / "a.json").stat().st_size * 3
    output = run(tmp_path, tmp_path / "in", tmp_path / "out").splitlines()
    packed_bytes = (tmp_path / "out" / "part-0000.json.gz").stat().st_size
    assert output == [
        f"2 objects ({size} bytes) with 3 documents packed into 1 file ({packed_bytes} bytes) under {target}",
        "Skipped (hidden or without data): 1 object",
        f"Manifest for COPY with GZIP MANIFEST: {file_url(tmp_path / 'out.manifest')}",
        f"To load them, set their key of [S3], such as LOG_DATA, to {target}",
    ]


def test_the_command_prints_only_json(tmp_path: Path) -> None:
    put(tmp_path / "in", a="{}", b="{}")
    result = json.loads(run(tmp_path, tmp_path / "in", tmp_path / "out", "--parts", 2, "--json"))
    assert (result["objects"], result["documents"], len(result["parts"])) == (2, 2, 2)
    again = json.loads(run(tmp_path, tmp_path / "in", f"{tmp_path}/out/", "--overwrite", "--json"))
    assert [part["url"] for part in again["parts"]] == [result["parts"][0]["url"]]


def put_songs(store: ObjectStore, bucket: str, count: int) -> None:
    for number in range(count):
        store.write(f"{bucket}song data/{number:02}", json.dumps({"song": number}).encode())


def test_objects_in_s3_are_packed_in_order(store: ObjectStore, bucket: str) -> None:
    """More of them than are opened at a time. A folder made in the console is an empty object."""
    put_songs(store, bucket, 30)
    store.write(f"{bucket}packed/", b"")
    result = pack(f"{bucket}song data/", f"{bucket}packed", store=store, files=2)
    entries = json.loads(store.read(f"{bucket}packed.manifest"))["entries"]
    assert [entry["url"] for entry in entries] == [f"{bucket}packed/part-000{number}.json.gz" for number in range(2)]
    lines = [line for entry in entries for line in gzip.decompress(store.read(entry["url"])).splitlines()]
    assert [json.loads(line)["song"] for line in lines] == list(range(30))
    assert [stored.size for stored in store.list(f"{bucket}packed/part")] == [part.bytes for part in result.parts]


def test_a_load_recognizes_a_part_in_s3(store: ObjectStore, bucket: str) -> None:
    """S3's etag depends on the bytes, and the same objects give the same bytes."""
    put_songs(store, bucket, 3)
    etags = []
    for _ in range(2):
        pack(f"{bucket}song data/", f"{bucket}packed", overwrite=True)
        etags.append([stored.etag for stored in store.list(f"{bucket}packed/")])
    assert etags[0] == etags[1] != []


def test_a_part_of_many_megabytes_is_written_to_s3(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """From files to S3, with text that hardly compresses."""
    put(tmp_path / "in", **{str(number): json.dumps([os.urandom(MB).hex()]) for number in range(4)})
    result = pack(file_url(f"{tmp_path}/in/"), f"{bucket}packed/", store=store)
    (part,) = result.parts
    content = gzip.decompress(store.read(part.url))
    assert part.bytes > 4 * MB
    assert content == b"".join((tmp_path / "in" / f"{number}.json").read_bytes() + b"\n" for number in range(4))


def test_a_pack_in_s3_that_fails_leaves_nothing(store: ObjectStore, bucket: str) -> None:
    put_songs(store, bucket, 20)
    store.write(f"{bucket}song data/05", b"no JSON")
    with pytest.raises(
        SourceError, match="song data/05 line 1: Malformed JSON: 'no JSON' outside of an object or array"
    ):
        pack(f"{bucket}song data/", f"{bucket}packed", store=store, files=5)
    assert len(store.list(bucket)) == 20


def test_a_missing_bucket_is_named(store: ObjectStore, bucket: str) -> None:
    put_songs(store, bucket, 2)
    for source, target in (("s3://no-bucket/x/", f"{bucket}x"), (f"{bucket}song data/", "s3://no-bucket/x")):
        with pytest.raises(SourceError, match="There is no bucket no-bucket"):
            pack(source, target, store=store)


def test_the_command_uses_the_credentials_of_the_configuration(
    store: ObjectStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_songs(store, bucket, 3)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "dwh.cfg").write_text("[AWS]\nKEY=AKIAGIVEN\nSECRET=pa55\n[S3]\nREGION=us-west-2\n")
    arguments = (f"{bucket}song data/", f"{bucket}packed", "--json")
    assert json.loads(run(tmp_path, *arguments, config=tmp_path / "dwh.cfg"))["documents"] == 3
