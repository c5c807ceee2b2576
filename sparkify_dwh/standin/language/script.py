"""A string of several statements, cut at its semicolons."""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.tokens import iter_tokens


def statements(sql: str) -> list[str]:
    """The statements in ``sql``, as they are written, without their semicolons; what holds no token is left out.

    Semicolons in strings, identifiers in quotes, comments and brackets end nothing. A string that cannot be read, for
    want of a closing quote, is one statement, for PostgreSQL to complain of; so is one without any semicolon.
    """
    if ";" not in sql.rstrip("; \t\r\n"):
        return [sql]
    try:
        return _cut(sql)
    except RedshiftError:
        return [sql]


def _cut(sql: str) -> list[str]:
    found: list[str] = []
    start = depth = 0
    is_empty = True
    for token in iter_tokens(sql):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not (token.is_symbol(";") and depth <= 0):
            is_empty = False
            continue
        if not is_empty:
            found.append(sql[start : token.start])
        start, is_empty = token.end, True
    return found if is_empty else [*found, sql[start:]]
