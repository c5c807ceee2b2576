"""What Redshift's own errors about S3 and IAM mean, in COPY and in UNLOAD. Its requests use the role of the cluster.

The texts: Redshift guide, s3serviceexception-error, copy-usage_notes-access-permissions and r_UNLOAD; of permissions that a
role lacks, https://github.com/embulk/embulk-output-jdbc/issues/85 and https://github.com/dbt-labs/redshift/issues/62
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkify_dwh.aws.error_codes import Reason, reason_of_code
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger("sparkify_dwh.redshift")

READ_PERMISSIONS = "s3:GetObject and s3:ListBucket"
WRITE_PERMISSIONS = "s3:PutObject, s3:GetBucketLocation and s3:ListBucket"

CANNOT_ASSUME = (
    "the cluster may not use {role}",
    "attach it to the cluster, let redshift.amazonaws.com assume it in its trust policy, or correct [IAM_ROLE] ARN",
)
WORDS: dict[Reason, tuple[str, str]] = {
    "denied": ("{role} may not {verb} {url}", "grant it {permissions} there, or set [IAM_ROLE] ARN to a role that may"),
    "other region": ("the bucket of {url} is in another region than the cluster", "{move}"),
    "no bucket": ("there is no bucket for {url}", "correct the URL in [S3]"),
    "no object": ("an object under {url} is gone", "see that nothing deletes files meanwhile, and run it again"),
    "throttled": ("S3 could not serve {url}", "run it again"),
    "failed": ("S3 could not serve {url}", "run it again"),
}

_S3 = "S3ServiceException"
_CODE = re.compile(r"\bError (?P<code>\w+)\b")
_READ_KEY = re.compile(r"S3 key being read ?: ?(?P<url>s3://\S+)")
_LACKING = re.compile(r"not authorized to perform:? (?P<action>kms:\w+)")
_ASSUME_ROLE = (
    "to assume IAM Role",
    "Not authorized to get credentials of role",
    "is not associated to cluster",
)
# Errors about S3 whose text says what their code does not, or that come without one. COPY of a manifest that its role may
# not read complains about the path: https://github.com/PostHog/posthog/pull/61603
_PHRASES: tuple[tuple[str, Reason], ...] = (
    ("must be addressed using the specified endpoint", "other region"),
    ("is in a different region from this cluster", "other region"),
    ("Access Denied", "denied"),
    ("is not authorized to perform", "denied"),
    ("COPY with MANIFEST parameter requires full path of an S3 object", "denied"),
)


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """What Redshift was to do: read or write ``url`` with a role; None is the cluster's default role.

    ``takes_region`` says whether REGION in the statement can name the region of the bucket.
    """

    url: str
    role_arn: str | None
    writes: bool = False
    takes_region: bool = True


def explain_server_error(message: str, request: ServerRequest) -> tuple[str, str] | None:
    """Return what an error of Redshift means, and what to do; None for one that is not about S3 or IAM.

    They stand for the error: its own text, with the ids of requests, is only logged.
    """
    if any(phrase in message for phrase in _ASSUME_ROLE):
        templates = CANNOT_ASSUME
    elif (reason := _reason(message)) in WORDS:
        templates = WORDS[reason]
    else:
        return None
    log.info("Redshift said: %s", message)
    lacking = _LACKING.search(message)
    words = {
        "role": request.role_arn or "the cluster's default role",
        "url": key["url"] if (key := _READ_KEY.search(message)) else request.url,
        "verb": "write to" if request.writes else "read",
        "permissions": lacking["action"] if lacking else WRITE_PERMISSIONS if request.writes else READ_PERMISSIONS,
        "move": "set [S3] REGION to the bucket's region"
        if request.takes_region
        else "copy it to a bucket in the cluster's region",
    }
    meaning, hint = (template.format_map(words) for template in templates)
    return meaning, hint


def _reason(message: str) -> Reason:
    for phrase, reason in _PHRASES:
        if phrase in message:
            return reason
    code = _CODE.search(message) if _S3 in message else None
    return reason_of_code(code["code"], message, is_s3=True) if code else "refused"
