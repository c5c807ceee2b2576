"""Findings about AWS credentials: whether there are any, and where from. Their values are never shown."""

from __future__ import annotations

from collections.abc import Iterator

from sparkify_dwh.aws.errors import CREDENTIALS_HINT, Request, explained
from sparkify_dwh.aws.sessions import EXPLICIT, credentials_method
from sparkify_dwh.doctor.findings import Finding, ok, problem
from sparkify_dwh.doctor.sources import uses_s3
from sparkify_dwh.settings import Settings

# By botocore's name for the source of credentials.
SOURCES = {
    "assume-role": "a role that the profile assumes",
    "assume-role-with-web-identity": "a role by web identity",
    "config-file": "the profile in ~/.aws/config",
    "container-role": "the role of this container",
    "custom-process": "the credential_process of the profile",
    EXPLICIT: "[AWS] KEY and SECRET; environment and profile have no credentials",
    "env": "the environment (AWS_ACCESS_KEY_ID)",
    "iam-role": "the role of this machine",
    "login": "`aws login`",
    "shared-credentials-file": "the profile in ~/.aws/credentials",
    "sso": "`aws sso login`",
}


def credentials_findings(settings: Settings) -> Iterator[Finding]:
    """Yield a finding about the credentials of AWS requests. Raises AwsError for credentials that cannot be used."""
    if not (uses_s3(settings) or settings.iam or settings.secret_arn):
        yield ok("credentials", "No AWS credentials are needed.")
        return
    with explained(Request("the credentials")):
        method = credentials_method(settings.access_key)
    if method is None:
        yield problem("credentials", f"No AWS credentials were found: {CREDENTIALS_HINT}.")
    else:
        yield ok("credentials", f"AWS requests use {SOURCES.get(method, f'credentials by {method}')}.")
