"""DELETE and MERGE in Redshift's grammar.

Limit: that the source of a MERGE is a table, and no view, is not seen.
"""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader
from sparkify_dwh.standin.language.tokens import Token, tokenize
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.rules.expressions import closing_bracket, postgres_expressions

# What makes a condition something else than an equality, and the sign of one.
COMPARISONS = frozenset({
    "=", "<", ">", "<=", ">=", "<>", "!=", "~", "~*", "!~", "!~*", "or", "not", "is", "in", "like", "ilike", "similar",
    "between", "exists",
})  # fmt: skip


def delete_rule(sql: str, words: list[str]) -> Plan | None:
    """DELETE [FROM] t: PostgreSQL wants the FROM. Redshift guide, r_DELETE"""
    if words[:1] != ["DELETE"] or words[1:2] == ["FROM"]:
        return None
    delete, *rest = tokenize(sql)
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
    _check_condition(tokenize(reader.text_until(frozenset({"WHEN", "REMOVE"}))))
    _read_clauses(reader)
    return Rewritten(postgres_expressions(sql))


def _check_condition(tokens: list[Token]) -> None:
    """Equal predicates, joined by AND. Redshift guide, r_MERGE; the words are the stand-in's

    Limit: that a column of each table stands on either side is not seen.
    """
    while _in_one_bracket(tokens):
        tokens = tokens[1:-1]
    parts = _split_at_and(tokens)
    if len(parts) > 1:
        for part in parts:
            _check_condition(part)
    elif [token.value for token in _outside_of_brackets(tokens) if token.value in COMPARISONS] != ["="]:
        raise RedshiftError("0A000", "the condition of a MERGE takes nothing but equalities, joined by AND")


def _in_one_bracket(tokens: list[Token]) -> bool:
    return tokens[:1] != [] and tokens[0].is_symbol("(") and closing_bracket(tokens, 0) == len(tokens) - 1


def _split_at_and(tokens: list[Token]) -> list[list[Token]]:
    parts, depth = [list[Token]()], 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.is_word("and"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


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
