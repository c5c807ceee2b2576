"""What Redshift refuses and PostgreSQL would take: refused, with Redshift's SQLSTATE, and its wording where it is known.

Statements are told by their first words, here; words inside a statement by its tokens, in ``refuse_words``.
"""

from __future__ import annotations

import re
from itertools import islice

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.script import statements
from sparkify_dwh.standin.language.tokens import Token, iter_tokens, tokenize
from sparkify_dwh.standin.outcomes import Plan
from sparkify_dwh.standin.rules.refuse_names import NOT_SUPPORTED, SYNTAX_ERROR
from sparkify_dwh.standin.rules.refuse_words import check_words

# First words, and what Redshift calls the command. Redshift guide, c_unsupported-postgresql-features
COMMANDS = {
    "ALTER DOMAIN": "ALTER DOMAIN",
    "ALTER INDEX": "ALTER INDEX",
    "ALTER SEQUENCE": "ALTER SEQUENCE",
    "ALTER TRIGGER": "ALTER TRIGGER",
    "ALTER TYPE": "ALTER TYPE",
    "CLUSTER": "CLUSTER",
    "CREATE CONSTRAINT TRIGGER": "CREATE TRIGGER",
    "CREATE DOMAIN": "CREATE DOMAIN",
    "CREATE OR REPLACE RULE": "CREATE RULE",
    "CREATE OR REPLACE TRIGGER": "CREATE TRIGGER",
    "CREATE RULE": "CREATE RULE",
    "CREATE SEQUENCE": "CREATE SEQUENCE",
    "CREATE TABLESPACE": "CREATE TABLESPACE",
    "CREATE TEMP SEQUENCE": "CREATE SEQUENCE",
    "CREATE TEMPORARY SEQUENCE": "CREATE SEQUENCE",
    "CREATE TRIGGER": "CREATE TRIGGER",
    "CREATE TYPE": "CREATE TYPE",
    "DROP DOMAIN": "DROP DOMAIN",
    "DROP INDEX": "DROP INDEX",
    "DROP RULE": "DROP RULE",
    "DROP SEQUENCE": "DROP SEQUENCE",
    "DROP TABLESPACE": "DROP TABLESPACE",
    "DROP TRIGGER": "DROP TRIGGER",
    "DROP TYPE": "DROP TYPE",
    "REINDEX": "REINDEX",
    "RELEASE": "RELEASE",
    "ROLLBACK TO": "ROLLBACK TO SAVEPOINT",
    "ROLLBACK TRANSACTION TO": "ROLLBACK TO SAVEPOINT",
    "ROLLBACK WORK TO": "ROLLBACK TO SAVEPOINT",
    "SAVEPOINT": "SAVEPOINT",
}
INDEXES = {"CREATE INDEX": "CREATE INDEX", "CREATE UNIQUE INDEX": "CREATE UNIQUE INDEX"}

# First words of what Redshift has and the stand-in does not carry out.
NOT_HERE = ("ALTER SYSTEM",)
# First words whose last is not in Redshift's grammar, or not there.
UNKNOWN = ("COMMIT PREPARED", "PREPARE TRANSACTION", "ROLLBACK PREPARED")

# Redshift's commands. Any other first word is a syntax error. Redshift guide, c_SQL_commands
KNOWN = frozenset({
    "ABORT", "ALTER", "ANALYSE", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CANCEL", "CLOSE", "COMMENT", "COMMIT", "COPY",
    "CREATE", "DEALLOCATE", "DECLARE", "DELETE", "DESC", "DETACH", "DROP", "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT",
    "INSERT", "LOCK", "MERGE", "PREPARE", "REFRESH", "RESET", "REVOKE", "ROLLBACK", "SELECT", "SET", "SHOW", "START",
    "TRUNCATE", "UNLOAD", "UPDATE", "USE", "VACUUM", "WITH",
})  # fmt: skip
_OBJECTS = frozenset({
    "DATABASE", "DATASHARE", "EXTERNAL", "FUNCTION", "GROUP", "IDENTITY", "MASKING", "MATERIALIZED", "PROCEDURE", "RLS",
    "ROLE", "SCHEMA", "TABLE", "USER",
})  # fmt: skip
# What may follow a command, behind OR REPLACE and VERBOSE. Redshift guide, c_SQL_commands and r_EXPLAIN
FOLLOWERS = {
    "ALTER": _OBJECTS | {"DEFAULT"},
    "CREATE": _OBJECTS | {"LIBRARY", "LOCAL", "MODEL", "TEMP", "TEMPORARY", "VIEW"},
    "DROP": _OBJECTS | {"LIBRARY", "MODEL", "VIEW"},
    "EXPLAIN": frozenset({"CREATE", "DELETE", "INSERT", "SELECT", "UPDATE", "WITH"}),
}
_BETWEEN = (["OR", "REPLACE"], ["VERBOSE"])

REFUSALS = (
    {words: (NOT_SUPPORTED, f'SQL command "{name}" not supported.') for words, name in COMMANDS.items()}
    | {words: (NOT_SUPPORTED, f'SQL command "{name}" not supported on Redshift tables.') for words, name in INDEXES.items()}
    | {words: (NOT_SUPPORTED, f"the stand-in does not carry out {words}") for words in NOT_HERE}
    | {words: (SYNTAX_ERROR, f'syntax error at or near "{words.split()[-1]}"') for words in UNKNOWN}
)  # fmt: skip
_LONGEST = max(len(words.split()) for words in REFUSALS)

# Statements that take bind parameters; the others do not. https://github.com/aws/amazon-redshift-python-driver/issues/194
TAKE_BINDS = frozenset(
    {"CALL", "DECLARE", "DELETE", "EXPLAIN", "INSERT", "MERGE", "PREPARE", "SELECT", "UPDATE", "WITH"}
)
MOST_BINDS = 32_767

_ANY_BIND = re.compile(r"\$[0-9]")
_HIGH_BIND = re.compile(r"\$(?:3276[89]|327[7-9][0-9]|32[89][0-9]{2}|3[3-9][0-9]{3}|[4-9][0-9]{4}|[0-9]{6})")  # > 32767


def refused(sql: str, words: list[str]) -> Plan | None:
    """The rule that refuses; None for everything else."""
    for count in range(1, _LONGEST + 1):
        found = REFUSALS.get(" ".join(words[:count]))
        if found is not None:
            raise RedshiftError(*found)
    _check_command(sql, words)
    if len(statements(sql)) > 1:  # those of a simple query come one by one
        raise RedshiftError(SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement")
    _check_binds(sql, words)
    if words[:1] not in (["COPY"], ["UNLOAD"]):  # they have grammars of their own, and queries as strings
        check_words(sql)
    return None


def _check_command(sql: str, words: list[str]) -> None:
    """Raise at the word by which a statement is none of Redshift's."""
    if not words:
        return
    if words[0] not in KNOWN:
        raise _syntax_error(sql, 0)
    followers = FOLLOWERS.get(words[0])
    if followers is not None:
        place = 1 + next((len(between) for between in _BETWEEN if words[1 : 1 + len(between)] == between), 0)
        if words[place : place + 1] and words[place] not in followers:
            raise _syntax_error(sql, place)


def _syntax_error(sql: str, place: int) -> RedshiftError:
    token = next(islice(iter_tokens(sql), place, None))
    return RedshiftError(SYNTAX_ERROR, f'syntax error at or near "{token.text}"')


def _check_binds(sql: str, words: list[str]) -> None:
    """Redshift binds to queries and DML only, and counts binds in two bytes.

    https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/240, https://github.com/aws/amazon-redshift-python-driver/issues/165
    """
    if words[:1] and words[0] not in TAKE_BINDS and _ANY_BIND.search(sql):
        for token in _binds(sql):
            raise RedshiftError(SYNTAX_ERROR, f'syntax error at or near "{token.text}"')
    if _HIGH_BIND.search(sql):
        for token in _binds(sql):
            number = int(token.text[1:])
            if number > MOST_BINDS:
                raise RedshiftError("42P02", f"there is no parameter ${(number + 2**15) % 2**16 - 2**15}")


def _binds(sql: str) -> list[Token]:
    return [token for token in tokenize(sql) if token.kind == "parameter"]
