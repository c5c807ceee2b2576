"""The sessions that hold locks on tables, as ``svv_transactions`` shows them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Row, Select, Table, column, func, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import server_message
from sparkify_dwh.redshift.catalogue import CLASS
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.text import listed

log = safe_logger("sparkify_dwh.locks")

MAX_HOLDERS = 3  # in a message

# Superusers see all sessions, other users their own. Redshift guide, r_SVV_TRANSACTIONS
TRANSACTIONS = table("svv_transactions", *map(column, ("pid", "txn_owner", "txn_start", "relation", "granted")))
NOT_SHOWN = "svv_transactions does not show this user which session it is"


def holders_of(tables: Iterable[Table]) -> Select[tuple[int, str, object]]:
    """Return the query for the other sessions that hold locks on tables of these names, the longest first."""
    held = TRANSACTIONS.c
    return (
        select(held.pid, held.txn_owner, func.date_trunc("second", held.txn_start).label("since"))
        .distinct()
        .select_from(TRANSACTIONS.join(CLASS, CLASS.c.oid == held.relation))
        .where(
            CLASS.c.relname.in_([table.name for table in tables]),
            func.pg_table_is_visible(CLASS.c.oid),  # and not a table of that name in another schema
            held.granted,
            held.pid != func.pg_backend_pid(),
        )
        .order_by("since", held.pid)
        .limit(MAX_HOLDERS + 1)
    )


def describe_holders(connection: Connection, tables: Iterable[Table]) -> str:
    """Return which other sessions hold locks on the tables, in a transaction of its own."""
    try:
        sessions = connection.execute(holders_of(tables)).all()
    except DBAPIError as error:
        log.info("svv_transactions cannot be read: %s", server_message(error))
        sessions = []
    finally:
        connection.rollback()
    if not sessions:
        return NOT_SHOWN
    more = ["others"] if len(sessions) > MAX_HOLDERS else []
    return listed([*map(_describe, sessions[:MAX_HOLDERS]), *more])


def _describe(session: Row[tuple[int, str, object]]) -> str:
    return f"session {session.pid} of user {str(session.txn_owner).strip()}, in a transaction since {session.since} UTC"
