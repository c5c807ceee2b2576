"""What the product relies on, by subject, in the order in which it is tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from sparkify_dwh.errors import UsageError
from sparkify_dwh.verification.fact import Fact
from sparkify_dwh.verification.facts import (
    copying,
    lifecycle,
    questions,
    rejected_rows,
    row_counts,
    server,
    tables,
    texts_and_numbers,
    transactions,
    unloading,
)

FACTS: tuple[Fact, ...] = tuple(
    fact
    for subject in (
        server,
        texts_and_numbers,
        row_counts,
        tables,
        transactions,
        copying,
        rejected_rows,
        unloading,
        lifecycle,
        questions,
    )
    for fact in subject.FACTS
)
"""All facts. Those of ``lifecycle`` go through the life of a warehouse, one after the other."""


def chosen(names: Iterable[str], facts: Sequence[Fact] = FACTS) -> tuple[Fact, ...]:
    """Return the named facts and those that they need, in their order. Raises :class:`UsageError` for unknown names."""
    by_name = {fact.name: fact for fact in facts}
    wanted: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in by_name:
            similar = get_close_matches(name, by_name, n=3)
            hint = (
                f"Did you mean {' or '.join(similar)}?" if similar else "The report of a verification lists all facts."
            )
            raise UsageError(f"There is no fact {name!r}", hint)
        if name not in wanted:
            wanted.add(name)
            open_names += by_name[name].needs
    return tuple(fact for fact in facts if fact.name in wanted)
