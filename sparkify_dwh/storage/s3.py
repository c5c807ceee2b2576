"""The objects in S3, through boto3, and what its errors mean to the one who has to act.

boto3 is slow to import, so it is imported with the first request.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from sparkify_dwh.aws.quiet import quiet
from sparkify_dwh.errors import SourceError
from sparkify_dwh.storage.urls import StoredObject, split_s3

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError

    from sparkify_dwh.utils.secret import Secret

# A store that does not answer has an end: each attempt waits so long for a connection, and so long for the next bytes.
# An answer whose beginning has been read is not asked for again.
CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 60.0
READ_TIMEOUT_VARIABLE = "SPARKIFY_DWH_S3_READ_SECONDS"  # of the environment, for another time than that
MOST_ATTEMPTS = 3  # unless AWS_MAX_ATTEMPTS or the profile says otherwise
_BUFFER_BYTES = 1 << 20

# Codes in the answers of S3.
_FORBIDDEN = {"AccessDenied", "AllAccessDisabled", "Forbidden", "403"}
_MISSING = {"NoSuchKey", "NotFound", "404"}
_ELSEWHERE = {
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
}
_REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}

# By name, because importing botocore's classes is what this module puts off.
_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "TokenRetrievalError",
    "MetadataRetrievalError",
    "ProfileNotFound",
    "SSOError",
    "LoginError",
}
_UNREACHABLE = {"ConnectionError", "ConnectionClosedError", "ReadTimeoutError"}
_BROKEN_OFF = {"HTTPClientError", "IncompleteReadError", "ChecksumError", "FlexibleChecksumError"}


class S3Objects:
    """Objects by ``s3://`` URL; every failure is a SourceError. ``ObjectStore`` says what the methods promise.

    ``write`` sends an object in one request, which S3 limits to 5 GB. A read that breaks off is not resumed. A server that
    falls silent is given up; see the constants above.
    """

    def __init__(self, *, key: Secret | None, secret: Secret | None, token: Secret | None, region: str | None) -> None:
        if bool(key) != bool(secret):
            raise SourceError("an access key of AWS needs both its parts, found one: give key and secret, or neither")
        self._keys = (key, secret, token)
        self._region = region
        self._made: Any = None

    def list(self, prefix_url: str) -> Iterator[StoredObject]:
        bucket, prefix = split_s3(prefix_url)
        with _explained("s3:ListBucket", prefix_url):
            pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for found in (found for page in pages for found in page.get("Contents", ())):
                yield StoredObject(f"s3://{bucket}/{found['Key']}", found["Size"], found["ETag"].strip('"'))

    def open(self, url: str) -> BinaryIO:
        bucket, key = _object(url)
        with _explained("s3:GetObject", url):
            body = self._client().get_object(Bucket=bucket, Key=key)["Body"]
        return cast(BinaryIO, io.BufferedReader(_Stream(url, body), _BUFFER_BYTES))

    def write(self, url: str, data: bytes) -> None:
        bucket, key = _object(url)
        with _explained("s3:PutObject", url):
            self._client().put_object(Bucket=bucket, Key=key, Body=data)

    def delete(self, url: str) -> None:
        bucket, key = _object(url)
        with _explained("s3:DeleteObject", url):
            self._client().delete_object(Bucket=bucket, Key=key)

    def close(self) -> None:
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def _client(self) -> Any:
        """The client, made with the first request; when two threads make one each, either will do."""
        made = self._made
        if made is None:
            import boto3
            import botocore.session
            from botocore.exceptions import BotoCoreError

            key, secret, token = (value.reveal() if value else None for value in self._keys)
            # A session of its own: the default one is shared, and not safe among threads.
            core = botocore.session.Session()
            timeout_seconds = _read_timeout_seconds(os.environ)
            try:
                session = boto3.session.Session(key, secret, token, self._region, botocore_session=core)
                made = session.client("s3", config=_client_config(core, timeout_seconds))
            except BotoCoreError:
                raise  # some of these are ValueErrors too
            except ValueError as error:
                raise SourceError(
                    "S3 cannot be reached: AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_S3 must be a URL like http://host:port"
                ) from error
            self._made = made
        return made


def _client_config(core: Any, read_timeout_seconds: float) -> Any:
    """The client's timeouts and attempts; attempts that environment or profile name stay as they are."""
    from botocore.config import Config

    timeouts = Config(connect_timeout=CONNECT_TIMEOUT_SECONDS, read_timeout=read_timeout_seconds)
    if core.get_config_variable("max_attempts") is not None:
        return timeouts
    return timeouts.merge(Config(retries={"total_max_attempts": MOST_ATTEMPTS}))


def _read_timeout_seconds(environ: Mapping[str, str]) -> float:
    given = environ.get(READ_TIMEOUT_VARIABLE) or str(READ_TIMEOUT_SECONDS)
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise SourceError(f"{READ_TIMEOUT_VARIABLE} needs a number of seconds above 0, found {given}: correct it")
    return seconds


class _Stream(io.RawIOBase):
    """The body of an answer from S3; what breaks it off is a SourceError."""

    def __init__(self, url: str, body: Any) -> None:
        super().__init__()
        self._url = url
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._next(None)

    def close(self) -> None:
        self._body.close()
        super().close()

    def _next(self, size_bytes: int | None) -> bytes:
        with _explained("s3:GetObject", self._url):
            return cast(bytes, self._body.read(size_bytes))


def _object(url: str) -> tuple[str, str]:
    bucket, key = split_s3(url)
    if not key:
        raise SourceError(f"an object in S3 needs a URL like s3://bucket/key, found the bucket {url}: add the key")
    return bucket, key


@contextmanager
def _explained(action: str, url: str) -> Iterator[None]:
    """Turn the errors of boto3 into SourceErrors; ``action`` is the permission that the request needs."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with quiet:  # headers hold session tokens
            yield
    except ClientError as error:
        raise SourceError(_refusal(action, url, error.response)) from error
    except BotoCoreError as error:
        raise SourceError(_failure(url, error)) from error


def _refusal(action: str, url: str, answer: Mapping[str, Any]) -> str:
    """What S3 answered, as a sentence."""
    code = answer.get("Error", {}).get("Code", "an error without a code")
    bucket = split_s3(url)[0]
    if code == "NoSuchBucket":
        return f"there is no bucket {bucket}, needed for {url}: correct the URL"
    if code in _MISSING:
        return f"nothing is at {url}: correct the URL or put the object there"
    if code in _FORBIDDEN:
        return f"no permission for {action} on {url}: grant it to the AWS identity in use"
    if code in _REFUSED:
        return f"S3 refused the AWS credentials for {url} ({code}): correct or renew them"
    if code in _ELSEWHERE:
        region = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region", "another region")
        return f"the bucket of {url} is in {region}, not where it was asked for ({code}): correct [S3] REGION"
    return f"S3 refused {action} on {url} ({code}): see the documentation of S3 for this code"


def _failure(url: str, error: BotoCoreError) -> str:
    """Why no answer of S3 came, or not the whole of it, as a sentence."""
    name = type(error).__name__
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & _NO_CREDENTIALS:
        return (
            f"no AWS credentials for {url} ({name}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, "
            "or a role of the machine"
        )
    if kinds & _UNREACHABLE:
        server = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname or "the configured server"
        return f"S3 cannot be reached at {server} for {url} ({name}): check the network and AWS_ENDPOINT_URL"
    if kinds & _BROKEN_OFF:
        return f"the answer of S3 for {url} broke off ({name}): try again"
    return f"S3 cannot be asked for {url} ({name}): correct the configuration of AWS, or [S3] REGION"
