"""The plan for a statement: pass it to PostgreSQL, rewrite it, carry it out in the relay, or refuse it.

A statement is recognised by its first words. One that no rule names passes unchanged, byte for byte. COPY, UNLOAD,
CREATE TABLE and ALTER TABLE always have a rule, and there an unknown option is an error that names it.
"""

from __future__ import annotations

from sparkify_dwh.redshift.parsing.tokens import first_words
from sparkify_dwh.standin.copy import run as run_copy
from sparkify_dwh.standin.language.text import split_statements
from sparkify_dwh.standin.outcomes import PASSED, Plan, Rule
from sparkify_dwh.standin.rules import (
    alter_table,
    create_schema,
    create_table,
    create_table_as,
    dml,
    grants,
    maintenance,
    parameter_rules,
    transactions,
    translate,
    unsupported_statements,
)
from sparkify_dwh.standin.unload import run as run_unload


def plan(sql: str) -> Plan:
    """Return what to do with one statement.

    Raise :class:`RedshiftError` for what Redshift refuses, and for what Redshift has but the stand-in does not.
    """
    words = first_words(sql)
    if not words and ";" in sql and len(statements := split_statements(sql)) == 1:
        (sql,) = statements  # semicolons before a statement mean nothing, in PostgreSQL too
        words = first_words(sql)
    for rule in RULES:
        planned = rule(sql, words)
        if planned is not None:
            return planned
    return PASSED


def _unload_rule(sql: str, words: list[str]) -> Plan | None:
    return run_unload.unload_rule(sql, words, plan)


# In the order in which they are asked; the first that answers decides.
RULES: tuple[Rule, ...] = (
    unsupported_statements.refused,
    run_copy.copy_rule,
    _unload_rule,
    create_table_as.select_into_rule,
    create_table_as.create_table_as_rule,
    create_table.create_table_rule,
    create_schema.create_schema_rule,
    grants.grant_rule,
    grants.create_group_rule,
    alter_table.alter_table_rule,
    maintenance.truncate_rule,
    maintenance.vacuum_rule,
    maintenance.analyze_rule,
    dml.delete_rule,
    dml.merge_rule,
    transactions.lock_rule,
    transactions.isolation_rule,
    parameter_rules.parameter_rule,
    translate.rewrite_rule,
)
