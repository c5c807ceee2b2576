"""DELETE and MERGE in Redshift's grammar.

Limit: a view as the source of a MERGE is not refused.
"""

from __future__ import annotations

from itertools import pairwise

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import Token, tokenize
from sparkify_dwh.standin.language.reader import StatementReader
from sparkify_dwh.standin.language.text import is_bracketed, top_level
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.rules.expressions import postgres_expressions

# Operators and words of a condition; an equality has "=" and no other.
COMPARISONS = frozenset({
    "=", "<", ">", "<=", ">=", "<>", "!=", "~", "~*", "!~", "!~*", "or", "not", "is", "in", "like", "ilike", "similar",
    "between", "exists",
})  # fmt: skip


def delete_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan DELETE [FROM] t, whose FROM PostgreSQL needs. Redshift guide, r_DELETE"""
    if words[:1] != ["DELETE"] or words[1:2] == ["FROM"]:
        return None
    delete, *rest = tokenize(sql)
    using = next((token for _, token in top_level(rest) if token.is_word("using")), None)
    if using is not None:  # with USING, FROM may not be left out
        raise RedshiftError("42601", f'syntax error at or near "{using.text}"')
    return Rewritten(postgres_expressions(f"{sql[: delete.end]} FROM{sql[delete.end :]}"))


def merge_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan MERGE INTO t USING s [[AS] alias] ON condition WHEN MATCHED THEN .. WHEN NOT MATCHED THEN INSERT ..

    Redshift guide, r_MERGE. The source is a table, the target has no alias, and both WHEN clauses are mandatory.
    """
    if words[:1] != ["MERGE"]:
        return None
    reader = StatementReader(sql)
    reader.expect("MERGE", "INTO")
    target = reader.table_name()
    reader.expect("USING")
    if reader.table_name() == target:
        raise RedshiftError("0A000", "the source of a MERGE cannot be its target")
    if reader.accept("AS") or reader.ahead != "ON":
        reader.name()
    reader.expect("ON")
    _check_condition(tokenize(reader.text_until(frozenset({"WHEN", "REMOVE"}))))
    _read_clauses(reader)
    return Rewritten(postgres_expressions(sql))


def _check_condition(tokens: list[Token]) -> None:
    """Raise unless the condition is equalities joined by AND. Redshift guide, r_MERGE; the message is the stand-in's

    Limit: an equality of two columns of one table is not refused.
    """
    while is_bracketed(tokens):
        tokens = tokens[1:-1]
    parts = _split_at_and(tokens)
    if len(parts) > 1:
        for part in parts:
            _check_condition(part)
    elif [token.value for _, token in top_level(tokens) if token.value in COMPARISONS] != ["="]:
        raise RedshiftError("0A000", "the condition of a MERGE must be equalities joined by AND")


def _split_at_and(tokens: list[Token]) -> list[list[Token]]:
    ands = [index for index, token in top_level(tokens) if token.is_word("and")]
    return [tokens[start + 1 : end] for start, end in pairwise([-1, *ands, len(tokens)])]


def _read_clauses(reader: StatementReader) -> None:
    if reader.accept("REMOVE", "DUPLICATES"):
        raise RedshiftError(
            "0A000", "the stand-in does not carry out MERGE ... REMOVE DUPLICATES; write both WHEN clauses"
        )
    _expect_each(reader, "WHEN", "MATCHED", "THEN")
    if not reader.accept("DELETE"):
        reader.expect("UPDATE", "SET")
        _read_assignments(reader)
    _expect_each(reader, "WHEN", "NOT", "MATCHED", "THEN", "INSERT")
    if reader.ahead == "(":
        reader.names_in_brackets()
    reader.expect("VALUES")
    reader.bracketed()
    reader.finish()


def _expect_each(reader: StatementReader, *words: str) -> None:
    """Expect words one by one, so that an error names the one that does not fit."""
    for word in words:
        reader.expect(word)


def _read_assignments(reader: StatementReader) -> None:
    """Read up to the next WHEN that is not inside a CASE."""
    depth = 0
    while depth or reader.ahead != "WHEN":
        word = reader.take().text.upper()
        depth += {"CASE": 1, "END": -1}.get(word, 0)
