"""LOCK [TABLE] t [, ...]: Redshift's takes no mode, for it has ACCESS EXCLUSIVE alone. Redshift guide, r_LOCK

Limit: that one of the names is a view's, which Redshift does not lock, is not seen.
"""

from __future__ import annotations

from sparkify_dwh.standin.language.reader import StatementReader
from sparkify_dwh.standin.outcomes import PASSED, Plan


def lock_rule(sql: str, words: list[str]) -> Plan | None:
    """The rule for LOCK, which PostgreSQL reads as it is written: any statement more would take a snapshot before it."""
    if words[:1] != ["LOCK"]:
        return None
    reader = StatementReader(sql)
    reader.expect("LOCK")
    reader.accept("TABLE")
    reader.table_name()
    while reader.accept(","):
        reader.table_name()
    reader.finish()
    return PASSED
