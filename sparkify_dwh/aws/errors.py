"""Errors of AWS in words, with what to do: the same for S3, the cluster API, credentials and doctor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sparkify_dwh.aws.error_codes import CODES, Reason, reason_of_code, reason_of_exception
from sparkify_dwh.errors import AwsError

MAX_MESSAGE_CHARACTERS = 500  # of AWS's own words

CREDENTIALS_HINT = (
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`, or fill in [AWS] KEY and "
    "SECRET"
)

_NO_ANSWER = "cannot be reached"

# By reason: what is wrong, and what to do. {said} is what AWS says, after a colon.
WORDS: dict[Reason, tuple[str, str]] = {
    "denied": ("No permission for {lacking}{on}", "grant it to {actor}"),
    "expired": (
        "The temporary credentials of AWS have expired ({code})",
        "renew them, with `aws sso login` where it is used",
    ),
    "credentials": (
        "{service} refused the credentials for {what} ({code})",
        "correct or renew them, or enable the region for the account if it is an opt-in region",
    ),
    "clock": (
        "{service} refused {what} because of its time ({code})",
        "set the clock of this machine, which must be right to a few minutes",
    ),
    "name taken": ("The name is taken ({action}, {code}){said}", "Choose another name"),
    "quota": (
        "The account's quota does not allow {what} ({code}){said}",
        "Remove what is not needed, or ask for more in the console of Service Quotas",
    ),
    "capacity": (
        "AWS has no capacity of this kind in {region} now ({code})",
        "try later, or another DWH_NODE_TYPE or region",
    ),
    "busy": (
        "Something is still being created, changed or deleted ({action}, {code}){said}",
        "See `sparkify-dwh cluster status`, wait for it, and run this again",
    ),
    "throttled": ("{service} gets more requests from this account than it takes ({what}, {code})", "try again later"),
    "failed": (
        "{service} failed at {what} ({code}){said}",
        "Run this again, which goes on from there; https://health.aws.amazon.com says whether others are affected",
    ),
    "not signed up": ("The account is not signed up for {what} ({code})", "open the service's console once"),
    "not implemented": ("{service} does not know {action} ({code}){said}", "look at AWS_ENDPOINT_URL"),
    "no bucket": ("There is no bucket {bucket}, needed for {url}", "correct the URL"),
    "no object": ("Nothing is at {url}", "correct the URL or put the object there"),
    "other region": (
        "The bucket of {url} is in {bucket_region}, not where it was asked for ({code})",
        "correct [S3] REGION",
    ),
    "no AWS": (
        "What answered {action} is not AWS ({code})",
        "look for a proxy or a login page on the way to it, and at AWS_ENDPOINT_URL",
    ),
    "no profile": (
        "AWS_PROFILE names a profile that ~/.aws does not have",
        "correct it, or see `aws configure list`",
    ),
    "no credentials": ("No AWS credentials{target} ({code})", CREDENTIALS_HINT),
    "unreachable": (
        "{service} " + _NO_ANSWER + " at {server}{target} ({code})",
        "check the network, proxies and AWS_ENDPOINT_URL",
    ),
    "cut short": ("The answer of {service}{target} broke off ({code})", "try again"),
    "bad region": (
        "The configured region is not a region like us-west-2",
        "correct [S3] REGION, [AWS] REGION, AWS_REGION or the profile's",
    ),
    "bad parameter": ("AWS does not take what {parameters} was given", "correct [DWH] in the configuration"),
    "refused": ("{service} refused {what} ({code}){said}", ""),
    "not asked": (
        "{service} cannot be asked{target} ({code})",
        "correct the configuration of AWS in ~/.aws and in the environment",
    ),
}

_FORBIDDEN_ACTION = re.compile(r"perform:? (?P<action>[\w-]+:\w+)")
_ACTOR = re.compile(r"User: (?P<arn>arn:\S+)")
_PARAMETER = re.compile(r"parameter (?:in input: \")?(\w+)")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to AWS: the permission it needs, such as s3:GetObject, its region, and for S3 the URL it is about."""

    action: str
    region: str = ""
    url: str = ""

    def words(self) -> dict[str, str]:
        """Return the request as the templates of ``WORDS`` name it."""
        place = f" on {self.url}" if self.url else f" in {self.region}" if self.region else ""
        return {
            "action": self.action,
            "what": f"{self.action}{place}",
            "region": self.region or "this region",
            "service": "S3" if self.url else "AWS",
            "url": self.url,
            "on": f" on {self.url}" if self.url else "",
            "target": f" for {self.url}" if self.url else "",
            "bucket": self.url.removeprefix("s3://").partition("/")[0],
        }


def refusal(request: Request, answer: Mapping[str, Any]) -> AwsError:
    """Return the error for an answer of AWS that refuses a request."""
    error = answer.get("Error", {})
    code = str(error.get("Code", "an error without a code"))
    message = " ".join(str(error.get("Message") or "").split())[:MAX_MESSAGE_CHARACTERS]
    reason = reason_of_code(code, message, is_s3=bool(request.url))
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    words = request.words() | {
        "code": f"HTTP {code}" if reason == "no AWS" else code,
        "said": f": {message}" if message else "",
        "lacking": _lacking(request.action, message),
        "actor": match["arn"] if (match := _ACTOR.search(message)) else "the AWS identity in use",
        "bucket_region": headers.get("x-amz-bucket-region", "another region"),
    }
    return _error(reason, words, code)


def failure(error: Any, request: Request, unknown_region: str | None = None) -> AwsError:
    """Return the error for an exception of botocore or of its configuration: no answer came, or nothing could be asked.

    Some of these exceptions quote the values of parameters, which are not repeated. ``unknown_region`` is the region of the
    request when boto3 does not know it.
    """
    name = type(error).__name__
    reason = reason_of_exception(kind.__name__ for kind in type(error).__mro__)
    endpoint = str(getattr(error, "kwargs", {}).get("endpoint_url", ""))
    words = request.words() | {
        "code": name,
        "server": urlsplit(endpoint).hostname or "its server",
        "parameters": ", ".join(sorted(set(_PARAMETER.findall(str(error))))) or "a value",
    }
    if reason == "unreachable" and unknown_region:
        message = f"{_error(reason, words, name).message}, and {unknown_region} is not a known region"
        return AwsError(message, "correct [AWS] REGION or AWS_REGION", name)
    return _error(reason, words, name)


def bad_endpoint(request: Request) -> AwsError:
    """Return the error for an endpoint that is not a URL, for which botocore raises a ValueError."""
    service = request.words()["service"]
    variables = "AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_S3" if request.url else "AWS_ENDPOINT_URL"
    return AwsError(f"{service} {_NO_ANSWER}: {variables} must be a URL like http://host:port", "correct it")


@contextmanager
def explained(request: Request, unknown_region: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Turn what boto3 raises for a request into AwsErrors. ``unknown_region`` is asked when no answer came."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise refusal(request, error.response) from error
    except (BotoCoreError, ResponseParserError) as error:  # not chained: some quote parameters, or the answer
        raise failure(error, request, unknown_region()) from None
    except ValueError as error:
        if "endpoint" in str(error).lower():
            raise bad_endpoint(request) from None
        raise failure(error, request) from None  # a malformed variable, for one; its value may be a proxy's password


def _error(reason: Reason, words: Mapping[str, str], code: str) -> AwsError:
    message, hint = (template.format_map(words) for template in WORDS[reason])
    if not hint and not words["said"]:
        hint = "see the documentation of {service} for this code".format_map(words)
    return AwsError(message, hint, code)


def _lacking(action: str, message: str) -> str:
    """Return the permission that is lacking. EC2 encodes its message, which is not quoted."""
    named = _FORBIDDEN_ACTION.search(message)
    if named is None or named["action"] == action:
        return action
    return f"{named['action']}, which {action} needs"


def is_denied(error: AwsError) -> bool:
    """Return whether a permission is lacking."""
    return error.code in CODES["denied"]


def is_not_implemented(error: AwsError) -> bool:
    """Return whether an emulator of AWS answers in a way in which it answers for services that it does not have."""
    is_page = error.code.isdigit()  # with its HTTP status for a code
    return is_page or error.code in CODES["not implemented"] or "not yet implemented" in error.message


def is_unreachable(error: AwsError) -> bool:
    """Return whether no answer came."""
    return _NO_ANSWER in error.message
