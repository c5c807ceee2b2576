"""Which checks of a statement's inner words apply to it: clauses, functions and types that Redshift does not have.

The checks use tokens, so strings, quoted identifiers, comments and columns named like a function are not refused. A
statement is tokenized only when its text has a trigger word. Queries of the catalogue (``pg_class``,
``information_schema`` ...) are not checked except for writes: on Redshift they run on the leader node, which has arrays
and set-returning functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from sparkify_dwh.redshift.parsing.tokens import words_in
from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.rules import unsupported_clauses as clauses
from sparkify_dwh.standin.rules import unsupported_functions as functions

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
    Trigger(clauses.refuse_returning, ({"returning"},)),
    Trigger(clauses.refuse_on_conflict, ({"conflict"},)),
    Trigger(clauses.refuse_distinct_from, ({"distinct"}, {"is"}), _spaced(r"\bdistinct from\b")),
    Trigger(clauses.refuse_distinct_on, ({"distinct"}, {"on"}), _spaced(r"\bdistinct on\b")),
    Trigger(clauses.refuse_lateral, ({"lateral"},)),
    Trigger(functions.refuse_missing_functions, (functions.MISSING_FUNCTIONS | functions.LEADER_FUNCTIONS,)),
    Trigger(functions.refuse_missing_types, (functions.MISSING_TYPES,)),
    Trigger(functions.refuse_arrays, ({"[", "array"},)),
    Trigger(clauses.refuse_filter, ({"filter"}, {"where"})),
    Trigger(clauses.refuse_windows, ({"over"},)),
    Trigger(
        clauses.refuse_row_locks,
        ({"for"}, {"update", "share", "no", "key"}),
        _spaced(r"\bfor (?:update|share|no|key)\b"),
    ),
    Trigger(
        clauses.refuse_values_as_table,
        ({"values"},),
        _spaced(rf"(?:\(|\b(?:{'|'.join(clauses.WORDS_BEFORE_QUERIES)})) values\b"),
    ),
    Trigger(clauses.refuse_subqueries_in_rows, ({"insert"}, {"values"}, {"select"})),
    Trigger(clauses.refuse_writes_in_with, ({"with"}, {"insert", "update", "delete", "merge"})),
    Trigger(clauses.refuse_explain_options, ({"explain"}, frozenset(clauses.EXPLAIN_OPTIONS))),
    Trigger(clauses.refuse_prepared_merge, ({"prepare"}, {"merge"})),
    Trigger(clauses.refuse_row_constructors, ({"row"},), _spaced(r"\brow \(")),
    Trigger(clauses.refuse_newer_clauses, ({"tablesample", "overriding", "exclude"},)),
    Trigger(clauses.refuse_with_data, ({"data"}, {"with"})),
    Trigger(clauses.refuse_functions_as_tables, ({"from"},), _spaced(r"\b(?:from|join) [\w.\"]+ \(")),
)

FOR_CATALOGUE_TOO = (clauses.refuse_returning, clauses.refuse_writes_in_with)  # also apply to queries of the catalogue


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
