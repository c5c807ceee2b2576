"""CREATE TABLE AS: the table in Redshift's words around a query. Redshift guide, r_CREATE_TABLE_AS and r_CTAS_usage_notes

What it does not say of distribution and sorting Redshift takes from the plan of the query; here it stays AUTO, and
unsorted. A text without a length, as most functions give it, has none in the new table either.
"""

from __future__ import annotations

import json

from sparkify_dwh.standin.column_types import ColumnType
from sparkify_dwh.standin.create_table import is_temporary_name, read_beginning, read_table_attribute
from sparkify_dwh.standin.expressions import postgres_expressions
from sparkify_dwh.standin.reader import StatementReader, literal, qualified, quoted
from sparkify_dwh.standin.statements import Plan, Rewritten
from sparkify_dwh.standin.table_design import Column, Table
from sparkify_dwh.standin.tokens import tokenize


class QueriedTable(Table):
    """A table whose columns are those of a query, so that any may be named in a key."""

    def column(self, name: str) -> Column:
        return self.columns.setdefault(name, Column(name, ColumnType("", "")))


def create_table_as_rule(sql: str, words: list[str]) -> Plan | None:
    """The rule for CREATE [[LOCAL] TEMP] TABLE t [(names)] [attributes] AS query. It stands before that of CREATE TABLE."""
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
    target = qualified(schema, name)
    kind = "TEMPORARY TABLE" if table.temporary else "TABLE"
    listed = f" ({', '.join(map(quoted, names))})" if names else ""
    ddl = f"CREATE {kind} {target}{listed} AS {postgres_expressions(sql[as_ends:].rstrip().rstrip(';'))}"
    arguments = map(literal, (ddl, target, json.dumps(table.design())))
    return Rewritten(f"CALL redshift_catalog.create_table_as({', '.join(arguments)})", tag="SELECT")


def _end_of_as(sql: str) -> int | None:
    """Where the AS outside of brackets ends, which only CREATE TABLE AS has."""
    depth = 0
    for token in tokenize(sql):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.is_word("as"):
            return token.end
    return None
