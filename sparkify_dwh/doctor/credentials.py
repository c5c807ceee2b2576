"""Findings about the credentials of AWS: whether there are any, and of which kind; never what they are."""

from __future__ import annotations

from collections.abc import Iterator

from sparkify_dwh.aws.errors import CREDENTIALS_ADVICE, failure
from sparkify_dwh.doctor.findings import Finding, ok, problem
from sparkify_dwh.doctor.sources import is_of_s3
from sparkify_dwh.settings import Settings

# What botocore calls where it found them.
KINDS = {
    "assume-role": "a role that the profile assumes",
    "assume-role-with-web-identity": "a role by web identity",
    "config-file": "the profile in ~/.aws/config",
    "container-role": "the role of this container",
    "custom-process": "the credential_process of the profile",
    "env": "the environment (AWS_ACCESS_KEY_ID)",
    "iam-role": "the role of this machine",
    "login": "`aws login`",
    "shared-credentials-file": "the profile in ~/.aws/credentials",
    "sso": "`aws sso login`",
}


def credentials_findings(settings: Settings) -> Iterator[Finding]:
    """What would be sent to AWS with each request. Raises AwsError where there are some that cannot be used."""
    if not (is_of_s3(settings) or settings.iam or settings.secret_arn):
        yield ok("credentials", "AWS is asked for nothing, so it wants no credentials.")
    elif settings.store_options()["key"] is not None:
        yield ok("credentials", "AWS is asked with [AWS] KEY and SECRET, for environment and profile have none.")
    elif (method := _method()) is not None:
        yield ok("credentials", f"AWS is asked with credentials of {KINDS.get(method, f'another kind, {method}')}.")
    else:
        yield problem("credentials", f"There are no credentials for AWS: {CREDENTIALS_ADVICE}.")


def _method() -> str | None:
    """How botocore comes by credentials, which it has to show that they can be had."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        found = botocore.session.Session().get_credentials()
        if found is None:
            return None
        found.get_frozen_credentials()
    except BotoCoreError as error:
        raise failure(error) from None  # not chained: some of these quote values
    return str(found.method)
