"""Sessions and clients of AWS: whose credentials, which region, how long to wait. Every request to AWS uses these.

Credentials come from the environment and the profile, then from [AWS] KEY and SECRET, then from the role of the machine.
boto3 is slow to import, so nothing here imports it before it is needed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from sparkify_dwh.errors import ConfigurationError, SourceError
from sparkify_dwh.utils.secret import Secret

CONNECT_TIMEOUT_SECONDS = 10.0  # boto3 waits 60, five times over
READ_TIMEOUT_SECONDS = 60.0

TEMPORARY_KEY = "ASIA"  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
EXPLICIT = "explicit"  # botocore's name for credentials that it was given


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key. With ``is_fallback``, environment and profile go before it, as they do before [AWS] KEY and SECRET."""

    key: Secret
    secret: Secret
    token: Secret | None = None
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a request waits, and how often it is sent; None leaves that to environment, profile or boto3."""

    connect_seconds: float = CONNECT_TIMEOUT_SECONDS
    read_seconds: float = READ_TIMEOUT_SECONDS
    max_attempts: int | None = None


def new_session(access_key: AccessKey | None = None) -> Any:
    """Return a session of botocore with its credentials.

    Raises:
        ConfigurationError: the fallback is needed, and it is a temporary key, for which [AWS] has no session token.
        SourceError: another temporary key without a token.
    """
    import botocore.session

    session = botocore.session.Session()
    session.register_component("data_loader", _service_descriptions())
    if access_key and not (access_key.is_fallback and _has_credentials(session)):
        _require_token(access_key)
        token = access_key.token.reveal() if access_key.token else None
        session.set_credentials(access_key.key.reveal(), access_key.secret.reveal(), token)
    return session


def new_client(session: Any, service: str, region: str | None, limits: Limits | None = None) -> Any:
    """Return boto3's client for a service."""
    import boto3
    from botocore.config import Config

    limits = limits or Limits()
    retries = None if limits.max_attempts is None else {"total_max_attempts": limits.max_attempts}
    config = Config(connect_timeout=limits.connect_seconds, read_timeout=limits.read_seconds, retries=retries)
    return boto3.session.Session(botocore_session=session).client(service, region_name=region, config=config)


def region_in_use(session: Any, region: str | None) -> str | None:
    """Return the region to ask: ``region``, else that of AWS_REGION, else that of AWS_DEFAULT_REGION or the profile."""
    return region or os.environ.get("AWS_REGION") or session.get_config_variable("region")


def credentials_method(access_key: AccessKey | None) -> str | None:
    """Return botocore's name for where the credentials come from, after getting them; None without credentials.

    The name is ``EXPLICIT`` for the access key. Raises what botocore raises for credentials that cannot be used.
    """
    credentials = new_session(access_key).get_credentials()
    if credentials is None:
        return None
    credentials.get_frozen_credentials()
    return str(credentials.method)


def _require_token(access_key: AccessKey) -> None:
    if access_key.token or not access_key.key.reveal().startswith(TEMPORARY_KEY):
        return
    needs = "that of temporary credentials, which need a session token"
    if access_key.is_fallback:
        raise ConfigurationError(
            f"[AWS] KEY is {needs}, and [AWS] has no key for one",
            "put all three into the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) or into a "
            "profile",
        )
    raise SourceError(f"The access key is {needs}", "give the token too")


def _has_credentials(session: Any) -> bool:
    """Return whether environment or profile have credentials. The session does not ask for the role of the machine then."""
    resolver = session.get_component("credential_provider")
    for role in ("container-role", "iam-role"):
        resolver.remove(role)
    return session.get_credentials() is not None


@cache
def _service_descriptions() -> Any:
    """Return botocore's descriptions of the services, read once for all sessions: those of EC2 take 0.1 s."""
    import botocore.session

    return botocore.session.Session().get_component("data_loader")
