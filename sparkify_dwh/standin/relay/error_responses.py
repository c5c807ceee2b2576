"""What to do with a client's statement, and what the client is told of an error that comes up in the relay."""

from __future__ import annotations

import logging

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.outcomes import PASSED, Plan
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.postgres.session import Refused
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.rules.translate import redshift_error

log = logging.getLogger(__name__)

# What PostgreSQL prepares in place of a statement that the relay carries out. It is bound and described like any other, and
# fails if it is ever executed, as nothing that was to be done may be said to have been done.
PLACEHOLDER = "CLOSE sparkify_standin_placeholder"

NO_PORTAL = "34000"  # PostgreSQL's SQLSTATE for a portal or a cursor that is not there

# What PostgreSQL says to a statement in a transaction that has failed.
ABORTED = wire.error_response(
    RedshiftError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
)

Refusal = bytes  # the ErrorResponse for a statement that is refused


def planned_or_refused(sql: str) -> Plan | Refusal:
    """What to do with a statement; the client's error when it is refused."""
    try:
        return plan(sql) if sql.strip() else PASSED
    except Exception as error:
        return response(error)


def response(error: Exception) -> bytes:
    """The ErrorResponse for an error: PostgreSQL's, Redshift's, or one that nobody foresaw."""
    if isinstance(error, Refused):
        return redshift_error(error.body)
    if not isinstance(error, RedshiftError):
        log.debug("the stand-in failed", exc_info=error)
        error = RedshiftError("XX000", f"the stand-in failed: {type(error).__name__}: {error}")
    return wire.error_response(error)


def worded(body: bytes, refusal: Refusal = b"") -> bytes:
    """PostgreSQL's ErrorResponse as the client is told it; ``refusal`` when PostgreSQL has failed to that end."""
    fields = wire.error_fields(body)
    if fields.get("C") == NO_PORTAL and refusal:
        return refusal
    if fields.get("C") == NO_PORTAL and PLACEHOLDER.split()[1] in fields.get("M", ""):
        message = "the stand-in carries this statement out for the protocol alone, by a name it knows: prepare it anew"
        return wire.error_response(RedshiftError("XX000", message))
    return redshift_error(body)
