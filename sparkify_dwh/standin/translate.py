"""Redshift's SQL in PostgreSQL's words, where only words differ; and PostgreSQL's errors in Redshift's.

Pure: text in, text out.
"""

from __future__ import annotations

import re

from sparkify_dwh.standin import wire
from sparkify_dwh.standin.statements import Plan, Rewritten
from sparkify_dwh.standin.tokens import tokenize

# Words that stand alone, or before a bracket, and the expressions PostgreSQL has for them.
WORDS = {
    "sysdate": "redshift_catalog.sysdate()",
    "version": "redshift_catalog.version",
}
_TRIGGER = re.compile(r"\b(sysdate|version\s*\()", re.IGNORECASE)

# The catalogue queries of sqlalchemy-redshift, and of people who ask for the same columns.
_CATALOGUE = re.compile(
    r"\b(reldiststyle|attisdistkey|attsortkeyord|attencodingtype|pg_get_late_binding_view_cols|svv_external_\w+"
    r"|pg_catalog\.pg_constraint)\b",
    re.IGNORECASE,
)
_CATALOGUE_RULES = (
    (r"\bpg_get_late_binding_view_cols\(\)\s+cols\s*\([^)]*\)", "redshift_catalog.late_binding_view_cols AS cols"),
    (
        r"\b(?:pg_catalog\.)?(pg_class|pg_attribute|pg_attrdef|pg_namespace|pg_constraint)\b(?!\.)",
        r"redshift_catalog.\1",
    ),
    (r"\b(?:pg_catalog\.)?(pg_get_expr|pg_get_constraintdef)\(", r"redshift_catalog.\1("),
    (r"\bwhere\s+1\b", "WHERE TRUE"),  # Redshift takes an integer for a condition
    (r"\bAS\s+DEFAULT\b", 'AS "default"'),
)

_TOO_LONG = re.compile(r"^(?P<column>.*)_bytes_(?P<bytes>\d+)$")


def rewrite_rule(sql: str, _words: list[str]) -> Plan | None:
    """The rule for statements that only need other words."""
    if _CATALOGUE.search(sql):
        return Rewritten(catalogue_query(sql))
    if _TRIGGER.search(sql):
        rewritten = replace_words(sql)
        return Rewritten(rewritten) if rewritten != sql else None
    return None


def catalogue_query(sql: str) -> str:
    """A query of Redshift's catalogue, pointed at the views that have Redshift's columns."""
    for pattern, replacement in _CATALOGUE_RULES:
        sql = re.sub(pattern, replacement, sql, flags=re.IGNORECASE)
    return sql


def replace_words(sql: str) -> str:
    """Functions that Redshift has under names of its own; strings, identifiers in quotes and comments stay."""
    pieces, position = list[str](), 0
    tokens = tokenize(sql)
    for place, token in enumerate(tokens):
        replacement = WORDS.get(token.value) if token.kind == "word" else None
        if replacement is None:
            continue
        start = token.start
        if place >= 2 and tokens[place - 1].is_symbol("."):
            if tokens[place - 2].value != "pg_catalog":  # a column of that name
                continue
            start = tokens[place - 2].start
        pieces += [sql[position:start], replacement]
        position = token.end
    return "".join(pieces) + sql[position:]


def redshift_error(body: bytes) -> bytes:
    """PostgreSQL's ErrorResponse as Redshift would word it."""
    fields = wire.error_fields(body)
    for internal in "WFLR":  # where in PostgreSQL's source, or in the stand-in's procedures, it came up
        fields.pop(internal, None)
    too_long = _TOO_LONG.match(fields.get("n", ""))
    if fields.get("C") == "23514" and too_long:
        kept = {code: fields[code] for code in "SV" if code in fields}
        fields = kept | {"C": "22001", "M": f"value too long for type character varying({too_long['bytes']})"}
    return wire.with_fields(fields)
