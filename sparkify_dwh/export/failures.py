"""Why an UNLOAD failed, and what to do, from what Redshift says of it.

The texts: Redshift guide, s3serviceexception-error and r_UNLOAD; of rights that a role lacks,
https://github.com/embulk/embulk-output-jdbc/issues/85 and https://github.com/dbt-labs/redshift/issues/62
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields, is_conflict, is_lost, server_message

if TYPE_CHECKING:
    from sparkify_dwh.settings import Settings

_DENIED = ("Access Denied", "AccessDenied", "is not authorized to perform")


def reason(error: Exception, url: str, settings: Settings) -> str:
    """Why what was done at ``url`` failed, as a sentence without its full stop."""
    if not isinstance(error, DBAPIError):
        return str(error).rstrip(".")
    if is_lost(error):
        return "the connection to the warehouse was lost: export again"
    if is_conflict(error):
        return f"another transaction was in the way: export again ({server_message(error)})"
    # The detail repeats the message in a box.
    message = " ".join((error_fields(error).get("M") or server_message(error)).split())
    advice = _advice(message, url, settings)
    return f"{advice} ({message})" if advice else message


def _advice(message: str, url: str, settings: Settings) -> str | None:
    """What a message means to the one who has to act; None when it says it itself."""
    role = settings.role_arn or "the cluster's default role"
    if "to assume IAM Role" in message:
        return f"the cluster may not use {role}: attach the role to the cluster, and let Redshift assume it"
    if "S3ServiceException" in message and any(phrase in message for phrase in _DENIED):
        return f"{role} may not write to {url}: grant it s3:PutObject, s3:GetBucketLocation and s3:ListBucket there"
    if "must be addressed using the specified endpoint" in message:
        return f"the bucket of {url} is in another region than the cluster: give its region as [S3] REGION"
    if "unload destination on S3 is not empty" in message:
        return f"somebody else has written to {url} since this export began: export again when they are done"
    return None
