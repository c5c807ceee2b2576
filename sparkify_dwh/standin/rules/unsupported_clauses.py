"""Clauses of PostgreSQL that Redshift does not have: a function for each, which raises for it.

The message is Redshift's where a source is cited, and otherwise a syntax error at the word that its grammar does not have.

Limit: a set-returning function is recognised after FROM and JOIN, but not after a comma.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.rules.unsupported_functions import (
    LEADER_NODE_ONLY,
    NAMES_FOLLOW,
    NOT_SUPPORTED,
    syntax_error,
)

# Window functions that need a frame when they have an order. Redshift guide, r_WF_MAX and the pages of the others
FRAMED_FUNCTIONS = frozenset({
    "avg", "count", "first_value", "last_value", "max", "min", "nth_value", "stddev", "stddev_pop", "stddev_samp",
    "sum", "var_pop", "var_samp", "variance",
})  # fmt: skip

_ROW_LOCKS = (("for", "update"), ("for", "share"), ("for", "no", "key"), ("for", "key", "share"))
WORDS_BEFORE_QUERIES = ("as", "for", "union", "all", "except", "intersect")
_CALLS_WITH_FROM = frozenset({"extract", "overlay", "position", "substring", "trim"})  # EXTRACT(year FROM x)
EXPLAIN_OPTIONS = (
    "analyse", "analyze", "buffers", "costs", "format", "generic_plan", "memory", "serialize", "settings", "summary",
    "timing", "verbose", "wal",
)  # fmt: skip


def refuse_returning(tokens: StatementTokens) -> None:
    """Raise for RETURNING. https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/330"""
    for index in tokens.words({"returning"}):
        if not tokens.follows_word(index, "as"):
            raise syntax_error(tokens, index)


def refuse_on_conflict(tokens: StatementTokens) -> None:
    """Raise for INSERT ... ON CONFLICT."""
    for index in tokens.words({"conflict"}):
        has_action = tokens.is_word(index + 1, "do", "on") or tokens.symbol(index + 1) == "("
        if tokens.is_word(0, "insert") and tokens.follows_word(index, "on") and has_action:
            raise syntax_error(tokens, index)


def refuse_distinct_from(tokens: StatementTokens) -> None:
    """Raise for IS [NOT] DISTINCT FROM. Redshift guide, c_unsupported-postgresql-functions"""
    for index in tokens.words({"from"}):
        if tokens.phrase_ends(index, "is", "distinct", "from") or tokens.phrase_ends(
            index, "is", "not", "distinct", "from"
        ):
            raise syntax_error(tokens, index)


def refuse_distinct_on(tokens: StatementTokens) -> None:
    """Raise for SELECT DISTINCT ON."""
    for index in tokens.words({"on"}):
        if tokens.phrase_ends(index, "select", "distinct", "on"):
            # https://github.com/jakob/Postico/issues/420
            raise RedshiftError(NOT_SUPPORTED, "SELECT DISTINCT ON is not supported")


def refuse_row_locks(tokens: StatementTokens) -> None:
    """Raise for row locks such as FOR UPDATE. Redshift guide, r_SELECT_synopsis; the message is the stand-in's"""
    for index in tokens.words({"for"}):
        if any(tokens.phrase_begins(index, *lock) for lock in _ROW_LOCKS):
            raise RedshiftError(NOT_SUPPORTED, "SELECT FOR UPDATE is not supported")


def refuse_filter(tokens: StatementTokens) -> None:
    """Raise for FILTER (WHERE ...) after an aggregate. https://github.com/jazzband/django-redshift-backend/pull/74"""
    for index in tokens.words({"filter"}):
        if tokens.symbol(index - 1) == ")" and tokens.symbol(index + 1) == "(" and tokens.is_word(index + 2, "where"):
            raise syntax_error(tokens, index + 1)


def refuse_lateral(tokens: StatementTokens) -> None:
    """Raise for LATERAL."""
    for index in tokens.words({"lateral"}):
        if tokens.follows_word(index, "join", "from") or tokens.symbol(index + 1) == "(":
            raise syntax_error(tokens, index)


def refuse_values_as_table(tokens: StatementTokens) -> None:
    """Raise for VALUES outside of INSERT and MERGE. Redshift guide, c_unsupported-postgresql-features"""
    for index in tokens.words({"values"}):
        is_query = tokens.symbol(index - 1) == "(" or tokens.follows_word(index, *WORDS_BEFORE_QUERIES)
        if is_query and tokens.symbol(index + 1) == "(":
            raise syntax_error(tokens, index)


def refuse_subqueries_in_rows(tokens: StatementTokens) -> None:
    """Raise for subqueries in an INSERT of several rows. Redshift guide, r_INSERT_30; the message is the stand-in's"""
    if not tokens.is_word(0, "insert"):
        return
    for index in tokens.words({"values"}):
        several_rows = tokens.symbol(tokens.closing(index + 1) + 1) == ","
        if several_rows and any(tokens.symbol(query - 1) == "(" for query in tokens.words({"select"}) if query > index):
            raise RedshiftError(NOT_SUPPORTED, "subqueries are not supported in a multi-row INSERT ... VALUES")


def refuse_functions_as_tables(tokens: StatementTokens) -> None:
    """Raise for set-returning functions in FROM. Redshift guide, c_unsupported-postgresql-features"""
    for index in tokens.words({"from", "join"}):
        name = index + 3 if tokens.symbol(index + 2) == "." else index + 1
        if tokens.opener(index) in _CALLS_WITH_FROM or not tokens.is_call(name):
            continue
        if not (tokens.is_word(0, "delete") or tokens[name].value.startswith("pg_")):  # these run on the leader node
            raise RedshiftError(NOT_SUPPORTED, LEADER_NODE_ONLY, f'Function "{tokens[name].value}" not supported.')


def refuse_windows(tokens: StatementTokens) -> None:
    """Raise for aggregates with an order and no frame, frames other than ROWS, and named windows."""
    for index in tokens.words({"over"}):
        function = tokens.called_before(index)
        if function is None:
            continue
        if tokens.symbol(index + 1) != "(":
            raise syntax_error(tokens, index + 1)  # the guide's grammar has no WINDOW clause
        frame = tokens.frame(index + 1)
        if frame in ("range", "groups"):
            # https://github.com/OHDSI/Achilles/issues/232, for this and the next
            raise RedshiftError(NOT_SUPPORTED, "RANGE clause of window functions not yet implemented")
        if function in FRAMED_FUNCTIONS and not frame and tokens.has_order(index + 1):
            raise RedshiftError(
                NOT_SUPPORTED, "Aggregate window functions with an ORDER BY clause require a frame clause"
            )


def refuse_writes_in_with(tokens: StatementTokens) -> None:
    """Raise for WITH before INSERT and MERGE, and for writes inside WITH. Redshift guide, r_MERGE, and

    https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/154, https://github.com/embulk/embulk-output-jdbc/issues/72
    """
    for index in tokens.words({"insert", "update", "delete", "merge"}):
        inside = tokens.symbol(index - 1) == "(" and tokens.follows_word(index - 1, "as", "materialized")
        after = tokens.is_word(index, "insert", "merge") and tokens.symbol(index - 1) == ")"
        if inside or (after and tokens.is_word(index + 1, "into")):
            raise syntax_error(tokens, index)


def refuse_explain_options(tokens: StatementTokens) -> None:
    """Raise for EXPLAIN (ANALYZE ...), which would run the statement. Redshift guide, r_EXPLAIN"""
    if tokens.is_word(0, "explain") and tokens.symbol(1) == "(" and tokens.is_word(2, *EXPLAIN_OPTIONS):
        raise syntax_error(tokens, 2)


def refuse_prepared_merge(tokens: StatementTokens) -> None:
    """Raise for PREPARE of a MERGE. Redshift guide, r_PREPARE, which has SELECT, INSERT, UPDATE and DELETE"""
    for index in tokens.words({"merge"}):
        if tokens.is_word(0, "prepare") and tokens.follows_word(index, "as"):
            raise syntax_error(tokens, index)


def refuse_row_constructors(tokens: StatementTokens) -> None:
    """Raise for ROW(...). Redshift guide, c_unsupported-postgresql-features"""
    for index in tokens.words({"row"}):
        if tokens.is_call(index) and not tokens.follows_word(index, *NAMES_FOLLOW):
            raise syntax_error(tokens, index + 1)


def refuse_newer_clauses(tokens: StatementTokens) -> None:
    """Raise for TABLESAMPLE, OVERRIDING and EXCLUDE. Guide, r_FROM_clause30, r_INSERT_30, r_Window_function_synopsis"""
    for index in tokens.words({"tablesample", "overriding", "exclude"}):
        sampled = tokens.is_word(index, "tablesample") and tokens.symbol(index + 2) == "("
        overriding = tokens.is_word(index, "overriding") and tokens.is_word(index + 2, "value")
        excluding = tokens.is_word(index, "exclude") and tokens.is_word(index + 1, "current", "group", "ties", "no")
        if sampled or overriding or excluding:
            raise syntax_error(tokens, index)


def refuse_with_data(tokens: StatementTokens) -> None:
    """Raise for CREATE TABLE .. AS .. WITH [NO] DATA. Redshift guide, r_CREATE_TABLE_AS, which has neither"""
    for index in tokens.words({"data"}):
        follows = tokens.follows_word(index, "with") or tokens.phrase_ends(index - 1, "with", "no")
        if follows and (tokens.kind(index + 1) is None or tokens.symbol(index + 1) == ";"):
            raise syntax_error(tokens, index)
