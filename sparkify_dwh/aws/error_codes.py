"""The codes with which AWS refuses requests, and botocore's exceptions, by what they mean.

S3, Redshift, EC2 and IAM have different codes for the same reason. Exceptions are known by name, because importing
botocore is slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Reason = Literal[
    "denied", "expired", "credentials", "clock", "name taken", "quota", "capacity", "busy", "throttled", "failed",
    "not signed up", "not implemented", "no bucket", "no object", "other region", "no AWS",
    "no profile", "no credentials", "unreachable", "cut short", "bad region", "bad parameter",
    "refused", "not asked",
]  # fmt: skip

CODES: dict[Reason, tuple[str, ...]] = {
    "denied": (
        "403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "DependentServiceAccessDenied", "Forbidden",
        "UnauthorizedOperation",
    ),
    "expired": ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
    "credentials": (
        "AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException",
        "InvalidToken", "MissingAuthenticationToken", "SignatureDoesNotMatch", "UnrecognizedClientException",
    ),
    "clock": ("RequestInTheFuture", "RequestTimeTooSkewed"),
    "name taken": (
        "ClusterAlreadyExists", "ClusterSubnetGroupAlreadyExists", "EntityAlreadyExists", "InvalidGroup.Duplicate",
    ),
    "quota": (
        "ClusterQuotaExceeded", "ClusterSnapshotQuotaExceeded", "ClusterSubnetGroupQuotaExceeded",
        "ClusterSubnetQuotaExceededFault", "LimitExceeded", "LimitExceededFault", "NumberOfNodesPerClusterLimitExceeded",
        "NumberOfNodesQuotaExceeded", "RulesPerSecurityGroupLimitExceeded", "SecurityGroupLimitExceeded",
        "ServiceQuotaExceededException", "TagLimitExceededFault", "TooManyTagsException",
    ),
    "capacity": ("InsufficientCapacityException", "InsufficientClusterCapacity"),
    "busy": (
        "ConcurrentModification", "ConflictException", "DeleteConflict", "DependencyViolation", "InvalidClusterState",
        "InvalidClusterSubnetGroupStateFault", "InvalidClusterSubnetStateFault",
    ),
    "throttled": (
        "DependentServiceRequestThrottlingFault", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
        "SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    ),
    "failed": (
        "DependentServiceUnavailableFault", "InternalError", "InternalFailure", "InternalServerException", "ServiceFailure",
        "ServiceUnavailable", "Unavailable",
    ),
    "not signed up": ("OptInRequired", "SubscriptionRequiredException"),
    "not implemented": ("NotImplemented", "UnknownOperationException"),
    "no bucket": ("NoSuchBucket",),
    "no object": ("404", "NoSuchKey", "NotFound"),
    "other region": (
        "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect",
    ),
}  # fmt: skip

# The first that fits an exception or a class that it inherits from.
EXCEPTIONS: dict[Reason, tuple[str, ...]] = {
    "no profile": ("ProfileNotFound",),
    "expired": ("LoginError", "SSOError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"),
    "no credentials": (
        "CredentialRetrievalError", "MetadataRetrievalError", "NoCredentialsError", "PartialCredentialsError",
    ),
    "cut short": ("ChecksumError", "FlexibleChecksumError", "IncompleteReadError", "ResponseStreamingError"),
    "unreachable": ("ConnectionClosedError", "ConnectionError", "HTTPClientError", "ReadTimeoutError"),
    "bad region": ("InvalidRegionError", "UnknownRegionError"),
    "bad parameter": ("ParamValidationError",),
    "no AWS": ("ResponseParserError",),
}  # fmt: skip

_ONLY_S3: tuple[Reason, ...] = ("no bucket", "no object", "other region")
_REASON_BY_CODE: dict[str, Reason] = {code: reason for reason, codes in CODES.items() for code in codes}

# The same codes mean a wrong clock or wrong credentials.
_MAY_BE_CLOCK = ("InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch", *CODES["clock"])
_OF_TIME = re.compile(
    r"TooSkewed|InTheFuture|[Ss]ignature expired|not yet current|RequestExpired .*\btime\b", re.IGNORECASE
)


def reason_of_code(code: str, message: str, *, is_s3: bool) -> Reason:
    """Return what a code means; ``message`` decides between reasons with the same code."""
    if code.isdigit() and message.startswith("<"):  # a page, with its HTTP status for a code
        return "no AWS"
    if code in _MAY_BE_CLOCK and _OF_TIME.search(f"{code} {message}"):
        return "clock"
    if code == "ConflictException" and "exist" in message:
        return "name taken"
    reason = _REASON_BY_CODE.get(code, "refused")
    return "refused" if reason in _ONLY_S3 and not is_s3 else reason


def reason_of_exception(class_names: Iterable[str]) -> Reason:
    """Return what an exception of botocore means, by the names of its class and the classes it inherits from."""
    names = set(class_names)
    return next((reason for reason, listed in EXCEPTIONS.items() if names.intersection(listed)), "not asked")
