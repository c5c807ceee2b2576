"""Phrases inside a statement that PostgreSQL's grammar has and Redshift's does not.

The checks use tokens, so strings, quoted identifiers, comments and columns named like a function are not refused. A
statement is tokenized only when its text has a trigger word. Queries of the catalogue (``pg_class``,
``information_schema`` ...) are not checked except for writes: on Redshift they run on the leader node, which has arrays
and set-returning functions.

The message is Redshift's where a source is cited, and otherwise a syntax error at the word that its grammar does not have.

Limits: a set-returning function is recognised after FROM and JOIN, but not after a comma. ``pg_sleep`` passes, as on the
leader node. Functions that ``refuse_names`` does not list pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import words_in
from sparkify_dwh.standin.language.statement_tokens import StatementTokens
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

# Window functions that need a frame when they have an order. Redshift guide, r_WF_MAX and the pages of the others
FRAMED_FUNCTIONS = frozenset({
    "avg", "count", "first_value", "last_value", "max", "min", "nth_value", "stddev", "stddev_pop", "stddev_samp",
    "sum", "var_pop", "var_samp", "variance",
})  # fmt: skip

_ROW_LOCKS = (("for", "update"), ("for", "share"), ("for", "no", "key"), ("for", "key", "share"))
_BEFORE_QUERIES = ("as", "for", "union", "all", "except", "intersect")
_CALLS_WITH_FROM = frozenset({"extract", "overlay", "position", "substring", "trim"})  # EXTRACT(year FROM x)


def _refuse_returning(tokens: StatementTokens) -> None:
    """Raise for RETURNING. https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/330"""
    for index in tokens.words({"returning"}):
        if not tokens.follows_word(index, "as"):
            raise syntax_error(tokens, index)


def _refuse_on_conflict(tokens: StatementTokens) -> None:
    for index in tokens.words({"conflict"}):
        has_action = tokens.is_word(index + 1, "do", "on") or tokens.symbol(index + 1) == "("
        if tokens.is_word(0, "insert") and tokens.follows_word(index, "on") and has_action:
            raise syntax_error(tokens, index)


def _refuse_distinct_from(tokens: StatementTokens) -> None:
    """Raise for IS [NOT] DISTINCT FROM. Redshift guide, c_unsupported-postgresql-functions"""
    for index in tokens.words({"from"}):
        if tokens.phrase_ends(index, "is", "distinct", "from") or tokens.phrase_ends(
            index, "is", "not", "distinct", "from"
        ):
            raise syntax_error(tokens, index)


def _refuse_distinct_on(tokens: StatementTokens) -> None:
    for index in tokens.words({"on"}):
        if tokens.phrase_ends(index, "select", "distinct", "on"):
            # https://github.com/jakob/Postico/issues/420
            raise RedshiftError(NOT_SUPPORTED, "SELECT DISTINCT ON is not supported")


def _refuse_row_locks(tokens: StatementTokens) -> None:
    """Raise for row locks such as FOR UPDATE. Redshift guide, r_SELECT_synopsis; the message is the stand-in's"""
    for index in tokens.words({"for"}):
        if any(tokens.phrase_begins(index, *lock) for lock in _ROW_LOCKS):
            raise RedshiftError(NOT_SUPPORTED, "SELECT FOR UPDATE is not supported")


def _refuse_filter(tokens: StatementTokens) -> None:
    """Raise for FILTER (WHERE ...) after an aggregate. https://github.com/jazzband/django-redshift-backend/pull/74"""
    for index in tokens.words({"filter"}):
        if tokens.symbol(index - 1) == ")" and tokens.symbol(index + 1) == "(" and tokens.is_word(index + 2, "where"):
            raise syntax_error(tokens, index + 1)


def _refuse_lateral(tokens: StatementTokens) -> None:
    for index in tokens.words({"lateral"}):
        if tokens.follows_word(index, "join", "from") or tokens.symbol(index + 1) == "(":
            raise syntax_error(tokens, index)


def _refuse_values_as_table(tokens: StatementTokens) -> None:
    """Raise for VALUES outside of INSERT and MERGE. Redshift guide, c_unsupported-postgresql-features"""
    for index in tokens.words({"values"}):
        is_query = tokens.symbol(index - 1) == "(" or tokens.follows_word(index, *_BEFORE_QUERIES)
        if is_query and tokens.symbol(index + 1) == "(":
            raise syntax_error(tokens, index)


def _refuse_subqueries_in_rows(tokens: StatementTokens) -> None:
    """Raise for subqueries in an INSERT of several rows. Redshift guide, r_INSERT_30; the message is the stand-in's"""
    if not tokens.is_word(0, "insert"):
        return
    for index in tokens.words({"values"}):
        several_rows = tokens.symbol(tokens.closing(index + 1) + 1) == ","
        if several_rows and any(tokens.symbol(query - 1) == "(" for query in tokens.words({"select"}) if query > index):
            raise RedshiftError(NOT_SUPPORTED, "subqueries are not supported in a multi-row INSERT ... VALUES")


def _refuse_functions_as_tables(tokens: StatementTokens) -> None:
    """Raise for set-returning functions in FROM. Redshift guide, c_unsupported-postgresql-features"""
    for index in tokens.words({"from", "join"}):
        name = index + 3 if tokens.symbol(index + 2) == "." else index + 1
        if tokens.opener(index) in _CALLS_WITH_FROM or not tokens.is_call(name):
            continue
        if not (tokens.is_word(0, "delete") or tokens[name].value.startswith("pg_")):  # these run on the leader node
            raise RedshiftError(NOT_SUPPORTED, LEADER_NODE_ONLY, f'Function "{tokens[name].value}" not supported.')


def _refuse_windows(tokens: StatementTokens) -> None:
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


def _refuse_writes_in_with(tokens: StatementTokens) -> None:
    """Raise for WITH before INSERT and MERGE, and for writes inside WITH. Redshift guide, r_MERGE, and

    https://github.com/sqlalchemy-redshift/sqlalchemy-redshift/issues/154, https://github.com/embulk/embulk-output-jdbc/issues/72
    """
    for index in tokens.words({"insert", "update", "delete", "merge"}):
        inside = tokens.symbol(index - 1) == "(" and tokens.follows_word(index - 1, "as", "materialized")
        after = tokens.is_word(index, "insert", "merge") and tokens.symbol(index - 1) == ")"
        if inside or (after and tokens.is_word(index + 1, "into")):
            raise syntax_error(tokens, index)


Check = Callable[[StatementTokens], None]

_GAP = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"


@dataclass(frozen=True)
class Trigger:
    """A check, which runs if the text has a word of each set (of symbols, "[") and matches the pattern."""

    check: Check
    words: tuple[Set[str], ...]
    pattern: re.Pattern[str] | None = None

    def applies(self, sql: str, words: Set[str]) -> bool:
        """Return whether to run the check; ``words`` are those of ``sql``."""
        for trigger_words in self.words:
            if words.isdisjoint(trigger_words):
                return False
        return self.pattern is None or self.pattern.search(sql) is not None


def _spaced(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a space matches any white space and comments."""
    return re.compile(pattern.replace(" ", _GAP), re.IGNORECASE | re.DOTALL)


TRIGGERS = (
    Trigger(_refuse_returning, ({"returning"},)),
    Trigger(_refuse_on_conflict, ({"conflict"},)),
    Trigger(_refuse_distinct_from, ({"distinct"}, {"is"}), _spaced(r"\bdistinct from\b")),
    Trigger(_refuse_distinct_on, ({"distinct"}, {"on"}), _spaced(r"\bdistinct on\b")),
    Trigger(_refuse_lateral, ({"lateral"},)),
    Trigger(refuse_missing_functions, (MISSING_FUNCTIONS | LEADER_FUNCTIONS,)),
    Trigger(refuse_missing_types, (MISSING_TYPES,)),
    Trigger(refuse_arrays, ({"[", "array"},)),
    Trigger(_refuse_filter, ({"filter"}, {"where"})),
    Trigger(_refuse_windows, ({"over"},)),
    Trigger(
        _refuse_row_locks, ({"for"}, {"update", "share", "no", "key"}), _spaced(r"\bfor (?:update|share|no|key)\b")
    ),
    Trigger(_refuse_values_as_table, ({"values"},), _spaced(rf"(?:\(|\b(?:{'|'.join(_BEFORE_QUERIES)})) values\b")),
    Trigger(_refuse_subqueries_in_rows, ({"insert"}, {"values"}, {"select"})),
    Trigger(_refuse_writes_in_with, ({"with"}, {"insert", "update", "delete", "merge"})),
    Trigger(refuse_explain_options, ({"explain"}, frozenset(EXPLAIN_OPTIONS))),
    Trigger(refuse_prepared_merge, ({"prepare"}, {"merge"})),
    Trigger(refuse_row_constructors, ({"row"},), _spaced(r"\brow \(")),
    Trigger(refuse_newer_clauses, ({"tablesample", "overriding", "exclude"},)),
    Trigger(refuse_with_data, ({"data"}, {"with"})),
    Trigger(_refuse_functions_as_tables, ({"from"},), _spaced(r"\b(?:from|join) [\w.\"]+ \(")),
)

FOR_CATALOGUE_TOO = (_refuse_returning, _refuse_writes_in_with)  # also apply to queries of the catalogue


def check_words(sql: str) -> None:
    """Raise :class:`RedshiftError` for a phrase that Redshift's grammar does not have."""
    words = words_in(sql)
    checks = [trigger.check for trigger in TRIGGERS if trigger.applies(sql, words)]
    if not checks:
        return
    tokens = StatementTokens(sql)
    on_leader_node = tokens.reads_catalogue()
    for check in checks:
        if check in FOR_CATALOGUE_TOO or not on_leader_node:
            check(tokens)
