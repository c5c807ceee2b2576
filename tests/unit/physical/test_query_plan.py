"""A cluster's EXPLAIN, read."""

from __future__ import annotations

import pytest
from support.plans import CARTESIAN, OF_THE_STANDIN, PLAYS_WITH_USERS, WINDOW, a_join, lines

from sparkify_dwh.physical.query_plan import read_plan


def test_joins_have_their_movement_and_their_sides() -> None:
    outermost, innermost = read_plan(lines(PLAYS_WITH_USERS)).joins()
    assert (outermost.method, outermost.movement, outermost.columns) == (
        "Hash Left Join", "DS_BCAST_INNER", (("user_id", "user_id"),),
    )  # fmt: skip
    assert outermost.outer.tables() == ["songplays", "time"]
    assert outermost.inner.tables() == ["users"]
    assert (innermost.method, innermost.movement) == ("Merge Join", "DS_DIST_NONE")
    assert innermost.columns == (("start_time", "start_time"),)


def test_what_is_moved_is_counted_by_rows_and_width() -> None:
    outermost, innermost = read_plan(lines(PLAYS_WITH_USERS)).joins()
    assert [(step.rows, step.bytes) for step in outermost.moved] == [(49_990, 49_990 * 14)]
    assert innermost.moved == []


@pytest.mark.parametrize(
    ("movement", "moved"),
    [
        ("DS_DIST_ALL_NONE", []),
        ("DS_DIST_INNER", ["users"]),
        ("DS_DIST_ALL_INNER", ["users"]),
        ("DS_DIST_OUTER", ["songplays"]),
        ("DS_DIST_BOTH", ["songplays", "users"]),
        ("DS_SOMETHING_NEW", ["songplays", "users"]),
    ],
)
def test_every_movement_names_the_sides_that_move(movement: str, moved: list[str]) -> None:
    (join,) = read_plan(lines(a_join(movement))).joins()
    assert [table for step in join.moved for table in step.tables()] == moved


def test_tables_without_statistics_are_named() -> None:
    assert read_plan(lines(PLAYS_WITH_USERS)).missing_statistics == ("staging_events", "users")


def test_rows_sent_to_the_leader_are_the_result_and_not_redistributed() -> None:
    assert read_plan(lines(PLAYS_WITH_USERS)).redistributed() == []
    (step,) = read_plan(lines(WINDOW)).redistributed()
    assert (step.tables(), step.rows, step.details) == (["songplays"], 2_000_000, ["Distribute"])


def test_a_nested_loop_is_a_join_without_condition() -> None:
    (join,) = read_plan(lines(CARTESIAN)).joins()
    assert (join.is_nested_loop, join.columns, join.pairs) == (True, (), 9_000_000)


def test_only_columns_that_are_compared_as_they_are_count_as_joined() -> None:
    """A dist key does not help a join by an expression of it; casts of VARCHARs to text are no expression."""
    plan = a_join("DS_DIST_BOTH", on="title").replace(
        '("outer".title)::text', "rtrim((\"outer\".title)::text, ' '::text)"
    )
    (join,) = read_plan(lines(plan)).joins()
    assert join.columns == ()
    both = '  Hash Cond: ((("outer".name)::text = ("inner".title)::text) AND ("outer".ts = "inner".start_time))'
    plan = a_join("DS_DIST_NONE").replace('  Hash Cond: (("outer".user_id)::text = ("inner".user_id)::text)', both)
    assert read_plan(lines(plan)).joins()[0].columns == (("name", "title"), ("ts", "start_time"))


def test_a_query_in_several_plans_has_the_joins_of_all() -> None:
    plan = read_plan(lines(f"{a_join('DS_DIST_NONE')}\n{a_join('DS_BCAST_INNER')}"))
    assert [join.movement for join in plan.joins()] == ["DS_DIST_NONE", "DS_BCAST_INNER"]
    assert len(plan.roots) == 2


def test_schemas_quotes_and_aliases_are_no_part_of_a_tables_name() -> None:
    plan = a_join("DS_DIST_NONE", 'public."time" t', "dev.public.songplays").replace("Tables", "")
    (join,) = read_plan(lines(plan)).joins()
    assert (join.outer.tables(), join.inner.tables()) == (["time"], ["songplays"])


def test_a_plan_that_lost_its_indentation_is_read_as_far_as_it_goes() -> None:
    """The guide's own page shows such plans (r_EXPLAIN)."""
    flat = "\n".join(line.strip() for line in lines(a_join("DS_DIST_OUTER")))
    (join,) = read_plan(lines(flat)).joins()
    assert (join.movement, join.outer.tables()) == ("DS_DIST_OUTER", ["songplays"])


def test_a_plan_of_the_standin_is_not_that_of_a_cluster() -> None:
    assert read_plan(lines(PLAYS_WITH_USERS)).is_of_a_cluster
    assert not read_plan(lines(OF_THE_STANDIN)).is_of_a_cluster


@pytest.mark.parametrize("text", ["", "\n\n", "nonsense", "-----", "XN Hash Join DS_BCAST_INNER", "  ->  XN  (cost="])
def test_other_text_has_no_joins(text: str) -> None:
    plan = read_plan(lines(text))
    assert (plan.joins(), plan.redistributed(), plan.missing_statistics) == ([], [], ())
