"""Clauses that PostgreSQL has got since 8.0, or always had, and no grammar in Redshift's guide has."""

from __future__ import annotations

from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.rules.refuse_names import NAMES_FOLLOW, syntax_error

EXPLAIN_OPTIONS = (
    "analyse", "analyze", "buffers", "costs", "format", "generic_plan", "memory", "serialize", "settings", "summary",
    "timing", "verbose", "wal",
)  # fmt: skip


def refuse_explain_options(tokens: StatementTokens) -> None:
    """EXPLAIN (ANALYZE ...), which would run the statement. Redshift guide, r_EXPLAIN"""
    if tokens.is_word(0, "explain") and tokens.is_symbol(1, "(") and tokens.is_word(2, *EXPLAIN_OPTIONS):
        raise syntax_error(tokens, 2)


def refuse_prepared_merge(tokens: StatementTokens) -> None:
    """Redshift guide, r_PREPARE, which has SELECT, INSERT, UPDATE and DELETE."""
    for place in tokens.words({"merge"}):
        if tokens.is_word(0, "prepare") and tokens.follows_word(place, "as"):
            raise syntax_error(tokens, place)


def refuse_row_constructors(tokens: StatementTokens) -> None:
    """Redshift guide, c_unsupported-postgresql-features"""
    for place in tokens.words({"row"}):
        if tokens.is_call(place) and not tokens.follows_word(place, *NAMES_FOLLOW):
            raise syntax_error(tokens, place + 1)


def refuse_newer_clauses(tokens: StatementTokens) -> None:
    """Clauses of PostgreSQL that no grammar in the guide has (r_FROM_clause30, r_INSERT_30, r_Window_function_synopsis)."""
    for place in tokens.words({"tablesample", "overriding", "exclude"}):
        sampled = tokens.is_word(place, "tablesample") and tokens.is_symbol(place + 2, "(")
        overriding = tokens.is_word(place, "overriding") and tokens.is_word(place + 2, "value")
        excluding = tokens.is_word(place, "exclude") and tokens.is_word(place + 1, "current", "group", "ties", "no")
        if sampled or overriding or excluding:
            raise syntax_error(tokens, place)


def refuse_with_data(tokens: StatementTokens) -> None:
    """CREATE TABLE .. AS .. WITH [NO] DATA. Redshift guide, r_CREATE_TABLE_AS, which has neither"""
    for place in tokens.words({"data"}):
        follows = tokens.follows_word(place, "with") or tokens.phrase_ends(place - 1, "with", "no")
        if follows and (tokens.kind(place + 1) is None or tokens.is_symbol(place + 1, ";")):
            raise syntax_error(tokens, place)
