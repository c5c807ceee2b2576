"""The policy documents of the role with which Redshift reads inputs and writes exports: its trust and its permissions.

https://docs.aws.amazon.com/redshift/latest/dg/c-getting-started-using-spectrum-create-role.html and, for UNLOAD,
Redshift guide, r_UNLOAD
"""

from __future__ import annotations

import json
import re
from typing import Any

from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.urls import split_s3

POLICY_NAME = "sparkify-dwh-s3"
READ_ALL = "AmazonS3ReadOnlyAccess"

_VERSION = "2012-10-17"  # of the policy language: the one with ${*}
_READ = ["s3:GetObject"]
_WRITE = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]


def trust() -> str:
    """Return the trust policy: Redshift, provisioned or Serverless, may assume the role."""
    services = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    return _document([statement])


def access(settings: Settings, partition: str) -> str | None:
    """Return the permissions: read the configured inputs, write to EXPORT and MANIFESTS. None if no location is in S3.

    Limit: buckets that are encrypted with a KMS key also need kms:Decrypt and, to write, kms:GenerateDataKey.
    """
    single = set(settings.inputs.values()) - set(settings.input_prefixes.values())
    read = in_s3(*settings.inputs.values())
    written = in_s3(settings.manifests, settings.export)
    if not read and not written:
        return None
    buckets = sorted({split_s3(url)[0] for url in read + written})
    statements: list[dict[str, Any]] = [
        _allowed(
            "List", ["s3:ListBucket", "s3:GetBucketLocation"], [f"arn:{partition}:s3:::{name}" for name in buckets]
        )
    ]
    if read:
        statements.append(
            _allowed("Read", _READ, [_resource(url, partition, is_prefix=url not in single) for url in read])
        )
    if written:
        statements.append(_allowed("Write", _WRITE, [_resource(url, partition) for url in written]))
    return _document(statements)


def in_s3(*urls: str | None) -> list[str]:
    return [url for url in urls if url and url.startswith("s3://")]


def _resource(url: str, partition: str, *, is_prefix: bool = True) -> str:
    """Return the ARN of a key prefix or of a single object. Wildcards of the policy language are escaped."""
    bucket, key = split_s3(url)
    literal = re.sub(r"[*?$]", lambda wildcard: f"${{{wildcard[0]}}}", key)
    return f"arn:{partition}:s3:::{bucket}/{literal}" + ("*" if is_prefix else "")


def _allowed(name: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": sorted(set(resources))}


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": _VERSION, "Statement": statements})
