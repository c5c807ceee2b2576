"""What plans say against the design, in sentences."""

from __future__ import annotations

import pytest
from support.plans import CARTESIAN, PLAYS_WITH_USERS, WINDOW, a_join, lines

from sparkify_dwh.physical.plan_advice import plan_findings
from sparkify_dwh.physical.query_plan import QueryPlan, read_plan
from sparkify_dwh.sparkify import SPARKIFY


def plans(*texts: str) -> dict[str, QueryPlan]:
    return {f"question {place}": read_plan(lines(text)) for place, text in enumerate(texts, 1)}


def sentences(*texts: str) -> list[str]:
    return [finding.sentence for finding in plan_findings(plans(*texts), SPARKIFY)]


def test_a_plan_as_designed_says_nothing() -> None:
    assert sentences(a_join("DS_DIST_ALL_NONE"), a_join("DS_DIST_NONE", "songplays", "time", on="start_time")) == []


def test_a_join_that_should_move_nothing_is_reported_however_small() -> None:
    (sentence,) = sentences(a_join("DS_BCAST_INNER", inner_rows=10))
    assert sentence == (
        "In question 1, the plan sends all of users to every node (about 10 rows, 0.0 MB), to join songplays and users on "
        "user_id (DS_BCAST_INNER). By the models nothing has to move (DS_DIST_ALL_NONE): compare their keys above, run "
        "ANALYZE on them, and look again."
    )


def test_movements_by_design_are_reported_from_a_million_rows() -> None:
    few, many = (
        a_join("DS_DIST_INNER", "songplays", "staging_songs", inner_rows=rows) for rows in (999_999, 1_000_000)
    )
    assert sentences(few) == []
    (sentence,) = sentences(many)
    assert "sends the rows of staging_songs to other nodes (about 1,000,000 rows, 10.0 MB)" in sentence
    assert "benchmarks/REDSHIFT.md" in sentence


@pytest.mark.parametrize(
    ("plan", "words", "migration"),
    [
        (a_join("DS_DIST_BOTH", "time", "time", on="year"), "sends the rows of both time and time", "style='ALL'"),
        (
            a_join("DS_DIST_OUTER", "time", "songplays", on="hour"),
            "sends the rows of time",
            "compare the dist keys in benchmarks/REDSHIFT.md",
        ),
        (
            a_join("DS_DIST_ALL_INNER", "songs", "staging_songs", on="song_id"),
            "sends staging_songs to one slice, which alone joins it with songs",
            "op.alter_distribution('songs', style='KEY', key='song_id')",
        ),
        (a_join("DS_BRAND_NEW", "time", "time", on="year"), "moves rows of time and time", ""),
    ],
)
def test_every_movement_has_its_words_and_its_migration(plan: str, words: str, migration: str) -> None:
    (sentence,) = sentences(plan)
    assert words in sentence
    assert migration in sentence


def test_a_large_table_is_not_to_be_copied_to_every_node() -> None:
    (sentence,) = sentences(a_join("DS_BCAST_INNER", "time", "songplays", on="hour", inner_rows=20_000_000))
    assert "style='ALL'" not in sentence


def test_plays_are_never_to_be_placed_by_a_song_that_most_do_not_have() -> None:
    """song_id is NULL for nearly all real plays: as a dist key it would put them on one slice."""
    (sentence,) = sentences(a_join("DS_DIST_OUTER", "songplays", "staging_songs", on="song_id"))
    assert "op.alter_distribution" not in sentence


def test_a_finding_of_several_statements_is_reported_once() -> None:
    (sentence,) = sentences(*[a_join("DS_BCAST_INNER")] * 5)
    assert sentence.startswith("In question 1, question 2, question 3 and 2 more, the plan")


def test_a_side_that_was_aggregated_is_not_held_against_the_design() -> None:
    plan = a_join("DS_DIST_INNER", "songplays", "time", on="start_time", inner_rows=10)
    assert len(sentences(plan)) == 1
    aggregated = plan.replace("XN Hash  (cost", "XN HashAggregate  (cost")
    assert sentences(aggregated) == []


def test_a_nested_loop_over_many_pairs_is_reported() -> None:
    (sentence,) = (sentence for sentence in sentences(CARTESIAN) if "Nested Loop" in sentence)
    assert "about 9,000,000 pairs" in sentence
    assert not any("Nested Loop" in sentence for sentence in sentences(CARTESIAN.replace("rows=3000", "rows=1")))


def test_rows_that_a_window_redistributes_are_reported() -> None:
    (sentence,) = sentences(WINDOW)
    assert "sends about 2,000,000 rows of songplays (80.0 MB) over the network" in sentence
    assert sentences(WINDOW.replace("rows=2000000", "rows=2000")) == []


def test_tables_without_statistics_are_to_be_analyzed_and_staging_has_none_on_purpose() -> None:
    *_, tables, staging = sentences(PLAYS_WITH_USERS)
    assert tables == "The planner has no statistics of users. Run ANALYZE on them."
    assert staging.startswith(
        "The planner has no statistics of staging_events, as COPY leaves them out (STATUPDATE OFF)"
    )
