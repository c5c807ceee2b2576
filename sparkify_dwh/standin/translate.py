"""Redshift's SQL in PostgreSQL's words, where only words differ; and PostgreSQL's errors in Redshift's.

Pure: text in, text out.
"""

from __future__ import annotations

import re

from sparkify_dwh.standin import wire
from sparkify_dwh.standin.expressions import postgres_expressions
from sparkify_dwh.standin.statements import Plan, Rewritten

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
    rewritten = postgres_expressions(sql)
    return Rewritten(rewritten) if rewritten != sql else None


def catalogue_query(sql: str) -> str:
    """A query of Redshift's catalogue, pointed at the views that have Redshift's columns."""
    for pattern, replacement in _CATALOGUE_RULES:
        sql = re.sub(pattern, replacement, sql, flags=re.IGNORECASE)
    return sql


def redshift_error(body: bytes) -> bytes:
    """PostgreSQL's ErrorResponse as Redshift would word it."""
    fields = wire.error_fields(body)
    for internal in "WFLR":  # where in PostgreSQL's source, or in the stand-in's procedures, it came up
        fields.pop(internal, None)
    if fields.get("C") == "21000" and fields.get("M", "").startswith("MERGE command cannot affect row a second time"):
        kept = {code: fields[code] for code in "SVC" if code in fields}
        return wire.with_fields(kept | {"M": "Found multiple matches to update the same tuple."})  # guide, r_MERGE
    too_long = _TOO_LONG.match(fields.get("n", ""))
    if fields.get("C") == "23514" and too_long:
        kept = {code: fields[code] for code in "SV" if code in fields}
        fields = kept | {"C": "22001", "M": f"value too long for type character varying({too_long['bytes']})"}
    return wire.with_fields(fields)
