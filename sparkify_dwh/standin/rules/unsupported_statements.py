"""Statements that PostgreSQL accepts and Redshift refuses, with Redshift's SQLSTATE and, where known, its message.

This module decides by a statement's first words and its bind parameters. ``unsupported_syntax`` looks at the words inside,
and chooses from the checks of ``unsupported_clauses`` and ``unsupported_functions``.
"""

from __future__ import annotations

import re
from itertools import islice

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import Token, iter_tokens, tokenize
from sparkify_dwh.standin.language.text import split_statements
from sparkify_dwh.standin.outcomes import Plan
from sparkify_dwh.standin.rules.unsupported_functions import NOT_SUPPORTED, SYNTAX_ERROR
from sparkify_dwh.standin.rules.unsupported_syntax import check_words

# Redshift's message names the command by these first words, or by those of OTHER_FORMS.
# Redshift guide, c_unsupported-postgresql-features
COMMANDS = (
    "ALTER DOMAIN", "ALTER INDEX", "ALTER SEQUENCE", "ALTER TRIGGER", "ALTER TYPE", "CLUSTER", "CREATE DOMAIN",
    "CREATE RULE", "CREATE SEQUENCE", "CREATE TABLESPACE", "CREATE TRIGGER", "CREATE TYPE", "DROP DOMAIN", "DROP INDEX",
    "DROP RULE", "DROP SEQUENCE", "DROP TABLESPACE", "DROP TRIGGER", "DROP TYPE", "REINDEX", "RELEASE", "SAVEPOINT",
)  # fmt: skip
OTHER_FORMS = {
    "CREATE CONSTRAINT TRIGGER": "CREATE TRIGGER",
    "CREATE OR REPLACE RULE": "CREATE RULE",
    "CREATE OR REPLACE TRIGGER": "CREATE TRIGGER",
    "CREATE TEMP SEQUENCE": "CREATE SEQUENCE",
    "CREATE TEMPORARY SEQUENCE": "CREATE SEQUENCE",
    "ROLLBACK TO": "ROLLBACK TO SAVEPOINT",
    "ROLLBACK TRANSACTION TO": "ROLLBACK TO SAVEPOINT",
    "ROLLBACK WORK TO": "ROLLBACK TO SAVEPOINT",
}
INDEXES = ("CREATE INDEX", "CREATE UNIQUE INDEX")

# First words of statements that Redshift has and the stand-in does not implement.
NOT_IMPLEMENTED = ("ALTER SYSTEM",)
# First words whose last one is a syntax error in Redshift.
SYNTAX_ERRORS = ("COMMIT PREPARED", "PREPARE TRANSACTION", "ROLLBACK PREPARED")

# Redshift's commands; another first word is a syntax error. Redshift guide, c_SQL_commands
FIRST_WORDS = frozenset({
    "ABORT", "ALTER", "ANALYSE", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CANCEL", "CLOSE", "COMMENT", "COMMIT", "COPY",
    "CREATE", "DEALLOCATE", "DECLARE", "DELETE", "DESC", "DETACH", "DROP", "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT",
    "INSERT", "LOCK", "MERGE", "PREPARE", "REFRESH", "RESET", "REVOKE", "ROLLBACK", "SELECT", "SET", "SHOW", "START",
    "TRUNCATE", "UNLOAD", "UPDATE", "USE", "VACUUM", "WITH",
})  # fmt: skip
_OBJECTS = frozenset({
    "DATABASE", "DATASHARE", "EXTERNAL", "FUNCTION", "GROUP", "IDENTITY", "MASKING", "MATERIALIZED", "PROCEDURE", "RLS",
    "ROLE", "SCHEMA", "TABLE", "USER",
})  # fmt: skip
# The words that may follow a command, after OR REPLACE or VERBOSE. Redshift guide, c_SQL_commands and r_EXPLAIN
FOLLOWERS = {
    "ALTER": _OBJECTS | {"DEFAULT"},
    "CREATE": _OBJECTS | {"LIBRARY", "LOCAL", "MODEL", "TEMP", "TEMPORARY", "VIEW"},
    "DROP": _OBJECTS | {"LIBRARY", "MODEL", "VIEW"},
    "EXPLAIN": frozenset({"CREATE", "DELETE", "INSERT", "SELECT", "UPDATE", "WITH"}),
}
_SKIPPED = (["OR", "REPLACE"], ["VERBOSE"])

REFUSALS = (
    {words: (NOT_SUPPORTED, f'SQL command "{OTHER_FORMS.get(words, words)}" not supported.')
     for words in (*COMMANDS, *OTHER_FORMS)}
    | {words: (NOT_SUPPORTED, f'SQL command "{words}" not supported on Redshift tables.') for words in INDEXES}
    | {words: (NOT_SUPPORTED, f"the stand-in does not carry out {words}") for words in NOT_IMPLEMENTED}
    | {words: (SYNTAX_ERROR, f'syntax error at or near "{words.split()[-1]}"') for words in SYNTAX_ERRORS}
)  # fmt: skip
_MAX_WORDS = max(len(words.split()) for words in REFUSALS)

# The statements that may have bind parameters. https://github.com/aws/amazon-redshift-python-driver/issues/194
STATEMENTS_WITH_BINDS = frozenset(
    {"CALL", "DECLARE", "DELETE", "EXPLAIN", "INSERT", "MERGE", "PREPARE", "SELECT", "UPDATE", "WITH"}
)
MAX_BINDS = 32_767

_ANY_BIND = re.compile(r"\$[0-9]")
_BIND_ABOVE_MAX = re.compile(
    r"\$(?:3276[89]|327[7-9][0-9]|32[89][0-9]{2}|3[3-9][0-9]{3}|[4-9][0-9]{4}|[0-9]{6})"
)  # > 32767


def refused(sql: str, words: list[str]) -> Plan | None:
    """Raise RedshiftError for a statement that Redshift refuses; return None for any other."""
    for count in range(1, _MAX_WORDS + 1):
        refusal = REFUSALS.get(" ".join(words[:count]))
        if refusal is not None:
            raise RedshiftError(*refusal)
    _check_command(sql, words)
    if len(split_statements(sql)) > 1:  # a simple query is split before
        raise RedshiftError(SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement")
    _check_binds(sql, words)
    if words[:1] not in (["COPY"], ["UNLOAD"]):  # they have their own grammars, with queries in strings
        check_words(sql)
    return None


def _check_command(sql: str, words: list[str]) -> None:
    """Raise a syntax error at the first word that Redshift's commands do not have."""
    if not words:
        return
    if words[0] not in FIRST_WORDS:
        raise _syntax_error(sql, 0)
    followers = FOLLOWERS.get(words[0])
    if followers is not None:
        index = 1 + next((len(skipped) for skipped in _SKIPPED if words[1 : 1 + len(skipped)] == skipped), 0)
        if words[index : index + 1] and words[index] not in followers:
            raise _syntax_error(sql, index)


def _syntax_error(sql: str, index: int) -> RedshiftError:
    token = next(islice(iter_tokens(sql), index, None))
    return RedshiftError(SYNTAX_ERROR, f'syntax error at or near "{token.text}"')


def _check_binds(sql: str, words: list[str]) -> None:
    """Raise for binds outside of queries and DML, and for a bind's number that does not fit in 16 bits, as in Redshift.

    https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/240, https://github.com/aws/amazon-redshift-python-driver/issues/165
    """
    if words[:1] and words[0] not in STATEMENTS_WITH_BINDS and _ANY_BIND.search(sql):
        for token in _binds(sql):
            raise RedshiftError(SYNTAX_ERROR, f'syntax error at or near "{token.text}"')
    if _BIND_ABOVE_MAX.search(sql):
        for token in _binds(sql):
            number = int(token.text[1:])
            if number > MAX_BINDS:
                raise RedshiftError("42P02", f"there is no parameter ${(number + 2**15) % 2**16 - 2**15}")


def _binds(sql: str) -> list[Token]:
    return [token for token in tokenize(sql) if token.kind == "parameter"]
