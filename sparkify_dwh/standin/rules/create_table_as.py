"""CREATE TABLE AS and SELECT INTO, which make a table from a query.

Redshift guide, r_CREATE_TABLE_AS, r_CTAS_usage_notes and r_SELECT_INTO

Redshift derives unspecified distribution and sorting from the query's plan; here they stay AUTO and unsorted. A text
without a length, which most functions return, has none in the new table either.
"""

from __future__ import annotations

import json

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import Token, tokenize, words_in
from sparkify_dwh.standin.language.reader import StatementReader, literal, qualified, quoted
from sparkify_dwh.standin.language.text import top_level
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.rules.column_types import ColumnType
from sparkify_dwh.standin.rules.create_table import is_temporary_name, read_beginning, read_table_attribute
from sparkify_dwh.standin.rules.table_design import Column, Table
from sparkify_dwh.standin.rules.translate import postgres_query

QUERIES = frozenset({"SELECT", "WITH", "("})  # the first token of a query
# Clauses that must not precede INTO, and words that may follow its table.
CLAUSES = frozenset({"EXCEPT", "FROM", "GROUP", "HAVING", "INTERSECT", "LIMIT", "ORDER", "UNION", "WHERE"})
FOLLOWERS = CLAUSES | {"CONNECT", "FETCH", "MINUS", "OFFSET", "QUALIFY", "START"}


class QueriedTable(Table):
    """A table whose columns come from a query, so that a key may name any column."""

    def column(self, name: str) -> Column:
        return self.columns.setdefault(name, Column(name, ColumnType("", "")))


def create_table_as_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan CREATE [[LOCAL] TEMP] TABLE t [(names)] [attributes] AS query. This rule precedes that of CREATE TABLE."""
    if words[:1] != ["CREATE"] or "TABLE" not in words[1:4]:
        return None
    as_ends = _end_of_as(sql)
    if as_ends is None:
        return None
    reader = StatementReader(sql[:as_ends])
    temporary = read_beginning(reader)
    schema, name = reader.table_name()
    table = QueriedTable(schema, name, temporary or is_temporary_name(name))
    names = reader.names_in_brackets() if reader.ahead == "(" else []
    while not reader.accept("AS"):
        read_table_attribute(reader, table)
    table.check()
    query = StatementReader(sql[as_ends:])
    if query.ahead not in QUERIES:  # VALUES, TABLE and EXECUTE are PostgreSQL's
        raise query.syntax_error()
    return _create_table_as(table, names, sql[as_ends:])


def select_into_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan SELECT .. INTO [TEMP] [TABLE] t .., as a CREATE TABLE AS."""
    if words[:1] not in ([], ["SELECT"], ["WITH"]) or "into" not in words_in(sql):
        return None
    into = _into(tokenize(sql), in_brackets=not words)
    if into is None:
        return None
    reader = StatementReader(sql[into.start :])
    reader.expect("INTO")
    temporary = reader.accept_one_of("TEMPORARY", "TEMP") is not None
    reader.accept("TABLE")
    schema, name = reader.table_name()
    ahead = reader.peek()
    if ahead is not None and reader.ahead not in FOLLOWERS:
        raise reader.syntax_error()
    rest = "" if ahead is None else sql[into.start + ahead.start :]
    table = QueriedTable(schema, name, temporary or is_temporary_name(name))
    return _create_table_as(table, [], sql[: into.start] + rest)


def _create_table_as(table: Table, names: list[str], query: str) -> Plan:
    target = qualified(table.schema, table.name)
    kind = "TEMPORARY TABLE" if table.temporary else "TABLE"
    listed = f" ({', '.join(map(quoted, names))})" if names else ""
    ddl = f"CREATE {kind} {target}{listed} AS {postgres_query(query.strip().rstrip(';'))}"
    arguments = map(literal, (ddl, target, json.dumps(table.design())))
    return Rewritten(f"CALL redshift_catalog.create_table_as({', '.join(arguments)})", tag="SELECT")


def _end_of_as(sql: str) -> int | None:
    """Return the end of the AS outside of brackets, which only CREATE TABLE AS has."""
    return next((token.end for _, token in top_level(tokenize(sql)) if token.is_word("as")), None)


def _into(tokens: list[Token], *, in_brackets: bool) -> Token | None:
    """Return the INTO of a query. It is an error ``in_brackets``, after another clause, or with bind parameters."""
    before = False
    for index, token in enumerate(tokens) if in_brackets else top_level(tokens):
        if _is_name(tokens, index):
            continue
        if token.is_word("into"):
            binds = [bind for bind in tokens if bind.kind == "parameter"]
            refused = token if before or in_brackets else binds[0] if binds else None
            if refused is not None:
                raise RedshiftError("42601", f'syntax error at or near "{refused.text}"')
            return token
        before = before or token.text.upper() in CLAUSES
    return None


def _is_name(tokens: list[Token], index: int) -> bool:
    """Return whether a word names a column here, even if it is reserved: after a dot or AS."""
    return index > 0 and (tokens[index - 1].is_symbol(".") or tokens[index - 1].is_word("as"))
