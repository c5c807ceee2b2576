"""Brackets among the tokens of a statement: what they close, and what is outside of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkify_dwh.redshift.parsing.tokens import Token


def closing_bracket(tokens: Sequence[Token], opening: int) -> int | None:
    """Return the index of the bracket that closes the one at ``opening``; None when there is none."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return None


def is_bracketed(tokens: Sequence[Token]) -> bool:
    """Return whether one pair of brackets encloses all tokens."""
    return bool(tokens) and tokens[0].is_symbol("(") and closing_bracket(tokens, 0) == len(tokens) - 1


def top_level(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Yield the tokens outside of brackets, and closing brackets, each with its index."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield index, token


def arguments(sql: str, tokens: Sequence[Token], opening: int, closing: int) -> list[str]:
    """Return the texts between the outer commas of a call with brackets at ``opening`` and ``closing``."""
    commas = [token for _, token in top_level(tokens[opening + 1 : closing]) if token.is_symbol(",")]
    starts = [tokens[opening].end, *(comma.end for comma in commas)]
    ends = [*(comma.start for comma in commas), tokens[closing].start]
    return [sql[start:end].strip() for start, end in zip(starts, ends, strict=True)]
