"""What a join has to move. Redshift guide, c_data_redistribution"""

from __future__ import annotations

import pytest

from sparkify_dwh.physical.distribution import Distribution, movements
from sparkify_dwh.staging import StagingEvent
from sparkify_dwh.star import Songplay, Time, User

ALL, EVEN, KEY = Distribution("ALL"), Distribution("EVEN"), Distribution("KEY", "user_id")
BY_USER = {("user_id", "user_id")}


def test_the_models_distributions_are_worded_as_redshift_words_them() -> None:
    models = (Songplay, Time, User, StagingEvent)
    assert [str(Distribution.of(model.table())) for model in models] == [
        "KEY(start_time)", "KEY(start_time)", "ALL", "KEY(ts)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        (EVEN, ALL, "DS_DIST_ALL_NONE"),
        (ALL, ALL, "DS_DIST_ALL_NONE"),
        (ALL, KEY, "DS_DIST_ALL_INNER"),
        (KEY, KEY, "DS_DIST_NONE"),
        (KEY, EVEN, "DS_DIST_INNER"),
        (EVEN, KEY, "DS_DIST_OUTER"),
        (EVEN, EVEN, "DS_DIST_BOTH"),
    ],
)
def test_a_join_moves_what_does_not_lie_by_the_joined_column(
    outer: Distribution, inner: Distribution, expected: str
) -> None:
    assert movements(outer, inner, BY_USER)[0] == expected


def test_a_join_of_unlike_columns_is_not_collocated() -> None:
    assert "DS_DIST_NONE" not in movements(KEY, Distribution("KEY", "id"), BY_USER)


def test_a_join_by_an_expression_has_no_columns_and_moves_both_sides() -> None:
    assert movements(KEY, KEY, ()) == ("DS_DIST_BOTH", "DS_BCAST_INNER")
