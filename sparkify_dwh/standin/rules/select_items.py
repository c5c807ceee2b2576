"""The items of a SELECT's list, as tokens: which of them have no name."""

from __future__ import annotations

from collections.abc import Sequence

from sparkify_dwh.standin.language.tokens import Token

# What an item begins behind and ends before, and the words that begin a clause.
BEFORE = frozenset({",", "select", "distinct", "all"})
AFTER = frozenset({
    ",", ")", ";", "from", "into", "where", "group", "having", "order", "limit", "offset", "union", "except",
    "intersect",
})  # fmt: skip
CLAUSES = frozenset({"select", "from", "on", "where", "by", "having", "limit", "offset", "values", "set"})


def is_unnamed_item(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether the tokens from ``first`` to ``last`` are a whole item, with neither AS nor a name behind them."""
    if first == 0 or tokens[first - 1].value not in BEFORE:
        return False
    if last + 1 < len(tokens) and tokens[last + 1].value not in AFTER:
        return False
    return _clause(tokens[:first]) == "select"


def _clause(before: Sequence[Token]) -> str:
    """The word that began the clause in which ``before`` ends; '' in the brackets of something else."""
    depth = 0
    for token in reversed(before):
        depth += {")": 1, "(": -1}.get(token.text, 0)
        if depth < 0:
            break
        if depth == 0 and token.is_word(*CLAUSES):
            return token.value
    return ""
