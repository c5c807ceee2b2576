"""What a cluster says of its tables, in sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from alembic.operations.ops import AddColumnOp, CreateTableOp
from sqlalchemy import Column, Integer

from sparkify_dwh.physical.table_advice import TableFacts, difference, table_findings
from sparkify_dwh.redshift.autogenerate import AlterDistributionOp, AlterEncodingOp, AlterSortKeyOp
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.sparkify import SPARKIFY

PREPARER = SparkifyDialect().identifier_preparer

A_CLUSTERS_SONGPLAYS = TableFacts(
    "songplays", "KEY(start_time)", "KEY(start_time)", "start_time", rows=1_000_000, visible_rows=1_000_000,
    megabytes=900, skew=1.02, unsorted_percent=3.0, statistics_off_percent=1.0,
)  # fmt: skip


def sentences(**changes: Any) -> list[str]:
    return [finding.sentence for finding in table_findings(replace(A_CLUSTERS_SONGPLAYS, **changes), SPARKIFY)]


def test_a_table_in_order_needs_nothing() -> None:
    assert sentences() == []
    assert (
        list(table_findings(TableFacts("users", "ALL", "ALL", "user_id"), SPARKIFY)) == []
    )  # empty: nothing is told of it


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"unsorted_percent": 20.5}, "songplays is unsorted for 20.5 % of its rows. Run VACUUM SORT ONLY songplays."),
        ({"rows": 2_000_000}, "which were deleted, 50 % of all. Run VACUUM DELETE ONLY songplays."),
        ({"statistics_off_percent": 11.0}, "are 11 % off, and the planner goes by them. Run ANALYZE songplays."),
        ({"skew": 4.0}, "its fullest slice has 4 times the rows of its emptiest, by KEY(start_time)."),
    ],
)
def test_a_table_out_of_order_has_its_remedy(changes: dict[str, Any], remedy: str) -> None:
    (sentence,) = sentences(**changes)
    assert remedy.removeprefix("which") in sentence


def test_few_rows_are_not_called_skewed() -> None:
    assert sentences(skew=40.0, rows=900, visible_rows=900) == []


def test_staging_is_emptied_by_every_load_and_need_not_be_sorted_or_analyzed() -> None:
    assert sentences(name="staging_events", unsorted_percent=100.0, statistics_off_percent=100.0) == []


def test_a_table_that_outgrows_every_node_has_a_migration() -> None:
    users = {"name": "users", "found": "ALL", "visible_rows": None}
    assert sentences(**users, rows=10_000_000) == []
    (sentence,) = sentences(**users, rows=10_000_001)
    assert "op.alter_distribution('users', style='KEY', key='user_id', existing_style='ALL')" in sentence


def test_a_changed_key_is_a_difference_and_has_the_statement_that_changes_it_back() -> None:
    operation = AlterDistributionOp("time", before=(None, None), after=("KEY", "start_time"))
    finding = difference(operation, "AUTO(EVEN)", PREPARER)
    assert finding.differs
    assert finding.sentence.startswith(
        "time should be distributed KEY(start_time), and is AUTO(EVEN). Change it back: "
        "ALTER TABLE time ALTER DISTSTYLE KEY DISTKEY start_time; or"
    )
    sort_key = difference(AlterSortKeyOp("users", ("level", "ts"), ("user_id",)), None, PREPARER)
    assert "should be sorted by user_id, and is sorted by level, ts." in sort_key.sentence


def test_an_automatic_style_of_an_empty_table_is_called_auto() -> None:
    finding = difference(AlterDistributionOp("users", (None, None), ("ALL", None)), None, PREPARER)
    assert "users should be distributed ALL, and is AUTO." in finding.sentence


def test_an_encoding_is_advice() -> None:
    finding = difference(AlterEncodingOp("songs", ("title", "lzo"), ("title", "zstd")), None, PREPARER)
    assert (finding.differs, finding.sentence.split(". ")[0]) == (
        False, "songs.title should be encoded zstd, and is encoded lzo",
    )  # fmt: skip


def test_missing_tables_and_columns_are_differences() -> None:
    missing = difference(CreateTableOp("users", []), None, PREPARER)
    column = difference(AddColumnOp("users", Column("age", Integer)), None, PREPARER)
    assert (missing.differs, column.differs) == (True, True)
    assert "users is missing. Restore it from a snapshot" in missing.sentence
    assert "alembic check" in column.sentence
