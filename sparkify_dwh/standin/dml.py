"""DELETE and MERGE in Redshift's grammar.

Limit: that the source of a MERGE is a table, and no view, is not seen.
"""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.expressions import postgres_expressions
from sparkify_dwh.standin.reader import StatementReader
from sparkify_dwh.standin.statements import Plan, Rewritten
from sparkify_dwh.standin.tokens import Token, tokenize


def delete_rule(sql: str, words: list[str]) -> Plan | None:
    """DELETE [FROM] t: PostgreSQL wants the FROM. Redshift guide, r_DELETE"""
    if words[:1] != ["DELETE"] or words[1:2] == ["FROM"]:
        return None
    delete, *rest = tokenize(sql)
    if rest and rest[0].is_word("from"):  # behind a comment
        return None
    using = next((token for token in _outside_of_brackets(rest) if token.is_word("using")), None)
    if using is not None:  # FROM may be left out only without it
        raise RedshiftError("42601", f'syntax error at or near "{using.text}"')
    return Rewritten(postgres_expressions(f"{sql[: delete.end]} FROM{sql[delete.end :]}"))


def merge_rule(sql: str, words: list[str]) -> Plan | None:
    """MERGE INTO t USING s [[AS] alias] ON condition WHEN MATCHED THEN .. WHEN NOT MATCHED THEN INSERT .. and no other form.

    Redshift guide, r_MERGE. The source is a table, the target has no alias, both WHEN clauses are there.
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
    reader.text_until(frozenset({"WHEN", "REMOVE"}))
    _read_clauses(reader)
    return Rewritten(postgres_expressions(sql))


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
    """Expect words one by one, so that an error names the one that is wrong."""
    for word in words:
        reader.expect(word)


def _read_assignments(reader: StatementReader) -> None:
    """Up to the WHEN that follows; those of a CASE are not it."""
    depth = 0
    while depth or reader.ahead != "WHEN":
        word = reader.take().text.upper()
        depth += {"CASE": 1, "END": -1}.get(word, 0)


def _outside_of_brackets(tokens: list[Token]) -> list[Token]:
    outside, depth = list[Token](), 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            outside.append(token)
    return outside
