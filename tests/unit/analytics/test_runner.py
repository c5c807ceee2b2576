"""Questions asked from Python, and their answers as rows, frames, CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Date, Integer, cast, column, null, select, table
from support.listening import a_play, add_plays
from support.warehouse import Sparkify

from sparkify_dwh import analytics
from sparkify_dwh.analytics import output_formats
from sparkify_dwh.errors import SparkifyError, UsageError

QUESTION = analytics.song_history("Undo")
AWKWARD = [(date(2018, 11, 15), 1, None, 200, 0)]


@pytest.fixture
def played(sparkify: Sparkify) -> Sparkify:
    """A warehouse with one play, on 2018-11-15."""
    with sparkify.engine.begin() as connection:
        add_plays(connection, a_play())
    return sparkify


def test_rows_have_values_with_names(played: Sparkify) -> None:
    (row,) = analytics.run(analytics.plays_per_day(), played.settings)
    assert (row.day, row.plays) == (date(2018, 11, 15), 1)


def test_a_frame_has_the_columns_of_the_question(played: Sparkify) -> None:
    pytest.importorskip("pandas")
    frame = analytics.frame(analytics.top_songs(), played.settings)
    assert list(frame.columns) == ["song", "artist", "plays", "listeners", "listening_seconds", "matched_plays"]
    assert frame.plays.sum() == 1
    assert list(analytics.frame(analytics.top_songs("2019-01-01"), played.settings).columns) == list(frame.columns)


def test_days_in_a_frame_are_pandas_datetimes(played: Sparkify) -> None:
    days = analytics.frame(analytics.plays_per_day(), played.settings)
    assert days.day.dt.day_name().tolist() == [f"{days.day[0]:%A}"]
    nobody = analytics.frame(analytics.plays_per_day("2030-01-01"), played.settings)
    assert nobody.dtypes.day == days.dtypes.day == "datetime64[s]"


def test_a_frame_without_pandas_names_the_extra(played: Sparkify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"pip install .sparkify-dwh\[analysis\]"):
        analytics.frame(analytics.top_songs(), played.settings)


def test_an_error_of_the_warehouse_is_reported_in_its_words(played: Sparkify) -> None:
    with pytest.raises(SparkifyError, match=r'could not answer: .*relation "nowhere" does not exist'):
        analytics.run(select(column("day")).select_from(table("nowhere")), played.settings)


def test_csv_has_iso_times_and_empty_nulls() -> None:
    hours = [(datetime(2018, 11, 15, 12), 1, 1, 1, 200)]
    assert output_formats.as_csv(analytics.plays_per_hour(), hours) == (
        "hour,plays,listeners,sessions,listening_seconds\n2018-11-15T12:00:00,1,1,1,200\n"
    )
    assert output_formats.as_csv(QUESTION, AWKWARD).splitlines()[1] == "2018-11-15,1,,200,0"


def test_csv_holds_any_text() -> None:
    text = 'He said "no",\nÄlg; \\'
    rows = list(csv.reader(io.StringIO(output_formats.as_csv(analytics.top_songs(), [(text, None, 1, 1, 1, 0)]))))
    assert rows[1] == [text, "", "1", "1", "1", "0"]


def test_json_is_an_array_of_objects() -> None:
    assert json.loads(output_formats.as_json(QUESTION, AWKWARD)) == [
        {"day": "2018-11-15", "plays": 1, "listeners": None, "listening_seconds": 200, "matched_plays": 0}
    ]
    assert output_formats.as_json(QUESTION, []) == "[]\n"


def test_parquet_keeps_the_types() -> None:
    table = pq.read_table(io.BytesIO(output_formats.as_parquet(QUESTION, AWKWARD)))
    assert table.schema.types == [pa.date32(), *[pa.int64()] * 4]
    assert table.to_pylist() == [
        {"day": date(2018, 11, 15), "plays": 1, "listeners": None, "listening_seconds": 200, "matched_plays": 0}
    ]


@pytest.mark.parametrize("name", sorted(set(analytics.QUESTIONS) - {"song-history", "artist-history"}))
def test_an_answer_without_rows_has_a_parquet_schema(name: str) -> None:
    question = analytics.QUESTIONS[name]()
    table = pq.read_table(io.BytesIO(output_formats.as_parquet(question, [])))
    assert table.column_names == output_formats.columns(question)
    assert pa.null() not in table.schema.types


def test_parquet_without_pyarrow_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"Parquet needs pyarrow, .*pip install 'sparkify-dwh\[analysis\]'"):
        output_formats.as_parquet(QUESTION, [])


def test_a_null_day_is_null_everywhere() -> None:
    question, rows = select(cast(null(), Date).label("day"), cast(null(), Integer).label("plays")), [(None, None)]
    assert output_formats.as_csv(question, rows) == "day,plays\n,\n"
    assert pq.read_table(io.BytesIO(output_formats.as_parquet(question, rows))).to_pylist() == [
        {"day": None, "plays": None}
    ]
