"""The order of tests: the longest first, so that no process ends long after the others."""

from __future__ import annotations

import pytest

# Those with tests of more than about two seconds; xdist gives the first half of all tests to one process of two.
LONGEST_OF_FIRST_HALF = ("test_examples", "test_loader", "test_readme", "test_benchmarks")
LONGEST_OF_SECOND_HALF = (
    "test_concurrent_loads",
    "test_statements_sent",
    "test_verify",
    "test_migrations",
    "test_packaging",
    "test_browser",
    "test_restore",
    "test_extras",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules stay together, for the sake of their fixtures."""
    first, second = (
        [item for item in items if item.path.stem in names] for names in (LONGEST_OF_FIRST_HALF, LONGEST_OF_SECOND_HALF)
    )
    chosen = {*first, *second}
    others = [item for item in items if item not in chosen]
    middle = max(0, len(items) // 2 - len(first))
    items[:] = [*first, *others[:middle], *second, *others[middle:]]
