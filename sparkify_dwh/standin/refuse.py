"""What Redshift refuses and PostgreSQL would take: refused, with Redshift's SQLSTATE, and its wording where it is known.

Statements are told by their first words; words inside a statement by their tokens, so that strings and identifiers in
quotes may hold anything.
"""

from __future__ import annotations

import re

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.statements import Plan

SYNTAX_ERROR = "42601"
NOT_SUPPORTED = "0A000"

# Redshift guide, c_unsupported-postgresql-features
STATEMENTS = {
    ("CREATE", "INDEX"): (NOT_SUPPORTED, 'SQL command "CREATE INDEX" not supported on Redshift tables.'),
    ("CREATE", "UNIQUE", "INDEX"): (
        NOT_SUPPORTED,
        'SQL command "CREATE UNIQUE INDEX" not supported on Redshift tables.',
    ),
    ("CREATE", "SEQUENCE"): (NOT_SUPPORTED, 'SQL command "CREATE SEQUENCE" not supported.'),
    ("CREATE", "TRIGGER"): (NOT_SUPPORTED, 'SQL command "CREATE TRIGGER" not supported.'),
    ("CREATE", "TYPE"): (NOT_SUPPORTED, 'SQL command "CREATE TYPE" not supported.'),
    ("CREATE", "DOMAIN"): (NOT_SUPPORTED, 'SQL command "CREATE DOMAIN" not supported.'),
    ("CREATE", "EXTENSION"): (SYNTAX_ERROR, 'syntax error at or near "EXTENSION"'),
    ("SAVEPOINT",): (NOT_SUPPORTED, 'SQL command "SAVEPOINT" not supported.'),
    ("RELEASE",): (NOT_SUPPORTED, 'SQL command "RELEASE" not supported.'),
    ("UNLOAD",): (NOT_SUPPORTED, "the stand-in does not carry out UNLOAD"),
    ("MERGE",): (NOT_SUPPORTED, "the stand-in does not carry out MERGE"),
    ("TRUNCATE",): (NOT_SUPPORTED, "the stand-in does not carry out TRUNCATE; use DELETE, which does not commit"),
}
_LONGEST = max(len(words) for words in STATEMENTS)

# Phrases of INSERT, UPDATE, DELETE and SELECT that Redshift's grammar does not have, by the statements they stand in.
_PHRASES = re.compile(r"\b(returning|on\s+conflict|is\s+(?:not\s+)?distinct\s+from)\b", re.IGNORECASE)
_NOT_WORDS = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def refused(sql: str, words: list[str]) -> Plan | None:
    """The rule that refuses; None for everything else."""
    for count in range(1, _LONGEST + 1):
        found = STATEMENTS.get(tuple(words[:count]))
        if found is not None:
            raise RedshiftError(*found)
    if words[:1] and words[0] in {"INSERT", "UPDATE", "DELETE", "SELECT", "WITH"} and _PHRASES.search(sql):
        _refuse_phrases(sql)
    return None


def _refuse_phrases(sql: str) -> None:
    phrase = _PHRASES.search(_NOT_WORDS.sub(" ", sql))
    if phrase is not None:
        raise RedshiftError(SYNTAX_ERROR, f'syntax error at or near "{phrase[1].split()[-1]}"')
