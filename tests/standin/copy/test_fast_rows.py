"""The fast reader changes nothing: it gives the rows and the rejects of the exact one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from itertools import takewhile
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.copy_rules.columns import TargetColumn
from sparkify_dwh.redshift.copy_rules.json_documents import MAX_DOCUMENT_BYTES
from sparkify_dwh.redshift.copy_rules.row_reader import row_reader
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.copy import fast_columns, fast_rows
from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.fast_rows import FastRows, Rows
from sparkify_dwh.standin.copy.files import SmallFiles
from sparkify_dwh.standin.copy.json_load import FastJsonLoad
from sparkify_dwh.standin.copy.line_blocks import LineBlocks
from sparkify_dwh.standin.copy.load import copy_rows
from sparkify_dwh.standin.copy.results import CopyFailed, CopyResult, FileResult
from sparkify_dwh.standin.transfer.store import Contents
from sparkify_dwh.storage.store import StoredObject

COLUMNS = (
    TargetColumn("small", "smallint"),
    TargetColumn("whole", "integer", not_null=True),
    TargetColumn("big", "bigint"),
    TargetColumn("double", "double precision"),
    TargetColumn("real", "real"),
    TargetColumn("money", "numeric(6,2)"),
    TargetColumn("flag", "boolean"),
    TargetColumn("letters", "character(3)"),
    TargetColumn("short", "character varying(5)"),
    TargetColumn("long", "character varying(30)", not_null=True),
    TargetColumn("day", "date"),
    TargetColumn("moment", "timestamp without time zone"),
    TargetColumn("zoned", "timestamp with time zone", not_null=True),
)
CONSTANTS = (b"\0\1", None)
REQUIRED = '"whole": 1, "long": "x", "zoned": '


class Memory:
    """A store of objects in memory, which are all under every prefix; ``is_local`` reads small ones many at a time."""

    def __init__(self, *objects: bytes, is_local: bool = False) -> None:
        self._objects = {f"s3://b/{index}": data for index, data in enumerate(objects)}
        self._is_local = is_local

    def list(self, _: str, /) -> list[StoredObject]:
        return [StoredObject(url, len(data), "") for url, data in self._objects.items()]

    def open(self, url: str, /) -> BinaryIO:
        return BytesIO(self._objects[url])

    def read(self, url: str, /) -> bytes:
        return self._objects[url]

    def read_small(self, urls: Sequence[str], _: int, /) -> Contents:
        small = takewhile(lambda data: len(data) < 1000, map(self._objects.__getitem__, urls))
        return list(small) if self._is_local else []


def load(objects: Sequence[bytes], options: str, *, exact: bool, is_local: bool = False) -> tuple[bytes, CopyResult]:
    statement = parse_copy(f"COPY t FROM 's3://b/k' IAM_ROLE default JSON {options} MAXERROR 100000")
    chunks: list[bytes] = []
    store = Memory(*objects, is_local=is_local)
    result = copy_rows(statement, COLUMNS, store, chunks.append, constants=CONSTANTS, exact=exact)
    return b"".join(chunks), result


def assert_same(objects: bytes | Sequence[bytes], options: str = "", *, is_local: bool = False) -> None:
    """However many different values there have been before, and whatever has been learnt from what was refused."""
    given = [objects] if isinstance(objects, bytes) else objects
    expected = load(given, options, exact=True)
    for most, often in (
        (fast_columns.MAX_DISTINCT_VALUES, fast_rows.MAX_REFUSALS),
        (0, fast_rows.MAX_REFUSALS),
        (0, 1),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fast_columns, "MAX_DISTINCT_VALUES", most)
            patch.setattr(fast_rows, "MAX_REFUSALS", often)
            assert load(given, options, exact=False, is_local=is_local) == expected


def a_fast_reader() -> FastRows:
    statement = parse_copy("COPY t FROM 's3://b/k' IAM_ROLE default JSON TIMEFORMAT 'epochmillisecs'")
    rows = BinaryRows([column.column_type for column in COLUMNS], bytes)
    fast = FastRows.of(row_reader(statement, COLUMNS, None), rows)
    assert fast is not None
    return fast


def accepted(block: str | bytes) -> bool:
    """Whether the fast reader takes a block."""
    return a_fast_reader().rows(block if isinstance(block, bytes) else block.encode()) is not None


NUMBERS = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.integers(-40_000, 40_000).map(str),
    st.integers(1_541_000_000_000, 1_545_000_000_000).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["-0", "-0.0", "-0e5", "-1e-400", "1e400", "-1e400", "1e39", "01", "1.", ".5", "+1", "1" * 400, "- 1"]
    ),
    st.sampled_from(["9223372036854775807", "9223372036854775808", "-9223372036854775809", "253402300800000"]),
)
PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_characters='"\\', min_codepoint=32), max_size=8)
STRINGS = st.one_of(
    PLAIN_TEXT.map(lambda text: f'"{text}"'),
    NUMBERS.map(lambda number: f'"{number}"'),
    st.text(max_size=6).map(json.dumps),
    st.sampled_from(
        ['""', '" "', '"a  "', '"  1"', '"\\u0000"', '"\\ud800"', '"\\udc80"', '"\\ud83d\\ude00"', '"\\u0041"', '"\\/"',
         '"\\x"', '"\\u12"', '"a\tb"', '"\x00"', '"\x7f"', '"\ufffe"', '"\\ufdd0"',
         '"' + "é" * 5 + '"', '"' + "é" * 16 + '"',
         '"true"', '"T"', '"no"', '"NaN"', '"null"', '"\\\\N"', '"unending'],
    ),
    st.sampled_from(
        ['"2018-11-01"', '"2018-11-01 21:01:46.796"', '"2018-11-01 21:01:46-08"', '"2018-11-01T21:01:46Z"', '"00/00/00"'],
    ),
)  # fmt: skip
OTHERS = st.sampled_from(
    ["null", "true", "false", "NaN", "-Infinity", "nul", "{}", "[]", "[1, [2]]", '{"a": {"b": "}"}}', "[", "{", "",
     "[" * 300 + "]" * 300, "[" * 450 + "]" * 450, "[" * 3000 + "]" * 3000],
)  # fmt: skip
KEYS = st.one_of(
    st.sampled_from([column.name for column in COLUMNS]),
    st.sampled_from(["other", "Whole", "who\\u006ce", "\\ud800", "x\x01", "", "é"]),
)
MEMBERS = st.tuples(KEYS, NUMBERS | STRINGS | OTHERS).map(lambda member: f'"{member[0]}": {member[1]}')
FITTING = st.one_of(
    st.builds('"{}": {}'.format, st.sampled_from(["small", "money", "real"]), st.integers(-40_000, 40_000)),
    st.builds('"{}": {}'.format, st.sampled_from(["big", "double"]), st.integers(-(2**63), 2**63 - 1)),
    st.builds('"{}": "{}"'.format, st.sampled_from(["small", "whole", "big", "double"]), st.integers(-999, 999)),
    st.builds('"{}": {!r}'.format, st.sampled_from(["double", "real", "money"]), st.floats(-9999, 9999)),
    st.builds('"{}": "{}"'.format, st.sampled_from(["letters", "short", "long", "other"]), PLAIN_TEXT),
    st.builds('"{}": {}'.format, st.sampled_from(["letters", "short", "long"]), st.text(max_size=5).map(json.dumps)),
    st.builds('"{}": {}'.format, st.sampled_from(["moment", "zoned"]), st.integers(-(10**14), 10**14)),
    st.sampled_from(['"flag": true', '"flag": "f"', '"day": "2018-11-01"', '"long": ""', '"big": ""', '"other": [{}]']),
    st.builds('"{}": null'.format, st.sampled_from([column.name for column in COLUMNS])),
)
OBJECTS = st.builds(
    lambda required, fitting, members, space: "{" + f",{space}".join([*required, *fitting, *members]) + "}",
    st.sampled_from(
        [[REQUIRED + "1541106106796"]] * 4
        + [[], [REQUIRED + '"1541106106796"'], [REQUIRED + '"2018-11-01 21:01:46-08"'], ['"whole": ""']]
    ),
    st.lists(FITTING, max_size=6),
    st.lists(MEMBERS, max_size=3) | st.just([]) | st.just([]),
    st.sampled_from(["", " ", "", "\t", "\r", "\n", "\x0b"]),
)
LINES = st.one_of(
    OBJECTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    OBJECTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.builds(
        lambda text, at, byte: text.encode()[: at % 60] + byte + text.encode()[at % 60 :],
        OBJECTS, st.integers(0, 60), st.binary(min_size=1, max_size=2),
    ),
    st.sampled_from([b"", b" ", b"\r", b"[]", b"[1]", b"12", b",", b"}", b"{}{}", b'{}{"whole": 1}', b"{} x"]),
    st.just(b"\xef\xbb\xbf{}"),
)  # fmt: skip
OPTIONS = st.lists(
    st.sampled_from(
        ["EMPTYASNULL", "BLANKSASNULL", "TRIMBLANKS", "TRUNCATECOLUMNS", "ROUNDEC",
         "ACCEPTINVCHARS '^'", "ACCEPTANYDATE", "DATEFORMAT 'auto'"],
    ),
    unique=True, max_size=4,
).flatmap(
    lambda options: st.sampled_from(["", "TIMEFORMAT 'epochmillisecs'", "TIMEFORMAT 'epochmillisecs'", "TIMEFORMAT 'auto'"])
    .map(lambda time_format: " ".join([time_format, *options]))
)  # fmt: skip


# What each of the fast reader's rules is there for, and what lies just on its other side.
TRICKY = (
    '"double": -0', '"double": -0.0', '"double": -1e-400', '"double": 0', '"double": 1e400', '"double": "1e400"',
    '"small": 32767', '"small": 32768', '"small": -32769', '"big": 9223372036854775808', '"big": 1.0', '"big": true',
    '"zoned": 253402300799999', '"zoned": 253402300800000', '"zoned": null', '"zoned": ""', '"zoned": "1"', '"zoned": 1.5',
    '"short": "fives"', '"short": "sixsix"', '"short": "éé"', '"short": "ééé"', '"short": "\\u00e9\\u00e9\\u00e9"',
    '"short": "\\u0000"', '"short": "\\ud800"', '"short": "a  "', '"short": "  "', '"short": ""', '"short": "abc        "',
    '"letters": "é"', '"letters": ""', '"letters": "abc "', '"long": ""', '"long": "  "', '"long": null', '"long": 1.50',
    '"long": {"a":  1}', '"short": "￾"', '"whole": null', '"whole": ""', '"whole": " "', '"whole": "7"', '"whole": "x"',
    '"money": 1.999', '"money": "1e3"', '"money": [1]', '"money": 12345', '"flag": "maybe"', '"flag": null', '"real": 1e39',
    '"day": "00/00/00"', '"day": "2018-02-30"', '"day": "' + "x" * 70 + '"', '"moment": "1"', '"moment": -1', '"other": NaN',
    '"who\\u006ce": 2', '"whole": "x", "whole": 2', '"whole": 2, "whole": "x"', '"Whole": 2', '"other": "\\ud800"', '"": 0',
)  # fmt: skip


@pytest.mark.parametrize("option", ["", "EMPTYASNULL", "BLANKSASNULL", "TRIMBLANKS EMPTYASNULL", "TRUNCATECOLUMNS",
                                    "ACCEPTINVCHARS", "ROUNDEC ACCEPTANYDATE"])  # fmt: skip
@pytest.mark.parametrize("change", TRICKY)
def test_no_rule_is_missing(change: str, option: str) -> None:
    line = f"{{{REQUIRED}1541106106796, {change}}}"
    assert_same("\n".join([line] * 3).encode(), f"TIMEFORMAT 'epochmillisecs' {option}")


@given(st.lists(LINES, max_size=6), st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n", b""]), OPTIONS)
def test_the_fast_reader_gives_the_rows_and_rejects_of_the_exact_one(
    lines: list[bytes], separator: bytes, options: str
) -> None:
    assert_same(separator.join(lines), options)


@given(st.lists(st.lists(LINES, max_size=3).map(b"\n".join), max_size=6), OPTIONS)
def test_small_files_that_are_loaded_together_give_the_rows_and_rejects_of_each(
    files: list[bytes], options: str
) -> None:
    assert_same([*files, b"{}"], options, is_local=True)


@pytest.mark.parametrize("end", ["", "\n", " "])
@pytest.mark.parametrize(
    "files",
    [['{R, "other": ', "{}}"], ['{R, "other": ', "1}"], ['{R, "other": "', '"}'], ['{R, "other": "}', '{"}'],
     ['{R, "other": {}', "}"], ['{R, "other": {}', "{}}"], ['{R, "other": [{}', "{}]}"], ['{R, "other": [{}', "]}"],
     ['{R, "other": "\\', '"}'], ["{R},", "{R}"], ["{", "R}"], ["{R", "}"], ["{R}", "}"],
     ["{", "{R}"], ["{R}{R}", "", "{R}"]],
)  # fmt: skip
def test_files_that_would_be_json_together_are_not_joined(files: list[str], end: str) -> None:
    objects = [text.replace("R", f"{REQUIRED}1541106106796") + end for text in ("{R}", *files, "{R}")]
    assert_same([text.encode() for text in objects], "TIMEFORMAT 'epochmillisecs'", is_local=True)


class Noting(FastRows):
    """A fast reader that notes the blocks that it is given."""

    blocks: tuple[bytes, ...] = ()

    def rows(self, block: bytes) -> Rows | None:
        self.blocks += (block,)
        return super().rows(block)


def test_small_files_are_one_block() -> None:
    """Otherwise each of thousands of files would take as long as a block does."""
    statement = parse_copy("COPY t FROM 's3://b/k' IAM_ROLE default JSON TIMEFORMAT 'epochmillisecs'")
    rows = BinaryRows([column.column_type for column in COLUMNS], bytes)
    reader = row_reader(statement, COLUMNS, None)
    fast = Noting.of(reader, rows)
    assert isinstance(fast, Noting)
    data = f"{{{REQUIRED}1}}\n".encode()
    files = SmallFiles([str(number) for number in range(500)], [data] * 500)
    assert FastJsonLoad(statement, reader, rows, fast).small_files(files)[-1] == FileResult("499", 1, len(data))
    assert (len(fast.blocks), rows.count) == (1, 500)


@given(st.lists(OBJECTS, max_size=6), OPTIONS)
def test_objects_over_several_lines_are_the_same_rows(objects: list[str], options: str) -> None:
    pretty = [text.replace(",", ",\n ").replace("{", "{\n") for text in objects]
    assert_same("\n".join(pretty).encode("utf-8", "surrogatepass"), options)


@given(NUMBERS)
def test_numbers_are_read_to_the_last_bit(number: str) -> None:
    fields = ", ".join(f'"{name}": {number}' for name in ("small", "big", "double", "money", "moment"))
    assert_same(f'{{{REQUIRED}1, {fields}}}\n{{{REQUIRED}1, "double": {number}}}'.encode(), "TIMEFORMAT 'epochsecs'")


ORDINARY = f'{{{REQUIRED}1541106106796, "other": "%d"}}'


@pytest.mark.parametrize(
    "odd", ['{"whole": "x"}', '{"whole": 1.0, "long": 2, "zoned": 3}', "{}\n{}", '{"long": "', "x", ""]
)
@pytest.mark.parametrize("at", [0, 777, 3_999])
def test_one_odd_line_among_many_changes_nothing(odd: str, at: int) -> None:
    lines = [ORDINARY % number for number in range(4_000)]  # three blocks
    lines.insert(at, odd)
    assert_same("\n".join(lines).encode(), "TIMEFORMAT 'epochmillisecs'")


@pytest.mark.parametrize("boundary", [-1, 0, 1])
def test_documents_of_the_maximum_size_are_read_the_same(boundary: int) -> None:
    line = b'{"whole": 1, "long": "x", "zoned": "2018-11-01 21:01:46-08", "other": "%s"}'
    long = line % (b"x" * (MAX_DOCUMENT_BYTES + boundary - len(line) + 2))
    assert len(long) == MAX_DOCUMENT_BYTES + boundary
    assert_same(b"{}\n" + long + b"\n{}" + long + b" " * 20 + b"\n" + line + b"\n")


class Broken(Memory):
    """A store whose first object is the only one that can be opened."""

    def open(self, url: str, /) -> BinaryIO:
        if url.endswith("/0"):
            return super().open(url)
        raise SourceError("it is broken")


@pytest.mark.parametrize("exact", [True, False])
def test_a_row_that_is_refused_comes_before_a_later_file_that_cannot_be_read(exact: bool) -> None:
    """Also when the rows of small files are made together."""
    statement = parse_copy("COPY t FROM 's3://b/k' IAM_ROLE default JSON")
    with pytest.raises(CopyFailed):
        copy_rows(statement, COLUMNS, Broken(b'{"whole": "x"}', b"{}"), bytes, exact=exact)
    with pytest.raises(RedshiftError, match="it is broken"):
        copy_rows(statement, COLUMNS, Broken(b"", b"{}"), bytes, exact=exact)


def test_a_file_without_line_feeds_is_read_document_by_document() -> None:
    document = b'{"whole": 1, "long": "x", "zoned": "2018-11-01 21:01:46-08"}'
    data, result = load([document * 20_000], "", exact=False)
    assert (result.rows, result.files[0].lines) == (20_000, 1)
    assert len(data) > 20_000


def test_ordinary_lines_are_taken() -> None:
    """Otherwise the fast reader would be right and of no use."""
    assert accepted('{"whole": "101", "long": "x", "zoned": 1541106106796, "double": 1.5, "small": 7, "other": [1]}')
    assert accepted(
        '{"whole": 0, "long": "Mot\\u00f6rhead", "zoned": 1541106106796, "double": "", "day": "2018-11-01"}'
    )
    assert accepted(b' {"whole": 1, "long": "caf\xc3\xa9", "short": null, "zoned": "1541106106796"}\r')


@pytest.mark.parametrize(
    "changes",
    ['"whole": 1.0', '"whole": null', '"short": "sixsix"', '"short": "ééé"', '"long": 5', '"small": 99999', '"double": -0',
     '"zoned": -99999999999999', '"whole": "x"', '"long": "\\u0000"', '"other": NaN', '"double": [1]'],
)  # fmt: skip
def test_values_that_need_conversion_are_refused(changes: str) -> None:
    assert not accepted('{"whole": 1, "long": "x", "zoned": 1541106106796, ' + changes + "}")


@pytest.mark.parametrize("change", ['"long": 5', '"whole": 1.0', '"double": -0', '"long": {"a": 1}'])
def test_a_kind_of_value_that_is_often_refused_is_accepted_later(change: str) -> None:
    block = f"{{{REQUIRED}1541106106796, {change}}}".encode()
    fast = a_fast_reader()
    for _ in range(fast_rows.MAX_REFUSALS):
        assert fast.rows(block) is None
        fast.learn(block)
    assert fast.rows(block) is not None


@given(
    st.lists(st.binary(max_size=5) | st.sampled_from([b"\n", b"\n{", b"{"]), max_size=10), st.integers(1, 9), st.data()
)
def test_blocks_and_the_rest_are_the_file(pieces: list[bytes], block_bytes: int, draw: st.DataObject) -> None:
    """Handing back the end of a block gives the rest of the file, byte for byte."""
    data = b"".join(pieces)
    blocks = LineBlocks(BytesIO(data), block_bytes)
    taken, rest = b"", None
    while rest is None and (block := blocks.next()):
        cuts = [at for at, byte in enumerate(block[:-1]) if byte == ord("\n")]
        if (at := draw.draw(st.sampled_from([None, -1, *cuts]))) is not None:
            taken += block[: at + 1]
            rest = blocks.rest(block[at + 1 :])
        else:
            taken += block + b"\n"
    if rest is None:
        assert not blocks.is_done or taken in (data, data + b"\n")
        rest = blocks.rest(b"")
    while piece := rest.read(3):
        taken += piece
    assert taken in (data, data + b"\n")
