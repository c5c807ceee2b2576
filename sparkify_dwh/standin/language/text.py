"""The text of SQL by its tokens: brackets, the statements of a script, and edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import Token, iter_tokens


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


def split_statements(sql: str) -> list[str]:
    """Return the statements in ``sql`` unchanged, without their semicolons and without empty statements.

    Semicolons in strings, quoted identifiers, comments and brackets do not end a statement. A script that cannot be read,
    because a closing quote is missing, is one statement, for which PostgreSQL has the error.
    """
    if ";" not in sql.rstrip("; \t\r\n"):
        return [sql]
    try:
        return _split(sql)
    except RedshiftError:
        return [sql]


def _split(sql: str) -> list[str]:
    parts: list[str] = []
    start = depth = 0
    is_empty = True
    for token in iter_tokens(sql):
        depth += token.nesting
        if not (token.is_symbol(";") and depth <= 0):
            is_empty = False
            continue
        if not is_empty:
            parts.append(sql[start : token.start])
        start, is_empty = token.end, True
    return parts if is_empty else [*parts, sql[start:]]


class Edit(NamedTuple):
    """``text`` replaces ``sql[start:end]``."""

    start: int
    end: int
    text: str


def apply_edits(sql: str, edits: list[Edit]) -> str:
    """Return ``sql`` with ``edits`` applied, without those inside of what an earlier one has replaced."""
    pieces, position = list[str](), 0
    for edit in sorted(edits):
        if edit.start < position:
            continue
        pieces += [sql[position : edit.start], edit.text]
        position = edit.end
    return "".join(pieces) + sql[position:]
