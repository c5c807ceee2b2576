"""Why COPY refused a row: told from the system views that the user may read, and from what is left where there are none."""

from __future__ import annotations

import pytest
from fix_warehouse import Sparkify
from records import a_song, an_event
from sqlalchemy import literal_column, select, table

from sparkify_dwh import rejected
from sparkify_dwh.errors import CopyError

NAMES = rejected.STL_LOAD_ERRORS.selected_columns.keys()
UNREADABLE = select(*(literal_column(name).label(name) for name in NAMES)).select_from(table("no_such_view"))


@pytest.fixture
def refused(sparkify: Sparkify) -> Sparkify:
    """A load whose second line COPY refuses."""
    sparkify.logs("a.json", an_event(), an_event(itemInSession="six"))
    sparkify.songs("a.json", a_song())
    return sparkify


def test_the_value_is_told_where_the_server_keeps_it(refused: Sparkify) -> None:
    with pytest.raises(CopyError, match=r"a\.json line 2, column item_in_session: 'six': .* \(1207\)"):
        refused.load()


def test_without_stl_load_errors_the_value_is_left_out(refused: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Serverless (redshift guide, SYS_LOAD_ERROR_DETAIL)."""
    monkeypatch.setattr(rejected, "STL_LOAD_ERRORS", UNREADABLE)
    with pytest.raises(CopyError, match=r"a\.json line 2, column item_in_session: Invalid digit"):
        refused.load()


def test_without_sys_load_error_detail_stl_load_errors_tells(
    refused: Sparkify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be forbidden to a plain user."""
    monkeypatch.setattr(rejected, "SYS_LOAD_ERROR_DETAIL", UNREADABLE)
    with pytest.raises(CopyError, match=r"a\.json line 2, column item_in_session: 'six'"):
        refused.load()


def test_without_either_the_servers_own_words_are_told(refused: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected, "SYS_LOAD_ERROR_DETAIL", UNREADABLE)
    monkeypatch.setattr(rejected, "STL_LOAD_ERRORS", UNREADABLE)
    with pytest.raises(CopyError, match="Load into table 'staging_events' failed"):
        refused.load()


def test_a_long_value_is_shortened(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(song="x" * 600))
    sparkify.songs("a.json", a_song())
    with pytest.raises(CopyError, match=r"x{80}\.\.\.'"):
        sparkify.load()
