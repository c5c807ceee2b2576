"""Why an export or its restore failed, and what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from sparkify_dwh.aws.redshift_errors import ServerRequest, explain_server_error
from sparkify_dwh.database import is_conflict, is_lost, server_message
from sparkify_dwh.errors import SparkifyError


def explain_failure(error: DBAPIError | SparkifyError, request: ServerRequest) -> tuple[str, str]:
    """Return why a request failed, as a phrase, and what to do (perhaps empty)."""
    if isinstance(error, SparkifyError):
        return error.message.rstrip("."), error.hint
    if is_lost(error):
        return "the connection to the warehouse was lost", "run it again"
    message = server_message(error)
    if is_conflict(error):
        return f"another transaction was in the way ({message})", "run it again"
    if "unload destination on S3 is not empty" in message:
        meaning = f"another program has written to {request.url} since this export began"
        return meaning, "export again when it is done"
    return explain_server_error(message, request) or (message.rstrip("."), "")
