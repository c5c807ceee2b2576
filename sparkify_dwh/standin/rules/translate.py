"""Redshift's SQL in PostgreSQL's words, where only words differ; and PostgreSQL's errors in Redshift's.

Pure: text in, text out. Strings and comments stay as they are.
"""

from __future__ import annotations

import re

from sparkify_dwh.standin.language.statement_tokens import StatementTokens
from sparkify_dwh.standin.language.tokens import words_in
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.rules.expressions import CATALOG, Edit, edited, postgres_expressions

# What the catalogue queries of sqlalchemy-redshift, and of people who ask for the same columns, have in them.
_COLUMNS = frozenset({"reldiststyle", "attisdistkey", "attsortkeyord", "attencodingtype"})
_VIEW_COLUMNS = "pg_get_late_binding_view_cols"
_ASKING = _COLUMNS | {_VIEW_COLUMNS, "svv_external_schemas", "svv_external_tables", "svv_external_columns"}
_OF_KEYS = "pg_constraint"
_TABLES = frozenset({"pg_class", "pg_attribute", "pg_attrdef", "pg_namespace", _OF_KEYS})
_FUNCTIONS = frozenset({"pg_get_expr", "pg_get_constraintdef"})
_AFTER_CONDITIONS = ("and", "or", "group", "having", "order", "limit", "offset", "union", "except", "intersect")
_NAMES = ("word", "quoted_identifier")

_TOO_LONG = re.compile(r"_bytes_(?P<bytes>\d+)(?P<of_char>_char)?$")


def rewrite_rule(sql: str, _words: list[str]) -> Plan | None:
    """The rule for statements that only need other words."""
    rewritten = postgres_query(sql)
    return Rewritten(rewritten) if rewritten != sql else None


def postgres_query(sql: str) -> str:
    """A query, or what holds one, in PostgreSQL's words."""
    return postgres_expressions(sql if words_in(sql).isdisjoint(_ASKING | {_OF_KEYS}) else catalogue_query(sql))


def catalogue_query(sql: str) -> str:
    """A query that asks for Redshift's catalogue, pointed at the views that have its columns; any other as it is."""
    tokens = StatementTokens(sql)
    places = [place for place in range(len(tokens)) if tokens.kind(place) in _NAMES]
    if not any(_asks(tokens, place) for place in places):
        return sql
    return edited(sql, [edit for place in places for edit in _edits_at(tokens, place)])


def _asks(tokens: StatementTokens, place: int) -> bool:
    name = tokens[place].value
    return name in _ASKING or (name == _OF_KEYS and tokens.schema(place) == "pg_catalog")


def _edits_at(tokens: StatementTokens, place: int) -> list[Edit]:
    token, schema = tokens[place], tokens.schema(place)
    if token.is_word("where") and _is_one(tokens, place + 1):  # Redshift takes an integer for a condition
        return [Edit(tokens[place + 1].start, tokens[place + 1].end, "TRUE")]
    if token.is_word("default") and tokens.follows_word(place, "as"):
        return [Edit(token.start, token.end, '"default"')]
    if schema not in ("", "pg_catalog"):
        return []
    start = tokens[place - 2].start if schema else token.start
    if token.value == _VIEW_COLUMNS and tokens.is_call(place):
        return _view_columns(tokens, place, start)
    is_table = token.value in _TABLES and (schema or not _is_alias(tokens, place))
    if is_table or (token.value in _FUNCTIONS and tokens.is_call(place)):
        return [Edit(start, token.end, f"{CATALOG}.{token.value}")]
    return []


def _is_one(tokens: StatementTokens, place: int) -> bool:
    """Whether a 1 that is a condition of its own stands here."""
    is_one = tokens.kind(place) == "number" and tokens[place].text == "1"
    ends = tokens.kind(place + 1) is None or tokens.symbol(place + 1) in (")", ";")
    return is_one and (ends or tokens.is_word(place + 1, *_AFTER_CONDITIONS))


def _is_alias(tokens: StatementTokens, place: int) -> bool:
    """Whether a table's name stands here for what FROM names elsewhere."""
    return tokens.is_symbol(place + 1, ".") or tokens.follows_word(place, "as")


def _view_columns(tokens: StatementTokens, place: int, start: int) -> list[Edit]:
    """pg_get_late_binding_view_cols() [AS] name (columns and their types): a view that has those columns."""
    closing = tokens.closing(place + 1)
    alias = closing + 2 if tokens.is_word(closing + 1, "as") else closing + 1
    columns_end = tokens.closing(alias + 1)
    if columns_end >= len(tokens) or not tokens.is_symbol(alias + 1, "("):
        return []
    view = f"{CATALOG}.late_binding_view_cols"
    return [Edit(start, tokens[closing].end, view), Edit(tokens[alias].end, tokens[columns_end].end, "")]


def redshift_error(body: bytes) -> bytes:
    """PostgreSQL's ErrorResponse as Redshift would word it."""
    fields = wire.error_fields(body)
    for internal in "WFLR":  # where in PostgreSQL's source, or in the stand-in's procedures, it came up
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
