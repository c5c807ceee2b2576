"""A trial judges values as COPY does, and lets pass what the guide leaves open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import JSON_PATHS, a_song, an_event
from support.validations import PATHS, tried
from support.warehouse import Sparkify

from sparkify_dwh.planning.columns import CopyRules, TriedColumn
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.standin.copy.load import TargetColumn, copy_rows
from sparkify_dwh.storage.store import ObjectStore


@pytest.mark.parametrize(
    "event",
    [
        an_event(userId="101"),
        an_event(userId=" "),
        an_event(status="200", ts="1542285000796"),
        an_event(status=200.0, sessionId=1e3),
        an_event(artist="é" * 256),
        an_event(artist="a" * 512 + "   "),
        an_event(artist=None, song="", length=None, location={"city": "Praha"}),
        an_event(method=True),
        an_event(sessionId=2**63 - 1, status=-32768),
        an_event(extra=[1, {"a": None}]),
    ],
)
def test_what_copy_takes_is_no_problem(sparkify: Sparkify, event: dict[str, Any]) -> None:
    path = sparkify.logs("a.json", event)
    sparkify.songs("a.json", a_song())
    assert tried(path).problems == []
    assert sparkify.load().staged["staging_events"].loaded == 1


SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**66), 2**66), st.integers(-40_000, 40_000), st.floats(),
    st.text(max_size=20), st.text(alphabet="0123456789+-. eE", max_size=8), st.integers(0, 300).map(lambda n: "é" * n),
    st.integers(-(10**16), 10**16), st.sampled_from(["", " ", "\0", "nan", "1e400", "\ud800", [], {}, [1], {"a": 1}]),
)  # fmt: skip


def refused_by_copy(path: Path) -> set[tuple[int, str]]:
    """Line and column of the records that the stand-in's COPY refuses."""
    compiler = SparkifyDialect().type_compiler_instance
    columns = []
    for name in StagingEvent.copied():
        column = StagingEvent.table().c[name]
        type_ = compiler.process(column.type)
        columns.append(TargetColumn(name, type_.lower().replace("varchar", "character varying"), not column.nullable))
    paths = path.with_name("paths.json")
    paths.write_bytes(PATHS)
    clauses = " ".join(StagingEvent.copy_clauses)
    sql = f"COPY t FROM '{path.as_uri()}' IAM_ROLE default JSON '{paths.as_uri()}' {clauses} MAXERROR 100000"
    result = copy_rows(parse_copy(sql), columns, ObjectStore(), lambda _: None, exact=True)
    return {(reject.line, reject.column) for reject in result.rejects}


@given(st.lists(st.dictionaries(st.sampled_from(JSON_PATHS), SCALARS, max_size=3), max_size=5))
def test_what_the_trial_refuses_copy_refuses(tmp_path_factory: pytest.TempPathFactory, changes: list[Any]) -> None:
    """Not the other way about: a trial is lenient where the guide leaves it open."""
    path = tmp_path_factory.mktemp("trial") / "a.json"
    path.write_text("\n".join(json.dumps(an_event(**change)) for change in changes))
    found = {(problem.line, problem.column) for problem in tried(path).problems}
    assert {line for line, _ in found} <= {line for line, _ in refused_by_copy(path)}


def judged(value: Any, *clauses: str, column: str = "artist") -> str | None:
    """Why a value is refused under these COPY options."""
    tried_column = TriedColumn(StagingEvent.table().c[column], ("key",), CopyRules.of(clauses))
    refusal = tried_column.refusal({"key": value}, ("file:///a.json", 1))
    return refusal and refusal[1]


MILLISECONDS = "TIMEFORMAT AS 'epochmillisecs'"


@pytest.mark.parametrize(
    ("column", "value", "options"),
    [
        ("artist", "a" * 513, [MILLISECONDS, "TRUNCATECOLUMNS"]),
        ("artist", "a\0", [MILLISECONDS, "ACCEPTINVCHARS"]),
        ("ts", "yesterday", ["TIMEFORMAT AS 'auto'"]),
        ("ts", "yesterday", [MILLISECONDS, "ACCEPTANYDATE"]),
    ],
)
def test_options_that_let_values_pass_are_known(column: str, value: str, options: list[str]) -> None:
    assert judged(value, MILLISECONDS, column=column) is not None
    assert judged(value, *options, column=column) is None


def test_an_empty_text_is_null_by_option_only() -> None:
    assert judged("", column="page") is None
    assert judged("", "EMPTYASNULL", column="page") == "Missing data for not-null field (1213)"


def test_an_epoch_may_be_in_seconds() -> None:
    assert judged(1542285000, "TIMEFORMAT AS 'epochsecs'", column="ts") is None
    assert "out of acceptable range" in str(judged(1542285000796, "TIMEFORMAT AS 'epochsecs'", column="ts"))
