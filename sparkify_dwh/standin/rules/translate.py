"""Translation of queries from Redshift's SQL to PostgreSQL's, and of errors from PostgreSQL's to Redshift's.

Text in, text out. Strings and comments stay unchanged.
"""

from __future__ import annotations

import re

from sparkify_dwh.redshift.parsing.tokens import words_in
from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.language.text import Edit, apply_edits
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.postgres.parameters import CATALOG
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.rules.expressions import postgres_expressions

# The columns and names of Redshift's catalogue, as in the queries of sqlalchemy-redshift.
_COLUMNS = frozenset({"reldiststyle", "attisdistkey", "attsortkeyord", "attencodingtype"})
_VIEW_COLUMNS = "pg_get_late_binding_view_cols"
_CATALOGUE_NAMES = _COLUMNS | {_VIEW_COLUMNS, "svv_external_schemas", "svv_external_tables", "svv_external_columns"}
_CONSTRAINTS = "pg_constraint"
_TABLES = frozenset({"pg_class", "pg_attribute", "pg_attrdef", "pg_namespace", _CONSTRAINTS})
_FUNCTIONS = frozenset({"pg_get_expr", "pg_get_constraintdef"})
_AFTER_CONDITIONS = ("and", "or", "group", "having", "order", "limit", "offset", "union", "except", "intersect")
_NAME_KINDS = ("word", "quoted_identifier")

_TOO_LONG = re.compile(r"_bytes_(?P<bytes>\d+)(?P<of_char>_char)?$")


def rewrite_rule(sql: str, _words: list[str]) -> Plan | None:
    """Plan a statement that only needs translation."""
    rewritten = postgres_query(sql)
    return Rewritten(rewritten) if rewritten != sql else None


def postgres_query(sql: str) -> str:
    """Translate a query, or a statement that contains one."""
    return postgres_expressions(
        sql if words_in(sql).isdisjoint(_CATALOGUE_NAMES | {_CONSTRAINTS}) else catalogue_query(sql)
    )


def catalogue_query(sql: str) -> str:
    """Make a query of Redshift's catalogue read the views with Redshift's columns; return any other unchanged."""
    tokens = StatementTokens(sql)
    indexes = [index for index in range(len(tokens)) if tokens.kind(index) in _NAME_KINDS]
    if not any(_names_catalogue(tokens, index) for index in indexes):
        return sql
    return apply_edits(sql, [edit for index in indexes for edit in _edits_at(tokens, index)])


def _names_catalogue(tokens: StatementTokens, index: int) -> bool:
    name = tokens[index].value
    return name in _CATALOGUE_NAMES or (name == _CONSTRAINTS and tokens.schema(index) == "pg_catalog")


def _edits_at(tokens: StatementTokens, index: int) -> list[Edit]:
    token, schema = tokens[index], tokens.schema(index)
    if token.is_word("where") and _is_one(tokens, index + 1):  # Redshift accepts an integer as a condition
        return [Edit(tokens[index + 1].start, tokens[index + 1].end, "TRUE")]
    if token.is_word("default") and tokens.follows_word(index, "as"):
        return [Edit(token.start, token.end, '"default"')]
    if schema not in ("", "pg_catalog"):
        return []
    start = tokens[index - 2].start if schema else token.start
    if token.value == _VIEW_COLUMNS and tokens.is_call(index):
        return _view_columns(tokens, index, start)
    is_table = token.value in _TABLES and (schema or not _is_alias(tokens, index))
    if is_table or (token.value in _FUNCTIONS and tokens.is_call(index)):
        return [Edit(start, token.end, f"{CATALOG}.{token.value}")]
    return []


def _is_one(tokens: StatementTokens, index: int) -> bool:
    """Return whether a 1 that is a whole condition is here."""
    is_one = tokens.kind(index) == "number" and tokens[index].text == "1"
    ends = tokens.kind(index + 1) is None or tokens.symbol(index + 1) in (")", ";")
    return is_one and (ends or tokens.is_word(index + 1, *_AFTER_CONDITIONS))


def _is_alias(tokens: StatementTokens, index: int) -> bool:
    """Return whether a table's name is used as an alias here."""
    return tokens.symbol(index + 1) == "." or tokens.follows_word(index, "as")


def _view_columns(tokens: StatementTokens, index: int, start: int) -> list[Edit]:
    """Replace pg_get_late_binding_view_cols() [AS] name (columns and their types) by a view with those columns."""
    closing = tokens.closing(index + 1)
    alias = closing + 2 if tokens.is_word(closing + 1, "as") else closing + 1
    columns_end = tokens.closing(alias + 1)
    if columns_end >= len(tokens) or tokens.symbol(alias + 1) != "(":
        return []
    view = f"{CATALOG}.late_binding_view_cols"
    return [Edit(start, tokens[closing].end, view), Edit(tokens[alias].end, tokens[columns_end].end, "")]


def redshift_error(body: bytes) -> bytes:
    """Translate PostgreSQL's ErrorResponse to Redshift's."""
    fields = wire.error_fields(body)
    for internal in "WFLR":  # the location in PostgreSQL's source or in the stand-in's procedures
        fields.pop(internal, None)
    if fields.get("C") == "21000" and fields.get("M", "").startswith("MERGE command cannot affect row a second time"):
        kept = {code: fields[code] for code in "SVC" if code in fields}
        return wire.error_from_fields(
            kept | {"M": "Found multiple matches to update the same tuple."}
        )  # guide, r_MERGE
    too_long = _TOO_LONG.search(fields.get("n", ""))
    if fields.get("C") == "23514" and too_long:
        kept = {code: fields[code] for code in "SV" if code in fields}
        type_ = "character" if too_long["of_char"] else "character varying"
        fields = kept | {"C": "22001", "M": f"value too long for type {type_}({too_long['bytes']})"}
    return wire.error_from_fields(fields)
