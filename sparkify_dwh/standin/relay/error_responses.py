"""Error responses to the client: for refused statements, for errors of the relay, and for PostgreSQL's own errors."""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import PASSED, Plan
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.postgres.session import PostgresError
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.rules.translate import redshift_error
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger(__name__)

# PostgreSQL prepares this in place of a statement that the relay carries out. It is bound and described like any other,
# and fails if it is ever executed, so that the client never gets a success for work that was not done.
PLACEHOLDER = "CLOSE sparkify_standin_placeholder"

NO_SUCH_PORTAL = "34000"  # PostgreSQL's SQLSTATE for a portal or a cursor that does not exist

# PostgreSQL's error for a statement in a failed transaction.
ABORTED = wire.error_response(
    RedshiftError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
)

ErrorResponse = bytes


def plan_or_error(sql: str) -> Plan | ErrorResponse:
    """Return the plan for a statement, or the ErrorResponse if it is refused."""
    try:
        return plan(sql) if sql.strip() else PASSED
    except Exception as error:
        return error_response(error)


def error_response(error: Exception) -> ErrorResponse:
    """Return the ErrorResponse for an error of PostgreSQL, of Redshift's rules, or of the relay itself."""
    if isinstance(error, PostgresError):
        return redshift_error(error.body)
    if not isinstance(error, RedshiftError):
        log.debug("the stand-in failed", exc_info=error)
        error = RedshiftError("XX000", f"the stand-in failed: {type(error).__name__}: {error}")
    return wire.error_response(error)


def translate_error(body: bytes, replacement: ErrorResponse = b"") -> ErrorResponse:
    """Return PostgreSQL's ErrorResponse as Redshift words it.

    ``replacement`` takes its place if the relay has made PostgreSQL fail by executing a portal that does not exist.
    """
    fields = wire.error_fields(body)
    if fields.get("C") == NO_SUCH_PORTAL and replacement:
        return replacement
    if fields.get("C") == NO_SUCH_PORTAL and PLACEHOLDER.split()[1] in fields.get("M", ""):
        message = (
            "the stand-in carries out this statement by the protocol's Execute only, under a name that the protocol "
            "prepared: prepare it again"
        )
        return wire.error_response(RedshiftError("XX000", message))
    return redshift_error(body)
