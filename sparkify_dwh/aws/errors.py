"""What AWS says when it refuses or does not answer, as a sentence for the one who has to act.

Classes and codes are told apart by name, because importing botocore's own is what the callers put off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sparkify_dwh.errors import AwsError

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "DependentServiceAccessDenied"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_REFUSED = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_TAKEN = {"ClusterAlreadyExists", "EntityAlreadyExists", "InvalidGroup.Duplicate", "ClusterSubnetGroupAlreadyExists"}
_QUOTA = {
    "ClusterQuotaExceeded",
    "ClusterSnapshotQuotaExceeded",
    "ClusterSubnetGroupQuotaExceeded",
    "LimitExceeded",
    "LimitExceededFault",
    "NumberOfNodesPerClusterLimitExceeded",
    "NumberOfNodesQuotaExceeded",
    "RulesPerSecurityGroupLimitExceeded",
    "SecurityGroupLimitExceeded",
    "ServiceQuotaExceededException",
    "ClusterSubnetQuotaExceededFault",
    "TagLimitExceededFault",
    "TooManyTagsException",
}
_CAPACITY = {"InsufficientClusterCapacity", "InsufficientCapacityException"}
_BUSY = {
    "ConcurrentModification",
    "ConflictException",
    "DeleteConflict",
    "DependencyViolation",
    "InvalidClusterState",
    "InvalidClusterSubnetGroupStateFault",
    "InvalidClusterSubnetStateFault",
}
_THROTTLED = {
    "DependentServiceRequestThrottlingFault",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
}
_CLOCK = {
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
}
_FAILED = {
    "DependentServiceUnavailableFault",
    "InternalError",
    "InternalFailure",
    "InternalServerException",
    "ServiceFailure",
    "ServiceUnavailable",
    "Unavailable",
}
_NOT_SIGNED_UP = {"OptInRequired", "SubscriptionRequiredException"}

_NO_CREDENTIALS = {
    "CredentialRetrievalError",
    "MetadataRetrievalError",
    "NoCredentialsError",
    "PartialCredentialsError",
}
_EXPIRED_LOGIN = {"LoginError", "SSOError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"}
_UNREACHABLE = {"ConnectionError", "ConnectionClosedError", "ReadTimeoutError", "HTTPClientError"}

NOT_AWS = "what answered is not AWS: look for a proxy or a login page on the way to it, and at AWS_ENDPOINT_URL"
_NO_WAY = "AWS cannot be reached"

_FORBIDDEN_ACTION = re.compile(r"perform:? (?P<action>[\w-]+:\w+)")
_PARAMETER = re.compile(r"parameter (?:in input: \")?(\w+)")
_OF_TIME = re.compile(
    r"TooSkewed|InTheFuture|[Ss]ignature expired|not yet current|RequestExpired .*\btime\b", re.IGNORECASE
)
_ACTOR = re.compile(r"User: (?P<arn>arn:\S+)")

CREDENTIALS_ADVICE = (
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`, or fill in [AWS] KEY and "
    "SECRET"
)


def refusal(service: str, operation: str, answer: Mapping[str, Any], region: str) -> AwsError:  # noqa: PLR0911 (cases)
    """The error for an answer of AWS that is one. ``operation`` is its name there, such as CreateCluster."""
    code = str(answer.get("Error", {}).get("Code", "an error without a code"))
    message = " ".join(str(answer.get("Error", {}).get("Message") or "").split())[:500]
    action = f"{service}:{operation}"
    if code.isdigit() and message.startswith("<"):  # a page, with no more than its HTTP status
        return AwsError(f"{NOT_AWS} (HTTP {code} to {action})", code)
    if code in _DENIED:
        return AwsError(_denied(action, message), code)
    if code in _CLOCK and _OF_TIME.search(f"{code} {message}"):
        return AwsError(
            f"AWS refused {action} because of its time ({code}): set the clock of this machine, which must be right to a "
            "few minutes",
            code,
        )
    if code in _EXPIRED:
        return expired(code)
    if code in _REFUSED:
        return AwsError(
            f"AWS refused the credentials for {action} in {region} ({code}): correct or renew them, or switch the region on "
            "for the account if it has to be opted into",
            code,
        )
    if code in _TAKEN or (code == "ConflictException" and "exist" in message):
        return AwsError(f"the name is taken ({action}, {code}): {message or 'choose another one'}", code)
    if code in _QUOTA:
        return AwsError(
            f"the account's quota does not allow {action} in {region} ({code}): {_sentence(message)} "
            "Remove what is not needed, or ask for more in the console of Service Quotas",
            code,
        )
    if code in _CAPACITY:
        return AwsError(
            f"AWS has no capacity of this kind in {region} now ({code}): try later, or another DWH_NODE_TYPE or region",
            code,
        )
    if code in _BUSY:
        return AwsError(
            f"something is still being created, changed or deleted ({action}, {code}): {_sentence(message)} "
            "See `sparkify-dwh cluster status`, wait for it, and run this again",
            code,
        )
    if code in _THROTTLED:
        return AwsError(
            f"AWS gets more requests from this account than it takes ({action}, {code}): try again later", code
        )
    if code in _FAILED:
        return AwsError(
            f"AWS failed at {action} in {region} ({code}): {_sentence(message) or 'it does not say why.'} "
            "Run this again, which goes on from there; https://health.aws.amazon.com says whether others are hit too",
            code,
        )
    if code in _NOT_SIGNED_UP:
        return AwsError(f"the account is not signed up for {service} in {region} ({code}): open its console once", code)
    return AwsError(
        f"AWS refused {action} in {region} ({code}): {message or 'see its documentation for this code'}", code
    )


def _sentence(message: str) -> str:
    """What AWS says, ending as a sentence does, for another may follow."""
    return message if not message or message.endswith((".", "!", "?", ":")) else f"{message}."


def _denied(action: str, message: str) -> str:
    """Which permission is lacking, and who lacks it. EC2 encodes what it says, and is not quoted."""
    named = _FORBIDDEN_ACTION.search(message)
    actor = _ACTOR.search(message)
    who = actor["arn"] if actor else "the AWS identity in use"
    lacking = named["action"] if named else action
    needed = "" if lacking == action else f", which {action} needs"
    return f"no permission for {lacking}{needed}: {who} must be granted it"


def is_denied(error: AwsError) -> bool:
    """Whether it is a permission that is lacking."""
    return error.code in _DENIED


def is_unreachable(error: AwsError) -> bool:
    """Whether no answer came."""
    return str(error).startswith(_NO_WAY)


def expired(code: str) -> AwsError:
    return AwsError(
        f"the temporary credentials of AWS have expired ({code}): renew them, with `aws sso login` where it is used",
        code,
    )


def failure(error: Any, unknown_region: str | None = None) -> AwsError:  # noqa: PLR0911 (cases)
    """The error for an exception of botocore: no answer came, or nothing could be asked.

    ``unknown_region`` is the region that was asked, when it is none that is known.
    """
    name = type(error).__name__
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if name == "ProfileNotFound":
        return AwsError(
            "AWS_PROFILE names a profile that ~/.aws does not have: correct it, or see `aws configure list`", name
        )
    if kinds & _EXPIRED_LOGIN:
        return expired(name)
    if kinds & _NO_CREDENTIALS:
        return AwsError(f"no credentials for AWS ({name}): {CREDENTIALS_ADVICE}", name)
    if kinds & _UNREACHABLE:
        return AwsError(_unreachable(error, name, unknown_region), name)
    if name in ("InvalidRegionError", "UnknownRegionError"):
        return AwsError(
            "what [AWS] REGION, AWS_REGION or the profile names is no region like us-west-2: correct it", name
        )
    if name == "ParamValidationError":  # its text may quote the values
        names = ", ".join(sorted(set(_PARAMETER.findall(str(error))))) or "a value"
        return AwsError(f"AWS does not take what {names} was given: correct [DWH] in the configuration", name)
    return AwsError(f"AWS cannot be asked ({name}): correct its configuration in ~/.aws and in the environment", name)


def _unreachable(error: Any, name: str, unknown_region: str | None) -> str:
    server = urlsplit(str(getattr(error, "kwargs", {}).get("endpoint_url", ""))).hostname or "its server"
    if unknown_region:
        return (
            f"{_NO_WAY} at {server} ({name}), and {unknown_region} is no region that is known here: "
            "correct [AWS] REGION or AWS_REGION"
        )
    return f"{_NO_WAY} at {server} ({name}): check the network, proxies and AWS_ENDPOINT_URL"
