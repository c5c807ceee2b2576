"""Clauses of PostgreSQL, mostly newer than 8.0, that no grammar in Redshift's guide has."""

from __future__ import annotations

from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.rules.refuse_names import NAMES_FOLLOW, syntax_error

EXPLAIN_OPTIONS = (
    "analyse", "analyze", "buffers", "costs", "format", "generic_plan", "memory", "serialize", "settings", "summary",
    "timing", "verbose", "wal",
)  # fmt: skip


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
