"""The physical design against a warehouse: what is compared, and that a look at it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.analytics import QUESTIONS
from sparkify_dwh.checks.run import all_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.cli.physical import example_questions
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.physical.check import NO_CLUSTER, PhysicalReport, check_physical, table_info
from sparkify_dwh.sparkify import SPARKIFY

# What somebody does to the tables by hand, and what takes it back.
CHANGES = {
    "ALTER TABLE users ALTER DISTSTYLE EVEN": "ALTER TABLE users ALTER DISTSTYLE ALL",
    "ALTER TABLE time ALTER DISTSTYLE AUTO": "ALTER TABLE time ALTER DISTSTYLE KEY DISTKEY start_time",
    "ALTER TABLE songplays ALTER DISTKEY user_id": "ALTER TABLE songplays ALTER DISTSTYLE KEY DISTKEY start_time",
    "ALTER TABLE songs ALTER SORTKEY NONE": "ALTER TABLE songs ALTER SORTKEY (song_id)",
    "ALTER TABLE artists ALTER COLUMN name ENCODE lzo": "ALTER TABLE artists ALTER COLUMN name ENCODE zstd",
}


@pytest.fixture(scope="module")
def report(engine: Engine) -> PhysicalReport:
    """A look at a warehouse that the migrations made, and that is empty."""
    with engine.connect() as connection:
        return check_physical(connection, SPARKIFY, example_questions())


def test_a_warehouse_made_by_the_migrations_agrees_with_the_design(report: PhysicalReport) -> None:
    assert [facts.name for facts in report.tables] == list(SPARKIFY.all_tables)
    assert [facts.name for facts in report.tables if facts.found != facts.designed] == []
    assert report.findings == []


def test_plans_of_the_standin_say_nothing_of_distribution(report: PhysicalReport) -> None:
    assert report.notes == [NO_CLUSTER]


def test_every_statement_that_is_shipped_has_a_plan(report: PhysicalReport) -> None:
    assert {f"{name} (query)" for name in QUESTIONS} <= set(report.plans)
    assert {f"{check.name} (check)" for check in all_checks(SPARKIFY.star, SPARKIFY.checks, Scope())} <= set(
        report.plans
    )
    assert {"update songplays by staging_songs (load)", "insert into time (load)"} <= set(report.plans)
    assert {"delete duplicates of staging_events (load)"} <= set(report.plans)


def test_a_loaded_warehouse_tells_its_sizes_and_stays_as_it_is(sparkify: Sparkify) -> None:
    """The statements of a load are explained, and not run, with the bounds of the batch that is staged."""
    sparkify.logs("a.json", an_event(), an_event(itemInSession=6, ts=1542285100796))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    star = sparkify.star()
    with sparkify.engine.connect() as connection:
        connection.execute(LoadLock.table().delete())
        report = check_physical(connection, SPARKIFY, example_questions())
        connection.commit()
    facts = {each.name: each for each in report.tables}
    assert (facts["songplays"].rows, facts["songplays"].visible_rows, facts["songplays"].skew) == (2, 2, 1.0)
    assert (facts["users"].rows, facts["users"].found, facts["users"].skew) == (1, "ALL", None)
    assert (facts["load_lock"].rows, facts["load_lock"].megabytes) == (None, None)
    assert any("2018-11-15 12:30:00.796" in line for line in report.plans["insert into time (load)"].lines)
    assert sparkify.star() == star


@pytest.fixture
def changed(engine: Engine) -> Iterator[Engine]:
    """The warehouse after somebody changed its tables by hand; as it was, in the end."""
    for statements in (CHANGES, CHANGES.values()):
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        if statements is CHANGES:
            yield engine


def test_what_somebody_changed_is_found_with_the_statement_that_changes_it_back(changed: Engine) -> None:
    with changed.connect() as connection:
        report = check_physical(connection, SPARKIFY, example_questions())
    assert {finding.about for finding in report.differing} == {"users", "time", "songplays", "songs"}
    assert [finding.about for finding in report.findings if not finding.differs] == ["artists"]  # an encoding
    for back in CHANGES.values():
        assert any(f"Change it back: {back};" in finding.sentence for finding in report.findings), back
    found = {facts.name: facts.found for facts in report.tables}
    assert (found["users"], found["time"], found["songplays"]) == ("EVEN", "AUTO", "KEY(user_id)")


def test_a_missing_table_is_reported_once_with_the_statements_that_need_it(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE staging_events RENAME TO events"))
        connection.commit()
        try:
            report = check_physical(connection, SPARKIFY, example_questions())
        finally:
            connection.execute(text("ALTER TABLE events RENAME TO staging_events"))
            connection.commit()
    (finding,) = report.differing
    assert finding.sentence.startswith("staging_events is missing. Restore it from a snapshot")
    assert {facts.name: facts.found for facts in report.tables}["staging_events"] == "missing"
    (unexplained, _no_cluster) = report.notes
    assert unexplained.startswith(
        "There is no plan of find repeated keys of staging_events (load), delete duplicates of staging_events (load), "
    )
    assert unexplained.endswith('relation "staging_events" does not exist.')


def test_a_user_who_may_not_read_the_view_learns_who_can_grant_it(engine: Engine) -> None:
    """Redshift shows svv_table_info to superusers only, until it is granted. Redshift guide, r_SVV_TABLE_INFO"""
    with engine.connect() as connection:
        for statement in ("CREATE USER analyst PASSWORD 'Sparkify1'", "SET SESSION AUTHORIZATION analyst"):
            connection.execute(text(statement))
            connection.commit()
        try:
            tables, notes = table_info(connection)
        finally:
            for statement in ("RESET SESSION AUTHORIZATION", "DROP USER analyst"):
                connection.execute(text(statement))
                connection.commit()
    assert tables == {}
    assert "superuser can GRANT SELECT ON svv_table_info" in notes[0]
