"""IAM policies, with the least that the settings need: the role that Redshift assumes, and parts of those of persons.

https://docs.aws.amazon.com/redshift/latest/dg/c-getting-started-using-spectrum-create-role.html; for UNLOAD, Redshift guide,
r_UNLOAD; for resources and conditions, https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshift.html

Limit: buckets and secrets that are encrypted with a KMS key of the account also need kms:Decrypt and, to write,
kms:GenerateDataKey.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sparkify_dwh.aws.endpoint import region_of
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.urls import split_s3

POLICY_NAME = "sparkify-dwh-s3"
READ_ALL = "AmazonS3ReadOnlyAccess"
SERVICES = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]

ANY = "*"

_VERSION = "2012-10-17"  # of the policy language: the one with ${*}
_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:[a-z-]*:[a-z0-9-]*:|[a-z0-9-]+\.)(?P<account>\d{12})[.:]")

Document = dict[str, Any]
Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources are, as ARNs say it. ``region`` and ``account`` are ``*`` when the settings do not say them."""

    partition: str
    region: str = ANY
    account: str = ANY

    def arn(self, service: str, resource: str) -> str:
        region = "" if service == "iam" else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"


def place_of(settings: Settings, partition: str) -> Place:
    """Return where the warehouse is: its account is in the ARN of the role or the secret, or in Serverless's endpoint."""
    texts = filter(None, (settings.role_arn, settings.secret_arn, settings.host))
    accounts = [match["account"] for text in texts if (match := _ACCOUNT.match(text))]
    region = region_of(settings.host) or settings.aws_region
    return Place(partition, region or ANY, accounts[0] if accounts else ANY)


def trust() -> Document:
    """Return the trust policy: Redshift, provisioned or Serverless, may assume the role."""
    return document([{"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}])


def access(settings: Settings, partition: str) -> Document | None:
    """Return the role's permissions: read inputs, manifests and exports, and write exports. None if nothing is in S3."""
    export = in_s3(settings.export)
    read = [*in_s3(*settings.inputs.values()), *in_s3(settings.manifests), *export]
    if not read:
        return None
    statements = [
        list_buckets(read, partition, "List"),
        allowed("Read", ["s3:GetObject"], resources(settings, read, partition)),
    ]
    if export:
        actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
        statements.append(allowed("Write", actions, resources(settings, export, partition)))
    return document(statements)


def list_buckets(urls: list[str], partition: str, name: str) -> Statement:
    buckets = {split_s3(url)[0] for url in urls}
    actions = ["s3:ListBucket", "s3:GetBucketLocation"]
    return allowed(name, actions, [f"arn:{partition}:s3:::{bucket}" for bucket in buckets])


def resources(settings: Settings, urls: list[str], partition: str) -> list[str]:
    """Return the ARNs of key prefixes and, for JSONPaths files, of single objects."""
    single = {*settings.inputs.values()} - {*settings.input_prefixes.values()}
    return [_resource(url, partition, is_prefix=url not in single) for url in urls]


def in_s3(*urls: str | None) -> list[str]:
    return [url for url in urls if url and url.startswith("s3://")]


def _resource(url: str, partition: str, *, is_prefix: bool) -> str:
    """Return the ARN of a key prefix or of a single object. Wildcards of the policy language are escaped."""
    bucket, key = split_s3(url)
    literal = re.sub(r"[*?$]", lambda wildcard: f"${{{wildcard[0]}}}", key)
    return f"arn:{partition}:s3:::{bucket}/{literal}" + ("*" if is_prefix else "")


def allowed(name: str, actions: list[str], resources: list[str], **conditions: dict[str, Any]) -> Statement:
    """Return a statement. ``conditions`` are by the operators of the policy language, such as ``StringEquals``."""
    statement: Statement = {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": sorted(set(resources))}
    return statement | ({"Condition": conditions} if conditions else {})


def document(statements: list[Statement]) -> Document:
    return {"Version": _VERSION, "Statement": statements}
