"""COPY takes files in, and hands out rows and rejects as Redshift would make them."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg import adapt, postgres, pq

from sparkify_dwh.redshift.copy_rules.columns import TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.copy.load import copy_rows
from sparkify_dwh.standin.copy.results import CopyFailed, CopyResult
from sparkify_dwh.storage.store import ObjectStore, file_url

ID = TargetColumn("id", "integer")
NAME = TargetColumn("name", "character varying(10)")


@dataclass
class Loaded:
    """A COPY's result, and its rows read back from the binary format."""

    result: CopyResult
    rows: list[tuple[object, ...]]
    chunks: list[bytes]

    @property
    def rejects(self) -> list[tuple[int, str, int, str]]:
        return [(reject.line, reject.column, reject.code, reject.reason) for reject in self.result.rejects]


def load(
    directory: Path,
    clauses: str = "JSON",
    columns: Sequence[TargetColumn] = (ID, NAME),
    listed: str = "",
) -> Loaded:
    """COPY every file in ``directory`` whose name begins with "data"."""
    statement = parse_copy(f"COPY people {listed} FROM '{file_url(directory / 'data')}' IAM_ROLE default {clauses}")
    chunks: list[bytes] = []
    result = copy_rows(statement, columns, ObjectStore(), chunks.append)
    types = [column.column_type.name for column in copy_columns(statement, columns)]
    return Loaded(result, read_binary(b"".join(chunks), types) if chunks else [], chunks)


def failed(directory: Path, clauses: str = "JSON", columns: Sequence[TargetColumn] = (ID, NAME)) -> CopyFailed:
    with pytest.raises(CopyFailed) as raised:
        load(directory, clauses, columns)
    return raised.value


def read_binary(data: bytes, types: list[str]) -> list[tuple[object, ...]]:
    """Rows out of PostgreSQL's binary COPY format."""
    assert data[:19] == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    at, rows = 19, []
    while (count := struct.unpack_from(">h", data, at)[0]) != -1:
        assert count == len(types)
        at, row = at + 2, list[object]()
        for type_ in types:
            length = struct.unpack_from(">i", data, at)[0]
            at += 4
            row.append(None if length < 0 else read_value(data[at : at + length], type_))
            at += max(length, 0)
        rows.append(tuple(row))
    assert data[at:] == b"\xff\xff"
    return rows


def read_value(data: bytes, type_: str) -> object:
    if type_ in ("varchar", "char"):
        return data.decode()
    name = "timestamp" if type_ == "timestamptz" else type_  # both in UTC
    return adapt.Transformer().get_loader(postgres.types[name].oid, pq.Format.BINARY).load(data)


def test_objects_become_rows(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_bytes(b'{"id": 1, "name": "Ann"}\n{"name": "Bob", "x": [1], "id": "2"}{"id":3}')
    loaded = load(tmp_path)
    assert loaded.rows == [(1, "Ann"), (2, "Bob"), (3, None)]
    assert (loaded.result.rows, loaded.rejects) == (3, [])


def test_keys_are_matched_case_sensitively(tmp_path: Path) -> None:
    """Redshift guide, copy-parameters-data-format: "userId" does not fill userid, and nothing is said about it."""
    (tmp_path / "data").write_bytes(b'{"ID": 1, "Name": "Ann", "name": "ann"}')
    assert load(tmp_path).rows == [(None, "ann")]
    assert load(tmp_path, "JSON 'auto ignorecase'").rows == [(1, "ann")]


def test_ignorecase_finds_nested_values_too(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"NAME": [ 1 ], "iD": 7}')
    assert load(tmp_path, "JSON 'auto ignorecase'").rows == [(7, "[ 1 ]")]


@pytest.mark.parametrize(
    ("type_", "json_value", "value"),
    [
        ("smallint", "-1", -1),
        ("bigint", "1099511627776", 2**40),
        ("real", "0.5", 0.5),
        ("double precision", "1540919166796.0", 1540919166796.0),
        ("double precision", "-0", -0.0),
        ("boolean", "true", True),
        ("date", '"1999-12-31"', date(1999, 12, 31)),
        ("timestamp without time zone", '"1970-01-01 21:01:46.796"', datetime(1970, 1, 1, 21, 1, 46, 796000)),
        ("timestamp with time zone", '"2018-11-01 21:01:46+01"', datetime(2018, 11, 1, 20, 1, 46)),
        ("character(3)", '"ab"', "ab"),
        ("character varying(3)", '"\\u00e9"', "é"),
        ("character varying(9)", "1.50", "1.50"),
        ("numeric(8,2)", "-1234.569", Decimal("-1234.56")),
        ("numeric(38,0)", "9" * 38, Decimal("9" * 38)),
    ],
)
def test_every_type_is_written_as_postgresql_reads_it(
    tmp_path: Path, type_: str, json_value: str, value: object
) -> None:
    (tmp_path / "data").write_text(f'{{"a": {json_value}}}\n{{"a": null}}\n{{}}')
    rows = load(tmp_path, columns=[TargetColumn("a", type_)]).rows
    assert [repr(row) for row in rows] == [repr((value,)), "(None,)", "(None,)"]


def test_the_first_error_fails_the_load(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_bytes(b'{"id": 1}\n{\n"id": 2.5,\n"name": "Ann"}\n{"id": 3}')
    error = failed(tmp_path)
    assert (error.sqlstate, error.message) == (
        "XX000",
        "Load into table 'people' failed.  Check 'sys_load_error_detail' system table for details.",
    )
    (reject,) = error.rejects
    assert (reject.url, reject.line) == (file_url(tmp_path / "data.json"), 4)
    assert (reject.column, reject.column_type, reject.column_length) == ("id", "int4", "0")
    assert (reject.code, reject.reason, reject.position) == (1207, "Invalid digit, Value '.', Pos 1, Type: Integer", 1)
    assert (reject.raw_line, reject.raw_value) == ('{\n"id": 2.5,\n"name": "Ann"}', "2.5")


@pytest.mark.parametrize(("max_error", "fails"), [(0, True), (1, True), (2, True), (3, False)])
def test_maxerror_is_the_number_of_errors_that_fails_the_load(tmp_path: Path, max_error: int, fails: bool) -> None:
    """Redshift guide, copy-parameters-data-load: with two errors, MAXERROR 2 fails and MAXERROR 3 does not."""
    (tmp_path / "data").write_bytes(b'{"id": "x"}\n{"id": 1}\n{"id": 2}, {"id": 3}\n')
    clauses = f"JSON MAXERROR {max_error}"
    if fails:
        assert len(failed(tmp_path, clauses).rejects) == max(1, max_error)
        return
    loaded = load(tmp_path, clauses)
    assert loaded.rows == [(1, None), (2, None), (3, None)]
    assert loaded.rejects == [
        (1, "id", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
        (3, "", 1216, "Malformed JSON: ',' outside of an object or array"),
    ]


def test_of_a_row_only_the_first_wrong_column_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"name": "far too long", "id": "x"}')
    assert [reject.column for reject in failed(tmp_path, "JSON MAXERROR 1").rejects] == ["id"]


def test_bytes_that_are_not_utf8_matter_only_where_they_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"id": 1, "other": "\xa4"}\n{"id": 2, "name": "\xa4"}\n')
    loaded = load(tmp_path, "JSON MAXERROR 2")
    assert loaded.rows == [(1, None)]
    (reject,) = loaded.result.rejects
    assert (reject.code, reject.column, reject.raw_value) == (1220, "name", "\N{REPLACEMENT CHARACTER}")
    assert load(tmp_path, "JSON ACCEPTINVCHARS").rows == [(1, None), (2, "?")]


def test_the_texts_of_a_reject_are_short_and_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"id": 1, "name": "' + "é".encode() * 2000 + b'"}\n{"\x00')
    long, malformed = load(tmp_path, "JSON MAXERROR 9").result.rejects
    assert (long.column_type, long.column_length, long.code) == ("varchar", "10", 1204)
    assert len(long.raw_line.encode()) <= 1024
    assert long.raw_value == "é" * 512
    assert malformed.raw_line == '{"\N{REPLACEMENT CHARACTER}'


def test_a_root_array_needs_jsonpaths(tmp_path: Path) -> None:
    """Redshift guide: an array of objects is one row, no set of rows."""
    (tmp_path / "data").write_bytes(b'[{"id": 1}, {"id": 2}]')
    assert failed(tmp_path).rejects[0].reason == "Invalid JSONPath format: Member is not an object."
    (tmp_path / "paths").write_bytes(b'{"jsonpaths": ["$[0].id", "$[1]"]}')
    assert load(tmp_path, f"JSON '{file_url(tmp_path / 'paths')}'").rows == [(1, '{"id": 2}')]


def test_jsonpaths_pair_with_columns_by_place(tmp_path: Path) -> None:
    """Redshift guide, copy-usage_notes-copy-from-json: element i is for column i of the list, or of the table."""
    (tmp_path / "data").write_bytes(b'{"userId": "7", "firstName": "Ann"}')
    (tmp_path / "paths").write_bytes(b"""{"jsonpaths": ["$['userId']", "$['firstName']"]}""")
    clauses = f"JSON '{file_url(tmp_path / 'paths')}'"
    assert load(tmp_path, clauses).rows == [(7, "Ann")]
    assert load(tmp_path, clauses, (NAME, ID), "(id, name)").rows == [(7, "Ann")]
    assert failed(tmp_path, clauses, (NAME, ID)).rejects[0].raw_value == "Ann"


def test_two_columns_may_take_the_same_value(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"a": 1}')
    (tmp_path / "paths").write_bytes(b'{"jsonpaths": ["$.a", "$.a"]}')
    assert load(tmp_path, f"JSON '{file_url(tmp_path / 'paths')}'").rows == [(1, "1")]


def test_a_jsonpaths_file_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"{}")
    (tmp_path / "paths").write_bytes(b'{"jsonpaths": ["$.a"]}')
    with pytest.raises(RedshiftError) as raised:
        load(tmp_path, f"JSON '{file_url(tmp_path / 'paths')}' MAXERROR 10")
    assert raised.value.message == (
        "Number of jsonpaths and the number of columns should match. "
        "JSONPath size: 1, Number of columns in table or column list: 2"
    )


def test_a_jsonpaths_file_with_another_key_means_auto(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"id": 1}')
    (tmp_path / "paths").write_bytes(b'{"paths": ["$.a"]}')
    assert load(tmp_path, f"JSON '{file_url(tmp_path / 'paths')}'").rows == [(1, None)]


def test_noload_checks_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b'{"id": 1}\n{"id": 2}\n')
    loaded = load(tmp_path, "JSON NOLOAD")
    assert (loaded.result.rows, loaded.rows, loaded.result.files[0].lines) == (0, [], 2)
    (tmp_path / "data").write_bytes(b'{"id": "x"}\n')
    assert failed(tmp_path, "JSON NOLOAD").rejects[0].code == 1207


def test_nothing_to_load_is_still_a_whole_binary_stream(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"\n")
    assert load(tmp_path).chunks == [b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"]


def test_rows_come_in_chunks(tmp_path: Path) -> None:
    with (tmp_path / "data").open("w") as file:
        for number in range(20_000):
            file.write(json.dumps({"id": number, "name": "x" * 10}) + "\n")
    loaded = load(tmp_path)
    assert loaded.rows == [(number, "x" * 10) for number in range(20_000)]
    assert 4 <= len(loaded.chunks) <= 20
    assert all(len(chunk) < 256 * 1024 for chunk in loaded.chunks)
