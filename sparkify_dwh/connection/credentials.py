"""Logins to the warehouse, one for each new connection.

Three ways, in this order: IAM (``IAM=true``: a temporary password, valid for 15 minutes; sessions outlive it), a secret of
Secrets Manager (``SECRET_ARN``, which may be rotated), and DB_USER with DB_PASSWORD.

With IAM, the user of a provisioned cluster is DB_USER, or without it one named after the AWS identity
(https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html). Serverless has only the latter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Endpoint, endpoint_of
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the database and the password."""

    user: str
    password: Secret


class Credentials:
    """Logins for the warehouse that ``settings`` configure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._aws: Aws | None = None

    def login(self) -> Login:
        """Return a login that is valid now.

        Raises:
            AwsError: AWS refuses it; the message says why.
            ConfigurationError: the configuration lacks the user, the password or the cluster.
        """
        settings = self._settings
        if settings.iam:
            return self._temporary_login()
        if settings.secret_arn:
            return self._stored_login(settings.secret_arn)
        if settings.db_user is None or settings.db_password is None:
            raise ConfigurationError(f"{settings.origin} lacks [CLUSTER] DB_USER or DB_PASSWORD", "add what is missing")
        return Login(settings.db_user, settings.db_password)

    def _temporary_login(self) -> Login:
        endpoint = warehouse_of(self._settings)
        aws = self._aws_in(endpoint.region)
        database = {} if self._settings.db_name is None else {"DbName": self._settings.db_name}
        if endpoint.kind == SERVERLESS:
            answer = aws.call(
                "redshift-serverless",
                "get_credentials",
                workgroupName=endpoint.identifier,
                dbName=self._settings.db_name,
            )
            return _login(answer, "dbUser", "dbPassword")
        if self._settings.db_user:
            answer = aws.call(
                "redshift",
                "get_cluster_credentials",
                ClusterIdentifier=endpoint.identifier,
                DbUser=self._settings.db_user,
                AutoCreate=False,
                **database,
            )
        else:
            answer = aws.call(
                "redshift", "get_cluster_credentials_with_iam", ClusterIdentifier=endpoint.identifier, **database
            )
        return _login(answer, "DbUser", "DbPassword")

    def _stored_login(self, arn: str) -> Login:
        answer = self._aws_in(arn.split(":")[3]).call("secretsmanager", "get_secret_value", SecretId=arn)
        try:
            content = json.loads(answer.get("SecretString") or "")
        except ValueError:  # not chained: the decoder's error holds the secret
            content = None
        if isinstance(content, dict) and content.get("username") and content.get("password"):
            return _login(content, "username", "password")
        raise AwsError(
            f"The secret {arn} must be JSON with username and password, as Redshift and Secrets Manager write it",
            "correct its content, or [CLUSTER] SECRET_ARN",
        )

    def _aws_in(self, region: str | None) -> Aws:
        if self._aws is None:
            self._aws = aws_of(self._settings, region=region)
        return self._aws


def aws_of(settings: Settings, *, region: str | None = None, is_hurried: bool = False) -> Aws:
    """Return AWS as the settings' identity, in ``region``, else in theirs."""
    return Aws(access_key=settings.access_key, region=region or settings.aws_region, is_hurried=is_hurried)


def warehouse_of(settings: Settings) -> Endpoint:
    """Return the warehouse that HOST names, or else the one that [DWH] names."""
    if endpoint := endpoint_of(settings.host):
        return endpoint
    identifier = settings.dwh.get("DWH_CLUSTER_IDENTIFIER")
    if not identifier:
        raise ConfigurationError(
            f"{settings.origin}: [CLUSTER] HOST is not an endpoint of Redshift, so the cluster is not known",
            "name the cluster or workgroup in [DWH] DWH_CLUSTER_IDENTIFIER",
        )
    serverless = settings.dwh.get("DWH_CLUSTER_TYPE", "").lower() == SERVERLESS
    return Endpoint(SERVERLESS if serverless else PROVISIONED, identifier, settings.aws_region)


def _login(answer: dict[str, Any], user: str, password: str) -> Login:
    return Login(str(answer[user]), Secret(str(answer[password])))
