"""Objects in S3, through boto3, which is slow to import and is imported with the first request."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from sparkify_dwh.aws.error_codes import CODES
from sparkify_dwh.aws.errors import Request, explained
from sparkify_dwh.aws.sessions import READ_TIMEOUT_SECONDS, AccessKey, Limits, new_client, new_session, region_in_use
from sparkify_dwh.aws.wire_logs import quiet
from sparkify_dwh.errors import AwsError, MissingObjectError, SourceError
from sparkify_dwh.storage.urls import StoredObject, split_s3

# The timeouts apply to each attempt. A read that breaks off is not repeated.
READ_TIMEOUT_VARIABLE = "SPARKIFY_DWH_S3_READ_SECONDS"  # of the environment, in place of READ_TIMEOUT_SECONDS
MAX_READ_TIMEOUT_SECONDS = 86_400
MAX_ATTEMPTS = 3  # unless AWS_MAX_ATTEMPTS or the profile has another number
_BUFFER_BYTES = 1 << 20
_MISSING_CODES = (*CODES["no object"], *CODES["no bucket"])


class S3Objects:
    """Objects by ``s3://`` URL; failures are SourceErrors. ``ObjectStore`` documents the methods.

    ``write`` sends an object in one request, which S3 limits to 5 GB. A read that breaks off is not resumed.
    """

    def __init__(self, *, access_key: AccessKey | None = None, region: str | None = None) -> None:
        self._access_key = access_key
        self._region = region
        self._made: Any = None

    def list(self, prefix_url: str) -> Iterator[StoredObject]:
        bucket, prefix = split_s3(prefix_url)
        with _explained("s3:ListBucket", prefix_url):
            pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for item in (item for page in pages for item in page.get("Contents", ())):
                yield StoredObject(f"s3://{bucket}/{item['Key']}", item["Size"], item["ETag"].strip('"'))

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
        """Return the client, created with the first request. If two threads create one each, either is used."""
        made = self._made
        if made is None:
            session = new_session(self._access_key)  # one for each client: sessions are not safe among threads
            has_attempts = session.get_config_variable("max_attempts") is not None
            limits = Limits(
                read_seconds=_read_timeout_seconds(os.environ), max_attempts=None if has_attempts else MAX_ATTEMPTS
            )
            self._made = made = new_client(session, "s3", region_in_use(session, self._region), limits)
        return made


def _read_timeout_seconds(environ: Mapping[str, str]) -> float:
    text = environ.get(READ_TIMEOUT_VARIABLE) or str(READ_TIMEOUT_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < MAX_READ_TIMEOUT_SECONDS:
        raise SourceError(f"{READ_TIMEOUT_VARIABLE} needs a number of seconds above 0, found {text}", "correct it")
    return seconds


class _Stream(io.RawIOBase):
    """The body of an answer from S3; an error while reading it is a SourceError."""

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
        raise SourceError(f"An object in S3 needs a URL like s3://bucket/key, found the bucket {url}", "add the key")
    return bucket, key


@contextmanager
def _explained(action: str, url: str) -> Iterator[None]:
    """Turn the errors of boto3 into SourceErrors; ``action`` is the permission that the request needs."""
    try:
        with explained(Request(action, url=url)), quiet:  # headers hold session tokens
            yield
    except AwsError as error:
        kind = MissingObjectError if error.code in _MISSING_CODES else SourceError
        raise kind(error.message, error.hint) from error.__cause__
