"""Scripts of several statements, split at semicolons."""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import iter_tokens


def statements(sql: str) -> list[str]:
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
