"""Transaction control: isolation levels and LOCK.

Redshift accepts isolation levels and ignores them (Redshift guide, r_BEGIN). They must not reach PostgreSQL, where they
would change the snapshots that the stand-in's sessions read.

Limit: LOCK of a view, which Redshift does not lock, is not refused.
"""

from __future__ import annotations

import re

from sparkify_dwh.standin.language.reader import StatementReader
from sparkify_dwh.standin.outcomes import PASSED, CarriedOut, Notice, Plan, Rewritten
from sparkify_dwh.standin.postgres.backend import Backend

_ISOLATION = re.compile(r"isolation", re.IGNORECASE)
LEVELS = (("SERIALIZABLE",), ("READ", "COMMITTED"), ("READ", "UNCOMMITTED"), ("REPEATABLE", "READ"))
ACCESS = (("READ", "WRITE"), ("READ", "ONLY"))


def isolation_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan BEGIN, START TRANSACTION, SET TRANSACTION and SET SESSION CHARACTERISTICS with an isolation level."""
    if words[:1] not in (["BEGIN"], ["START"], ["SET"]) or not _ISOLATION.search(sql):
        return None
    reader = StatementReader(sql)
    if reader.accept("BEGIN"):
        reader.accept_one_of("WORK", "TRANSACTION")
        return Rewritten(f"BEGIN {_modes(reader)}".rstrip())
    if reader.accept("START", "TRANSACTION"):
        return Rewritten(f"START TRANSACTION {_modes(reader)}".rstrip())
    if reader.accept("SET", "TRANSACTION") or reader.accept("SET", "SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"):
        return _set(sql, _modes(reader))
    if words[:2] in (["SET", "DEFAULT_TRANSACTION_ISOLATION"], ["SET", "TRANSACTION_ISOLATION"]):
        return CarriedOut(_do_nothing, "SET")
    return None


def _set(sql: str, access: str) -> Plan:
    if not access:
        return CarriedOut(_do_nothing, "SET")
    words = "SET SESSION CHARACTERISTICS AS TRANSACTION" if "CHARACTERISTICS" in sql.upper() else "SET TRANSACTION"
    return Rewritten(f"{words} {access}")


def _modes(reader: StatementReader) -> str:
    """Read a transaction's modes, and return them without the isolation level."""
    access = ""
    while not reader.done:
        if reader.accept("ISOLATION", "LEVEL"):
            if not any(reader.accept(*level) for level in LEVELS):
                raise reader.syntax_error()
        else:
            access = next((" ".join(words) for words in ACCESS if reader.accept(*words)), "")
            if not access:
                raise reader.syntax_error()
        reader.accept(",")
    return access


def _do_nothing(_backend: Backend, _notice: Notice) -> None:
    """Ignore an isolation level, as Redshift does."""


def lock_rule(sql: str, words: list[str]) -> Plan | None:
    """Check LOCK [TABLE] t [, ...], which has no mode: Redshift has only ACCESS EXCLUSIVE. Redshift guide, r_LOCK

    It passes unchanged, because another statement before it would take the transaction's snapshot.
    """
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
