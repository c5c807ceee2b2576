"""What to do with a statement: pass it on, rewrite it, carry it out in the relay, or refuse it.

``plan`` is the whole of it. Statements are told apart by their first words; one that no rule names passes unchanged, byte
for byte. COPY, UNLOAD, CREATE TABLE and ALTER TABLE always have a rule: there the unknown is an error that names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sparkify_dwh.standin.language import script
from sparkify_dwh.standin.language.tokens import first_words

if TYPE_CHECKING:
    from sparkify_dwh.standin.relay.backend import Backend

Notice = Callable[[str], None]


@dataclass(frozen=True)
class Passed:
    """Goes to PostgreSQL as it is."""


@dataclass(frozen=True)
class Rewritten:
    """Goes to PostgreSQL as ``sql``; the client sees ``tag`` where PostgreSQL's own would differ."""

    sql: str
    tag: str = ""


@dataclass(frozen=True)
class CarriedOut:
    """Done by the relay in the client's own session when it executes it; PostgreSQL only ever sees what ``run`` sends."""

    run: Callable[[Backend, Notice], None]
    tag: str


Plan = Passed | Rewritten | CarriedOut
PASSED = Passed()


def plan(sql: str) -> Plan:
    """What to do with one statement.

    Raises :class:`RedshiftError` for what Redshift refuses, and for what it would take but the stand-in does not know.
    """
    words = first_words(sql)
    if not words and ";" in sql and len(alone := script.statements(sql)) == 1:
        (sql,) = alone  # semicolons before a statement are nothing, to PostgreSQL too
        words = first_words(sql)
    for rule in _rules():
        planned = rule(sql, words)
        if planned is not None:
            return planned
    return PASSED


Rule = Callable[[str, list[str]], Plan | None]


@cache
def _rules() -> tuple[Rule, ...]:
    """The rules in the order in which they are asked; they import this module, and so are imported late."""
    from sparkify_dwh.standin.copy import run as run_copy
    from sparkify_dwh.standin.rules import (
        alter_table,
        create_schema,
        create_table,
        create_table_as,
        dml,
        locks,
        maintenance,
        parameter_rules,
        refuse,
        transactions,
        translate,
    )
    from sparkify_dwh.standin.unload import run as run_unload

    return (
        refuse.refused,
        run_copy.copy_rule,
        run_unload.unload_rule,
        create_table_as.select_into_rule,
        create_table_as.create_table_as_rule,
        create_table.create_table_rule,
        create_schema.create_schema_rule,
        alter_table.alter_table_rule,
        maintenance.truncate_rule,
        maintenance.vacuum_rule,
        maintenance.analyze_rule,
        dml.delete_rule,
        dml.merge_rule,
        locks.lock_rule,
        transactions.isolation_rule,
        parameter_rules.parameter_rule,
        translate.rewrite_rule,
    )
