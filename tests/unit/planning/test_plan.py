"""A plan describes a load and writes nothing."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event
from support.inputs import with_inputs
from support.records import a_song, an_event
from support.warehouse import Sparkify, a_standin

from sparkify_dwh.cli.context import Invocation
from sparkify_dwh.cli.plan import plan as plan_command
from sparkify_dwh.errors import CheckError, ConfigurationError, CopyError, NotMigratedError, SourceError, UsageError
from sparkify_dwh.planning.plan import Plan, make_plan
from sparkify_dwh.sparkify import SPARKIFY


@pytest.fixture
def waiting(loaded: Sparkify) -> Sparkify:
    """A warehouse that has loaded one event and one song, and has one more event and a hidden file waiting."""
    loaded.logs("2018/11/b.json", an_event(itemInSession=6))
    loaded.logs("2018/.b.json.swp", "")
    return loaded


def planned(sparkify: Sparkify, **options: Any) -> Plan:
    return make_plan(sparkify.settings, **options)


def numbers(plan: Plan, table: str = "staging_events") -> dict[str, Any]:
    """The number of files of each kind."""
    found = plan.to_dict()["inputs"][table]
    return {name: found[name] for name in ("count", "new", "changed", "again", "known", "hidden")}


def everything(sparkify: Sparkify) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, and all files."""
    files = sorted((str(path), path.stat().st_mtime_ns) for path in sparkify.directory.rglob("*"))
    tables = {
        table.name: sorted(sparkify.rows(f"SELECT * FROM {table.name}"), key=repr)
        for table in SPARKIFY.all_tables.values()
    }
    return {**tables, "files": files}


def test_a_plan_writes_nothing(waiting: Sparkify) -> None:
    assert waiting.settings.standin_directory is not None
    before = everything(waiting)
    planned(waiting, force=True)
    assert everything(waiting) == before
    assert before["load_files"]
    assert list((waiting.settings.standin_directory / "manifests").iterdir()) == []


def test_files_are_those_that_a_load_takes_in(waiting: Sparkify) -> None:
    plan = planned(waiting)
    assert numbers(plan) == {"count": 1, "new": 1, "changed": 0, "again": 0, "known": 1, "hidden": 1}
    (file,) = plan.to_dict()["inputs"]["staging_events"]["files"]
    assert file["bytes"] == len(json.dumps(an_event(itemInSession=6)))
    assert file["url"] == waiting.load().files["staging_events"].files[0].url


def test_changed_files_are_distinguished_from_new_ones(waiting: Sparkify) -> None:
    waiting.logs("2018/11/a.json", an_event(location="Praha"))
    assert numbers(planned(waiting)) == {"count": 2, "new": 1, "changed": 1, "again": 0, "known": 0, "hidden": 1}
    assert "2 files" in str(planned(waiting))


def test_files_can_be_chosen_as_for_a_load(waiting: Sparkify) -> None:
    assert numbers(planned(waiting, force=True))["again"] == 1
    waiting.logs("2018/11/2018-11-30-c.json", an_event(itemInSession=7))
    assert numbers(planned(waiting))["count"] == 2
    assert numbers(planned(waiting, since=date(2018, 12, 1)))["count"] == 1
    assert numbers(planned(waiting, files=("b.json",)))["count"] == 1


def test_real_files_have_no_warnings(sparkify: Sparkify, real_data: Path) -> None:
    data = real_data.as_uri()
    logs, songs, paths = f"{data}/log_data/", f"{data}/song_data/", f"{data}/log_json_path.json"
    plan = make_plan(with_inputs(sparkify.settings, LOG_DATA=logs, SONG_DATA=songs, LOG_JSONPATH=paths))
    assert (plan.rejected, plan.error) == (0, None)
    assert [(len(inputs.input.files), inputs.warnings) for inputs in plan.inputs] == [(30, []), (71, [])]
    assert "8,056 records in 30 files: every record would load" in str(plan)


def test_a_rejected_record_is_named_with_its_remedy(waiting: Sparkify) -> None:
    path = waiting.logs("c.json", an_event(userId="nobody"), "no json", an_event(itemInSession=7))
    plan = planned(waiting)
    assert (
        f"{path.as_uri()} line 1, column user_id: 'nobody': Invalid digit, Value 'n', Pos 0, Type: Integer (1207)"
        in str(plan)
    )
    assert plan.error is not None
    assert str(plan.error).endswith("or leave out as many rows of a table: sparkify-dwh load --max-errors 2.")
    waiting.load(max_errors=2)


def test_a_file_that_would_be_lost_as_a_whole_cannot_be_skipped(waiting: Sparkify) -> None:
    """Its rows would be left out, and it would be recorded as loaded."""
    waiting.logs("c.json", an_event(userId="nobody"), "no json")
    assert str(planned(waiting).error).endswith("move them away: with --max-errors, nothing would be left of 1 file.")


def test_values_that_the_checks_refuse_are_not_called_all_well(waiting: Sparkify) -> None:
    waiting.logs("c.json", an_event(level="premium", itemInSession=7))
    plan = planned(waiting)
    assert plan.error is None
    assert "COPY would accept every record, but the checks may refuse 1 value" in str(plan)
    assert "level: 1 value is not free or paid" in str(plan)
    with pytest.raises(CheckError):
        waiting.load()


def test_an_empty_file_is_a_warning_of_plan_and_load(waiting: Sparkify) -> None:
    path = waiting.logs("c.json", "")
    path.write_bytes(b"")
    warning = f"1 empty file, the first {path.as_uri()}: recorded as loaded, with no record in it"
    assert f"warning: {warning}" in str(planned(waiting))
    assert waiting.load().warnings == [warning]


def test_texts_that_are_too_long_may_need_a_wider_column(waiting: Sparkify) -> None:
    waiting.logs("c.json", an_event(artist="a" * 513))
    assert "widen the columns that are too short with a migration" in str(planned(waiting).error)


def test_a_broken_file_cannot_be_skipped(waiting: Sparkify) -> None:
    waiting.logs("c.json.gz", "no gzip")
    assert str(planned(waiting).error).endswith("Correct the files that are named above, or move them away.")
    with pytest.raises(CopyError):
        waiting.load(max_errors=100)


def test_a_sample_reads_some_of_the_files(waiting: Sparkify) -> None:
    for number in range(8):
        waiting.logs(f"c{number}.json", an_event(itemInSession=number + 10))
    plan = planned(waiting, sample=3)
    assert "validation: 3 records in 3 files of 9, spread evenly: every record would load" in str(plan)


def test_the_validation_can_be_skipped(waiting: Sparkify) -> None:
    waiting.logs("c.json", "no json")
    plan = planned(waiting, validate=False)
    assert [inputs.validation for inputs in plan.inputs] == [None, None]
    assert plan.rejected == 0


def test_without_manifests_the_whole_prefix_is_planned(waiting: Sparkify) -> None:
    """Hidden files too: COPY of a prefix reads them."""
    waiting.settings = replace(waiting.settings, manifests=None)
    plan = planned(waiting, since=date(2018, 12, 1))
    assert numbers(plan) == {"count": 3, "new": 2, "changed": 0, "again": 1, "known": 0, "hidden": 0}
    assert "a load copies the whole prefix" in str(plan)
    assert f"FROM '{waiting.settings.inputs['LOG_DATA']}'" in plan.sql
    assert waiting.load().staged["staging_events"].loaded == 2


def test_a_prefix_that_matches_neighbours_is_a_warning(waiting: Sparkify) -> None:
    waiting.logs("../log_data2/c.json", an_event())
    waiting.settings = with_inputs(waiting.settings, LOG_DATA=waiting.settings.inputs["LOG_DATA"].rstrip("/"))
    assert "also matches its neighbours: log_data2/ (1)" in str(planned(waiting))


@contextmanager
def statements_sent() -> Iterator[list[str]]:
    """The statements that any engine sends."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def shape(statement: str) -> str:
    """A statement without blanks and without values, which only a load knows."""
    without_values = re.sub(r"(?<!:):\w+|'[^']*'|\b\d+(?:\.\d+)?\b", "?", statement)
    return "".join(without_values.split())


def test_the_statements_equal_those_of_a_load_in_order(waiting: Sparkify) -> None:
    again = an_event(itemInSession=7)
    waiting.logs("2018/11/c.json", again, again, an_event(itemInSession=7, location="Praha"))
    plan = planned(waiting)
    with statements_sent() as sent:
        waiting.load()
    expected = [shape(statement.sql) for statement in plan.statements]
    found = iter(map(shape, sent))
    assert [statement for statement in expected if statement not in found] == []
    steps = {statement.step for statement in plan.statements}
    assert {"lock", "copy staging_songs", "fill songplays"} <= steps
    assert not {"fill songs", "fill artists"} & steps  # without songs, nothing about songs and artists


def test_only_files_that_are_new_are_copied(waiting: Sparkify) -> None:
    """One COPY per compression, because a COPY has one for all its files."""
    waiting.logs("c.json.gz", "")
    sql = planned(waiting, validate=False).sql
    assert re.findall(r"FROM '.*/(LOAD_ID.*)'", sql) == [
        "LOAD_ID-1-staging_events-plain.manifest",
        "LOAD_ID-1-staging_events-gzip.manifest",
    ]
    assert sql.count("MANIFEST\nGZIP;") == 1
    assert "COPY staging_songs" not in sql


def test_a_prefix_of_several_compressions_without_manifests_is_a_warning(waiting: Sparkify) -> None:
    waiting.logs("c.json.gz", "")
    waiting.settings = replace(waiting.settings, manifests=None)
    plan = planned(waiting, validate=False)
    assert "the files have 2 kinds of compression, but COPY of a whole prefix takes one" in str(plan)
    assert "COPY staging_events" not in plan.sql


@pytest.mark.parametrize("has_manifests", [True, False])
def test_the_copies_equal_those_of_a_load(sparkify: Sparkify, has_manifests: bool) -> None:
    """Exactly, except for the id of the load."""
    logs = sparkify.directory / "log_data"
    logs.mkdir(exist_ok=True)
    (logs / "a.json.gz").write_bytes(gzip.compress(json.dumps(an_event()).encode()))
    sparkify.songs("a.json", a_song())
    if not has_manifests:
        sparkify.settings = replace(sparkify.settings, manifests=None)
    sql = planned(sparkify, validate=False).sql
    with statements_sent() as sent:
        report = sparkify.load()
    copies = [statement for statement in sent if statement.startswith("COPY")]
    assert len(copies) == 2
    assert all(f"{copy.replace(report.load_id, 'LOAD_ID')};" in sql for copy in copies)
    assert "\nGZIP" in copies[0]


def test_the_bounds_of_the_batch_are_placeholders(waiting: Sparkify) -> None:
    statements = {statement.step: statement.sql for statement in planned(waiting).statements}
    assert statements["read batch"].startswith("SELECT min(staging_events.ts)")
    assert "time.start_time BETWEEN :first AND :last" in statements["fill time"]


def test_a_plan_fails_like_a_load(sparkify: Sparkify) -> None:
    with pytest.raises(SourceError, match="log_data/ matches no file"):
        planned(sparkify)
    with pytest.raises(ConfigurationError, match="SONG_DATA"):
        make_plan(with_inputs(sparkify.settings, SONG_DATA=None))
    with a_standin() as empty, pytest.raises(NotMigratedError):
        make_plan(replace(empty, inputs=sparkify.settings.inputs))


def command(sparkify: Sparkify, *arguments: str) -> Result:
    """Run ``sparkify-dwh plan``."""
    settings, path = sparkify.settings, sparkify.directory / "dwh.cfg"
    path.write_text(
        f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR={settings.standin_directory}\n[S3]\nLOG_DATA={settings.inputs['LOG_DATA']}\n"
        f"LOG_JSONPATH={settings.inputs['LOG_JSONPATH']}\nSONG_DATA={settings.inputs['SONG_DATA']}\n"
    )
    return CliRunner().invoke(plan_command, arguments, obj=Invocation(path, debug=False))


def test_the_command_prints_files_and_no_sql(waiting: Sparkify) -> None:
    result = command(waiting)
    assert result.exit_code == 0
    assert "staging_events: 1 file (" in result.stdout
    assert "LOCK TABLE" not in result.stdout
    assert "validate staging_events\n" in result.stderr


def test_the_command_prints_sql_when_asked(waiting: Sparkify) -> None:
    assert "-- lock\nLOCK TABLE load_lock;\n" in command(waiting, "--sql", "--no-trial").stdout


def test_a_sample_of_files_that_are_not_read_is_refused(waiting: Sparkify) -> None:
    error = command(waiting, "--no-trial", "--sample", "3").exception
    assert isinstance(error, UsageError)
    assert str(error).endswith("leave out one of the two.")


def test_the_command_as_json_prints_nothing_else(waiting: Sparkify) -> None:
    result = command(waiting, "--json", "--sample", "1")
    assert json.loads(result.stdout)["inputs"]["staging_events"]["trial"]["records"] == 1
    assert result.stderr == ""


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_plan_with_rejected_records_exits_with_7(waiting: Sparkify, options: tuple[str, ...]) -> None:
    waiting.logs("c.json", "no json")
    result = command(waiting, *options)
    assert isinstance(result.exception, CopyError)
    assert result.exception.exit_code == 7
    assert "c.json" in result.stdout


def test_a_sample_of_no_files_is_refused(waiting: Sparkify) -> None:
    assert command(waiting, "--sample", "0").exit_code == 2


def test_the_command_has_help_with_an_example() -> None:
    assert "Example:  sparkify-dwh plan" in (plan_command.help or "")
