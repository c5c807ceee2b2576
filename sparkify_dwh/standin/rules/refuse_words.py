"""Phrases that PostgreSQL's grammar has and Redshift's has not, judged by a statement's tokens; names: ``refuse_names``.

Strings, identifiers in quotes and comments may hold anything, and a column may be named like a function: only what is
called or stands where the phrase stands is refused. A statement is cut into tokens only when one of the words in
question is in its text. Statements that read the catalogue (``pg_class``, ``information_schema`` ...) are left alone:
on Redshift they run on the leader node, which knows arrays and set-returning functions. Writes are refused there too.

The wording is Redshift's where a source is named; elsewhere it is the syntax error at the word its grammar stops at.

Limits: a set-returning function is seen behind FROM and JOIN, not behind a comma; ``pg_sleep`` passes, as on the leader
node; a function that ``refuse_names`` does not name is left to PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.language.tokens import words_in
from sparkify_dwh.standin.rules.refuse_names import (
    LEADER_FUNCTIONS,
    LEADER_NODE_ONLY,
    MISSING_FUNCTIONS,
    MISSING_TYPES,
    NOT_SUPPORTED,
    refuse_arrays,
    refuse_missing_functions,
    refuse_missing_types,
    syntax_error,
)
from sparkify_dwh.standin.rules.refuse_newer import (
    EXPLAIN_OPTIONS,
    refuse_explain_options,
    refuse_newer_clauses,
    refuse_prepared_merge,
    refuse_row_constructors,
    refuse_with_data,
)

# Redshift guide, r_WF_MAX and its sisters: these take a frame, and need one as soon as they have an order.
FRAMED_FUNCTIONS = frozenset({
    "avg", "count", "first_value", "last_value", "max", "min", "nth_value", "stddev", "stddev_pop", "stddev_samp",
    "sum", "var_pop", "var_samp", "variance",
})  # fmt: skip

_ROW_LOCKS = (("for", "update"), ("for", "share"), ("for", "no", "key"), ("for", "key", "share"))
_BEFORE_QUERIES = ("as", "for", "union", "all", "except", "intersect")
_READS_BY_FROM = frozenset({"extract", "overlay", "position", "substring", "trim"})  # EXTRACT(year FROM x)


def _refuse_returning(tokens: StatementTokens) -> None:
    """https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/330"""
    for place in tokens.words({"returning"}):
        if not tokens.follows_word(place, "as"):
            raise syntax_error(tokens, place)


def _refuse_on_conflict(tokens: StatementTokens) -> None:
    for place in tokens.words({"conflict"}):
        has_action = tokens.is_word(place + 1, "do", "on") or tokens.is_symbol(place + 1, "(")
        if tokens.is_word(0, "insert") and tokens.follows_word(place, "on") and has_action:
            raise syntax_error(tokens, place)


def _refuse_distinct_from(tokens: StatementTokens) -> None:
    """Redshift guide, c_unsupported-postgresql-functions"""
    for place in tokens.words({"from"}):
        if tokens.phrase_ends(place, "is", "distinct", "from") or tokens.phrase_ends(
            place, "is", "not", "distinct", "from"
        ):
            raise syntax_error(tokens, place)


def _refuse_distinct_on(tokens: StatementTokens) -> None:
    for place in tokens.words({"on"}):
        if tokens.phrase_ends(place, "select", "distinct", "on"):
            # https://github.com/jakob/Postico/issues/420
            raise RedshiftError(NOT_SUPPORTED, "SELECT DISTINCT ON is not supported")


def _refuse_row_locks(tokens: StatementTokens) -> None:
    """FOR UPDATE and its like. Redshift guide, r_SELECT_synopsis, which has none; the wording is the stand-in's."""
    for place in tokens.words({"for"}):
        if any(tokens.phrase_begins(place, *lock) for lock in _ROW_LOCKS):
            raise RedshiftError(NOT_SUPPORTED, "SELECT FOR UPDATE is not supported")


def _refuse_filter(tokens: StatementTokens) -> None:
    """FILTER (WHERE ...) behind an aggregate. https://github.com/jazzband/django-redshift-backend/pull/74"""
    for place in tokens.words({"filter"}):
        if tokens.symbol(place - 1) == ")" and tokens.is_symbol(place + 1, "(") and tokens.is_word(place + 2, "where"):
            raise syntax_error(tokens, place + 1)


def _refuse_lateral(tokens: StatementTokens) -> None:
    for place in tokens.words({"lateral"}):
        if tokens.follows_word(place, "join", "from") or tokens.is_symbol(place + 1, "("):
            raise syntax_error(tokens, place)


def _refuse_values_as_table(tokens: StatementTokens) -> None:
    """VALUES is a clause of INSERT and of MERGE, no table. Redshift guide, c_unsupported-postgresql-features"""
    for place in tokens.words({"values"}):
        is_query = tokens.symbol(place - 1) == "(" or tokens.follows_word(place, *_BEFORE_QUERIES)
        if is_query and tokens.is_symbol(place + 1, "("):
            raise syntax_error(tokens, place)


def _refuse_subqueries_in_rows(tokens: StatementTokens) -> None:
    """INSERT of several rows takes no subqueries as expressions. Redshift guide, r_INSERT_30; the wording is ours."""
    if not tokens.is_word(0, "insert"):
        return
    for place in tokens.words({"values"}):
        several_rows = tokens.symbol(tokens.closing(place + 1) + 1) == ","
        if several_rows and any(tokens.symbol(query - 1) == "(" for query in tokens.words({"select"}) if query > place):
            raise RedshiftError(NOT_SUPPORTED, "subqueries are not supported in a multi-row INSERT ... VALUES")


def _refuse_functions_as_tables(tokens: StatementTokens) -> None:
    """Set-returning functions in FROM. Redshift guide, c_unsupported-postgresql-features"""
    for place in tokens.words({"from", "join"}):
        name = place + 3 if tokens.symbol(place + 2) == "." else place + 1
        if tokens.opener(place) in _READS_BY_FROM or not tokens.is_call(name):
            continue
        if not (tokens.is_word(0, "delete") or tokens[name].value.startswith("pg_")):  # what is left to the leader node
            raise RedshiftError(NOT_SUPPORTED, LEADER_NODE_ONLY, f'Function "{tokens[name].value}" not supported.')


def _refuse_windows(tokens: StatementTokens) -> None:
    """Aggregates over an order without a frame, frames that are not ROWS, and windows by name."""
    for place in tokens.words({"over"}):
        function = tokens.called_before(place)
        if function is None:
            continue
        if not tokens.is_symbol(place + 1, "("):
            raise syntax_error(tokens, place + 1)  # the guide's grammar has no WINDOW clause
        frame = tokens.frame(place + 1)
        if frame in ("range", "groups"):
            # https://github.com/OHDSI/Achilles/issues/232, for this and the next
            raise RedshiftError(NOT_SUPPORTED, "RANGE clause of window functions not yet implemented")
        if function in FRAMED_FUNCTIONS and not frame and tokens.has_order(place + 1):
            raise RedshiftError(
                NOT_SUPPORTED, "Aggregate window functions with an ORDER BY clause require a frame clause"
            )


def _refuse_writes_in_with(tokens: StatementTokens) -> None:
    """WITH before INSERT and MERGE, and writes inside WITH; Redshift guide, r_MERGE, and

    https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/154, https://github.com/embulk/embulk-output-jdbc/issues/72
    """
    for place in tokens.words({"insert", "update", "delete", "merge"}):
        inside = tokens.symbol(place - 1) == "(" and tokens.follows_word(place - 1, "as", "materialized")
        behind = tokens.is_word(place, "insert", "merge") and tokens.symbol(place - 1) == ")"
        if inside or (behind and tokens.is_word(place + 1, "into")):
            raise syntax_error(tokens, place)


Rule = Callable[[StatementTokens], None]

_GAP = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"


@dataclass(frozen=True)
class Trigger:
    """When a rule looks at a statement: its text has a word of each of these sets ("[" counts), and the pattern."""

    rule: Rule
    words: tuple[Set[str], ...]
    pattern: re.Pattern[str] | None = None

    def fires(self, sql: str, words: Set[str]) -> bool:
        for wanted in self.words:
            if words.isdisjoint(wanted):
                return False
        return self.pattern is None or self.pattern.search(sql) is not None


def _near(pattern: str) -> re.Pattern[str]:
    """A pattern in which a blank stands for any white space and comments."""
    return re.compile(pattern.replace(" ", _GAP), re.IGNORECASE | re.DOTALL)


TRIGGERS = (
    Trigger(_refuse_returning, ({"returning"},)),
    Trigger(_refuse_on_conflict, ({"conflict"},)),
    Trigger(_refuse_distinct_from, ({"distinct"}, {"is"}), _near(r"\bdistinct from\b")),
    Trigger(_refuse_distinct_on, ({"distinct"}, {"on"}), _near(r"\bdistinct on\b")),
    Trigger(_refuse_lateral, ({"lateral"},)),
    Trigger(refuse_missing_functions, (MISSING_FUNCTIONS | LEADER_FUNCTIONS,)),
    Trigger(refuse_missing_types, (MISSING_TYPES,)),
    Trigger(refuse_arrays, ({"[", "array"},)),
    Trigger(_refuse_filter, ({"filter"}, {"where"})),
    Trigger(_refuse_windows, ({"over"},)),
    Trigger(_refuse_row_locks, ({"for"}, {"update", "share", "no", "key"}), _near(r"\bfor (?:update|share|no|key)\b")),
    Trigger(_refuse_values_as_table, ({"values"},), _near(rf"(?:\(|\b(?:{'|'.join(_BEFORE_QUERIES)})) values\b")),
    Trigger(_refuse_subqueries_in_rows, ({"insert"}, {"values"}, {"select"})),
    Trigger(_refuse_writes_in_with, ({"with"}, {"insert", "update", "delete", "merge"})),
    Trigger(refuse_explain_options, ({"explain"}, frozenset(EXPLAIN_OPTIONS))),
    Trigger(refuse_prepared_merge, ({"prepare"}, {"merge"})),
    Trigger(refuse_row_constructors, ({"row"},), _near(r"\brow \(")),
    Trigger(refuse_newer_clauses, ({"tablesample", "overriding", "exclude"},)),
    Trigger(refuse_with_data, ({"data"}, {"with"})),
    Trigger(_refuse_functions_as_tables, ({"from"},), _near(r"\b(?:from|join) [\w.\"]+ \(")),
)

EVERYWHERE = (_refuse_returning, _refuse_writes_in_with)  # whatever a statement reads


def check_words(sql: str) -> None:
    """Raise :class:`RedshiftError` for the first thing in ``sql`` that Redshift's grammar does not have."""
    words = words_in(sql)
    rules = [trigger.rule for trigger in TRIGGERS if trigger.fires(sql, words)]
    if not rules:
        return
    tokens = StatementTokens(sql)
    on_leader_node = tokens.reads_the_catalogue()
    for rule in rules:
        if rule in EVERYWHERE or not on_leader_node:
            rule(tokens)
