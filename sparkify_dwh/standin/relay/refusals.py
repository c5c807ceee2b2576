"""What to do with a client's statement, and what the client is told of an error that comes up in the relay."""

from __future__ import annotations

import logging

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.relay import wire
from sparkify_dwh.standin.relay.conversation import Refused
from sparkify_dwh.standin.rules.translate import redshift_error
from sparkify_dwh.standin.statements import PASSED, Plan, plan

log = logging.getLogger(__name__)

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
