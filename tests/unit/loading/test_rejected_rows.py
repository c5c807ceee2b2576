"""Why COPY rejected a row: read from the system views that the user may read, or from the server's message."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from sqlalchemy import Connection, Select, literal_column, select, table
from sqlalchemy.exc import DBAPIError
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.errors import CopyError, LoadError
from sparkify_dwh.loading import rejected_rows
from sparkify_dwh.redshift.commands import CopyCommand
from sparkify_dwh.staging import StagingSong

NAMES = rejected_rows.STL_LOAD_ERRORS.selected_columns.keys()
UNREADABLE = select(*(literal_column(name).label(name) for name in NAMES)).select_from(table("no_such_view"))


@pytest.fixture
def refused(sparkify: Sparkify) -> Sparkify:
    """A load whose second record COPY rejects."""
    sparkify.logs("a.json", an_event(), an_event(itemInSession="six"))
    sparkify.songs("a.json", a_song())
    return sparkify


def test_the_value_is_shown_where_the_server_keeps_it(refused: Sparkify) -> None:
    with pytest.raises(CopyError, match=r"a\.json line 2, column item_in_session: 'six': .* \(1207\)"):
        refused.load()


def test_the_rejected_rows_are_on_the_error(refused: Sparkify) -> None:
    with pytest.raises(CopyError) as raised:
        refused.load()
    (row,) = raised.value.rows
    assert (row.line, row.column, row.code, row.value) == (2, "item_in_session", 1207, "six")
    assert row.file.endswith("/log_data/a.json")
    assert raised.value.hint == (
        "Correct the file. `sparkify-dwh plan` says more: all rejected rows, and whether --max-errors could leave them out."
    )
    assert str(raised.value) == f"{raised.value.message}. {raised.value.hint}"


def test_without_stl_load_errors_the_value_is_left_out(refused: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Serverless. Redshift guide, SYS_LOAD_ERROR_DETAIL"""
    monkeypatch.setattr(rejected_rows, "VIEWS", (rejected_rows.SYS_LOAD_ERROR_DETAIL, UNREADABLE))
    with pytest.raises(CopyError, match=r"a\.json line 2, column item_in_session: Invalid digit"):
        refused.load()


def test_without_sys_load_error_detail_stl_load_errors_is_read(
    refused: Sparkify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be forbidden to a plain user."""
    monkeypatch.setattr(rejected_rows, "VIEWS", (UNREADABLE, rejected_rows.STL_LOAD_ERRORS))
    with pytest.raises(CopyError, match=r"a\.json line 2, column item_in_session: 'six'"):
        refused.load()


def test_without_either_the_servers_message_is_shown(refused: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected_rows, "VIEWS", (UNREADABLE, UNREADABLE))
    with pytest.raises(CopyError, match="Load into table 'staging_events' failed"):
        refused.load()


def test_a_column_of_a_key_is_not_advised_to_be_widened(sparkify: Sparkify) -> None:
    """Redshift cannot alter columns of keys. Redshift guide, r_ALTER_TABLE"""
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song(song_id="S" * 42))
    with pytest.raises(CopyError, match=r"column song_id: .*\(1204\)\. Shorten the value: the column is part of a key"):
        sparkify.load()


def test_a_long_value_is_shortened(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(song="x" * 600))
    sparkify.songs("a.json", a_song())
    with pytest.raises(CopyError, match=r"x{80}\.\.\.'"):
        sparkify.load()


@pytest.mark.parametrize("readable", rejected_rows.VIEWS, ids=["sys_load_error_detail", "stl_load_errors"])
def test_a_skipped_row_is_read_from_either_view(
    refused: Sparkify, monkeypatch: pytest.MonkeyPatch, readable: Select[Any]
) -> None:
    """The two views identify a COPY differently. Redshift guide, SYS_QUERY_HISTORY"""
    monkeypatch.setattr(rejected_rows, "VIEWS", (readable, UNREADABLE))
    report = refused.load(max_errors=1)
    assert report.staged["staging_events"].rejected == 1
    assert report.staged["staging_songs"].rejected == 0
    assert "a.json line 2, column item_in_session: " in report.rejected[0]


def test_every_row_is_shown_with_its_own_value(sparkify: Sparkify) -> None:
    """In files of one record, all are at line 1."""
    for name in ("a", "b", "c"):
        sparkify.logs(f"{name}.json", an_event(ts=f"time of {name}"))
    sparkify.logs("d.json", an_event())
    sparkify.songs("a.json", a_song())
    told = sparkify.load(max_errors=3).rejected
    assert [row.rpartition("/")[2].split(" (")[0].split(":")[:2] for row in told] == [
        [f"{name}.json line 1, column ts", f" 'time of {name}'"] for name in ("a", "b", "c")
    ]


def test_no_row_is_skipped_when_the_views_cannot_be_read(refused: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected_rows, "VIEWS", (UNREADABLE, UNREADABLE))
    with pytest.raises(LoadError, match=r"neither .* can be read\. Grant SELECT on one of them"):
        refused.load(max_errors=1)
    assert refused.one("SELECT count(*) FROM songplays") == 0
    assert refused.one("SELECT count(*) FROM load_files") == 0


def test_rows_that_the_views_do_not_show_yet_are_counted(refused: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    late = tuple(view.where(literal_column("1") == literal_column("0")) for view in rejected_rows.VIEWS)
    monkeypatch.setattr(rejected_rows, "VIEWS", late)
    report = refused.load(max_errors=1)
    assert report.staged["staging_events"].rejected == 1
    assert report.rejected == ["staging_events: 1 row that the server does not show"]


def test_a_table_of_which_no_row_is_left_is_refused(sparkify: Sparkify) -> None:
    """Its files would be recorded as loaded."""
    sparkify.logs("a.json", an_event(itemInSession="six"))
    sparkify.songs("a.json", a_song())
    with pytest.raises(LoadError, match=r"COPY rejected every row of staging_events, .*a\.json line 1"):
        sparkify.load(max_errors=5)


def test_rows_skipped_earlier_in_the_session_are_not_counted_again(refused: Sparkify) -> None:
    """The first COPY, of plain files, skips one row; the second, of packed files, none."""
    (refused.directory / "log_data" / "b.json.gz").write_bytes(
        gzip.compress(json.dumps(an_event(itemInSession=7)).encode())
    )
    assert refused.load(max_errors=1).staged["staging_events"].rejected == 1


def test_a_denied_copy_names_the_files_and_the_manifest(connection: Connection) -> None:
    """Redshift does not say which of the two the role may not read."""
    url = "s3://mine/manifests/1-plain.manifest"
    command = CopyCommand(
        StagingSong.table(),
        url,
        columns=StagingSong.copied(),
        json="auto",
        role_arn="r",
        region=None,
        clauses=["MANIFEST"],
    )
    error = DBAPIError("COPY", None, Exception({"M": "S3ServiceException:Access Denied,Status 403,Error AccessDenied"}))
    failure = rejected_rows.CopyFailed(command, "s3://songs/", 1, error)
    assert str(rejected_rows.explain(connection, failure, [])) == (
        f"The copy of staging_songs failed, and nothing was loaded: r may not read s3://songs/ or the manifest {url}: "
        "grant it s3:GetObject and s3:ListBucket there, or set [IAM_ROLE] ARN to a role that may."
    )


def test_bytes_that_are_no_text_are_shown_as_bytes(sparkify: Sparkify) -> None:
    """Not as the surrogates that Python has for them."""
    (sparkify.directory / "log_data").mkdir(exist_ok=True)
    (sparkify.directory / "log_data" / "a.json").write_bytes(json.dumps(an_event()).encode() + b"\ncaf\xe9\n")
    sparkify.songs("a.json", a_song())
    with pytest.raises(CopyError) as raised:
        sparkify.load()
    assert "udce9" not in str(raised.value)
    assert r"\xe9" in str(raised.value)
