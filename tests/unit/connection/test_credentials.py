"""Who logs in to the warehouse: a password, IAM, or a secret; and what is asked of AWS for it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from support.aws import Account, Sent

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import Endpoint, endpoint_of, region_of
from sparkify_dwh.aws.sessions import AccessKey, credentials_method
from sparkify_dwh.connection.credentials import Credentials, Login, warehouse_of
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

HOST = "music.abc123.us-west-2.redshift.amazonaws.com"
SERVERLESS_HOST = "music.123456789012.us-west-2.redshift-serverless.amazonaws.com"


def login(**settings: Any) -> Login:
    return Credentials(Settings(**{"host": HOST, "db_name": "sparkify", **settings})).login()


def test_a_password_is_taken_as_it_is() -> None:
    assert login(db_user="ada", db_password=Secret("pa55")) == Login("ada", Secret("pa55"))


@pytest.fixture
def cluster(account: Account) -> str:
    """The host of a cluster that is there."""
    account.ask(
        "redshift", "create_cluster", ClusterIdentifier=account.identifier, NodeType="ra3.large", MasterUsername="admin",
        MasterUserPassword="Passw0rd-other",
    )  # fmt: skip
    return str(account.cluster()["Endpoint"]["Address"])


def test_iam_lets_a_user_in_for_a_quarter_of_an_hour(account: Account, cluster: str, sent: Sent) -> None:
    """The user must be there: one that IAM creates would own nothing and see nothing."""
    found = login(iam=True, host=cluster, db_user="loader")
    assert found.user == "IAM:loader"
    assert sent.last("GetClusterCredentials") == {
        "ClusterIdentifier": account.identifier,
        "DbUser": "loader",
        "AutoCreate": False,
        "DbName": "sparkify",
    }


def test_every_login_is_new(account: Account, cluster: str) -> None:
    credentials = Credentials(Settings(host=cluster, iam=True, db_user="loader", db_name="sparkify"))
    assert credentials.login().password != credentials.login().password


def test_iam_without_a_user_lets_the_identity_of_aws_in(account: Account, sent: Sent) -> None:
    sent.answers["GetClusterCredentialsWithIAM"] = {"DbUser": "IAMR:engineer", "DbPassword": "minted"}
    assert login(iam=True) == Login("IAMR:engineer", Secret("minted"))
    assert sent.last("GetClusterCredentialsWithIAM") == {"ClusterIdentifier": "music", "DbName": "sparkify"}


def test_serverless_lets_the_identity_of_aws_in(account: Account) -> None:
    assert login(iam=True, host=SERVERLESS_HOST, db_user="loader") == Login("IAMR:engineer", Secret("minted"))
    assert account.serverless.sent("GetCredentials") == {"workgroupName": "music", "dbName": "sparkify"}


def test_credentials_for_a_cluster_that_is_not_there_are_refused(account: Account) -> None:
    with pytest.raises(AwsError, match=r"redshift:GetClusterCredentials in us-west-2 \(ClusterNotFound\)"):
        login(iam=True, db_user="loader")


def secret(account: Account, content: str) -> str:
    name = f"warehouse-{account.identifier}"
    return str(account.ask("secretsmanager", "create_secret", Name=name, SecretString=content)["ARN"])


def test_a_secret_is_read_at_each_login(account: Account) -> None:
    """It may be rotated while a pool of connections lives."""
    arn = secret(account, json.dumps({"username": "ada", "password": "first", "engine": "redshift"}))
    credentials = Credentials(Settings(host=HOST, secret_arn=arn))
    assert credentials.login() == Login("ada", Secret("first"))
    account.ask(
        "secretsmanager", "put_secret_value", SecretId=arn, SecretString='{"username": "ada", "password": "second"}'
    )
    assert credentials.login() == Login("ada", Secret("second"))


@pytest.mark.parametrize(
    "content", ["hush-hush", '{"username": "ada"}', '"hush-hush"', '{"user": "ada", "pw": "hush-hush"}']
)
def test_a_secret_of_another_form_is_not_shown(account: Account, content: str) -> None:
    arn = secret(account, content)
    with pytest.raises(AwsError, match="must be JSON with username and password") as error:
        login(secret_arn=arn)
    assert "hush" not in str(error.value)
    assert error.value.__cause__ is None
    assert "hush" not in repr(error.value.__context__)


def test_no_login_reaches_a_log(account: Account, cluster: str, caplog: pytest.LogCaptureFixture) -> None:
    arn = secret(account, json.dumps({"username": "ada", "password": "hush-hush"}))
    caplog.set_level(logging.DEBUG)
    found = [
        login(secret_arn=arn),
        login(iam=True, host=cluster, db_user="loader"),
        login(iam=True, host=SERVERLESS_HOST),
    ]
    shown = f"{caplog.text} {found}"
    assert not [one for one in found if one.password.reveal() in shown]


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        (HOST, Endpoint("provisioned", "music", "us-west-2")),
        (HOST.upper(), Endpoint("provisioned", "music", "us-west-2")),
        (SERVERLESS_HOST, Endpoint("serverless", "music", "us-west-2")),
        ("music.abc.cn-north-1.redshift.amazonaws.com.cn", Endpoint("provisioned", "music", "cn-north-1")),
        ("music-endpoint-x1y2.abc.us-west-2.redshift.amazonaws.com", None),
        ("warehouse.sparkify.com", None),
        ("localhost", None),
        (None, None),
    ],
)
def test_an_endpoint_says_what_it_is(host: str | None, endpoint: Endpoint | None) -> None:
    assert endpoint_of(host) == endpoint
    assert region_of(host) == (endpoint.region if endpoint else region_of(host))


def test_behind_a_host_of_another_name_is_the_cluster_that_dwh_names() -> None:
    settings = Settings(host="localhost", dwh={"DWH_CLUSTER_IDENTIFIER": "music", "DWH_CLUSTER_TYPE": "Serverless"})
    assert warehouse_of(settings) == Endpoint("serverless", "music", None)
    with pytest.raises(ConfigurationError, match=r"name the cluster or workgroup in \[DWH\] DWH_CLUSTER_IDENTIFIER"):
        warehouse_of(Settings(host="localhost"))


CONFIGURED = AccessKey(Secret("AKIAFILE"), Secret("s/e+c"), is_fallback=True)


def key_in_use(aws: Aws) -> str:
    return str(aws.session().get_credentials().access_key)


def test_the_environment_goes_before_the_file(s3_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_in_use(Aws(access_key=CONFIGURED)) == "AKIATEST"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert key_in_use(Aws(access_key=CONFIGURED)) == "AKIAFILE"


def test_the_profile_goes_before_the_file(
    s3_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    shared = tmp_path / "credentials"
    shared.write_text("[ada]\naws_access_key_id=AKIAADA\naws_secret_access_key=x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    assert key_in_use(Aws(access_key=CONFIGURED)) == "AKIAFILE"
    monkeypatch.setenv("AWS_PROFILE", "ada")
    assert key_in_use(Aws(access_key=CONFIGURED)) == "AKIAADA"


def test_the_inputs_are_listed_as_the_one_that_asks_for_everything_else(
    s3_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(aws_key=Secret("AKIAFILE"), aws_secret=Secret("s/e+c"), host=HOST)
    assert settings.access_key == CONFIGURED
    assert credentials_method(settings.access_key) == "env"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert credentials_method(settings.access_key) == "explicit"


def test_a_temporary_key_without_its_token_is_refused_for_the_inputs_too(
    s3_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(aws_key=Secret("ASIAFILE"), aws_secret=Secret("s/e+c"), host=HOST)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with settings.open_store() as store, pytest.raises(ConfigurationError, match=r"\[AWS\] KEY is that of temporary"):
        store.list("s3://sparkify/x")
