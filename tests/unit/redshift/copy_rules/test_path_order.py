"""Paths in another order than the columns are found by their names."""

from __future__ import annotations

import json

import pytest

from sparkify_dwh.redshift.copy_rules.json_paths import JsonPath, parse_jsonpaths
from sparkify_dwh.redshift.copy_rules.path_order import incomparable_paths, misplaced_paths, right_order

COLUMNS = ["artist", "first_name", "song", "ts", "user_id"]


def paths(*expressions: str) -> list[JsonPath]:
    parsed = parse_jsonpaths(json.dumps({"jsonpaths": expressions}).encode(), "s3://b/paths.json")
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    "expressions",
    [
        ("$.artist", "$.firstName", "$.song", "$.ts", "$.userId"),
        ("$['ARTIST']", "$['first_name']", "$['Song']", "$['ts']", "$['USER_ID']"),
        ("$.play.artist", "$.who.firstName", "$.song", "$.ts", "$.user.id"),
        ("$[0]", "$[1]", "$[2]", "$[3]", "$[4]"),
        ("$.performer", "$.given", "$.title", "$.time", "$.account"),
        ("$.artist", "$.given", "$.song", "$.time[0]", "$.userId"),
    ],
)
def test_paths_that_name_their_columns_or_none_are_in_order(expressions: tuple[str, ...]) -> None:
    """Whatever the case and the underscores; an index names nothing."""
    assert misplaced_paths(paths(*expressions), COLUMNS) == []


def test_exchanged_paths_are_named_with_their_places() -> None:
    found = paths("$.song", "$.firstName", "$.artist", "$.ts", "$.userId")
    assert list(map(str, misplaced_paths(found, COLUMNS))) == [
        "path 1 is $.song, but column 1 is artist",
        "path 3 is $.artist, but column 3 is song",
    ]
    assert right_order(found, COLUMNS) == ["$.artist", "$.firstName", "$.song", "$.ts", "$.userId"]


def test_a_path_that_cannot_be_compared_keeps_its_place() -> None:
    found = paths("$[0]", "$.song", "$.given", "$.ts", "$.ts")
    assert [path.place for path in misplaced_paths(found, COLUMNS)] == [2, 5]
    assert incomparable_paths(found, COLUMNS) == ["$[0]", "$.given"]
    assert right_order(found, COLUMNS) == [
        "$[0]", "(the path of first_name)", "$.song", "$.ts", "(the path of user_id)",
    ]  # fmt: skip


def test_a_key_that_names_two_columns_is_in_order_at_both() -> None:
    assert misplaced_paths(paths("$.user.id", "$.id"), ["user_id", "id"]) == []
    assert [path.place for path in misplaced_paths(paths("$.id", "$.user.id"), ["user_id", "id"])] == [1]
