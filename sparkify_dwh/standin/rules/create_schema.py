"""CREATE SCHEMA [IF NOT EXISTS] [name] [AUTHORIZATION user]. Redshift guide, r_CREATE_SCHEMA

Elements of the schema, such as tables, are refused because the rules of CREATE TABLE would not see them.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader
from sparkify_dwh.standin.outcomes import PASSED, Plan

ELEMENTS = frozenset({"CREATE", "GRANT"})


def create_schema_rule(sql: str, words: list[str]) -> Plan | None:
    """Check CREATE SCHEMA, which PostgreSQL executes unchanged."""
    if words[:2] != ["CREATE", "SCHEMA"]:
        return None
    reader = StatementReader(sql)
    reader.expect("CREATE", "SCHEMA")
    reader.accept("IF", "NOT", "EXISTS")
    if reader.ahead != "AUTHORIZATION":
        reader.name()
    if reader.accept("AUTHORIZATION"):
        reader.name()
    if reader.ahead == "QUOTA":
        raise RedshiftError("0A000", "the stand-in has no schema quotas; leave out QUOTA")
    if reader.ahead in ELEMENTS:
        raise RedshiftError(
            "0A000",
            "the stand-in does not create elements together with a schema; create them in other statements",
        )
    reader.finish()
    return PASSED
