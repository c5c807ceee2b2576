"""Errors of AWS: what is wrong, and what to do."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from support.aws import Account, Sent, refused
from support.serverless_api import Quiet, served

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.errors import Request, refusal
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.utils.secret import Secret


def said(code: str, message: str = "", service: str = "redshift", operation: str = "CreateCluster") -> str:
    answer = {"Error": {"Code": code, "Message": message}}
    return str(refusal(Request(f"{service}:{operation}", "us-west-2"), answer))


DENIED = (
    "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:PassRole on resource: "
    "arn:aws:iam::123456789012:role/x because no identity-based policy allows it"
)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (said("AccessDenied"), "No permission for redshift:CreateCluster: grant it to the AWS identity in use."),
        (
            said("AccessDeniedException", DENIED),
            "No permission for iam:PassRole, which redshift:CreateCluster needs: grant it to "
            "arn:aws:iam::123456789012:user/ada.",
        ),
        (
            said(
                "UnauthorizedOperation", "Encoded authorization failure message: s3cr3t", "ec2", "CreateSecurityGroup"
            ),
            "No permission for ec2:CreateSecurityGroup: grant it to the AWS identity in use.",
        ),
        (
            said("ExpiredToken"),
            "The temporary credentials of AWS have expired (ExpiredToken): renew them, with `aws sso login` where it is "
            "used.",
        ),
        (
            said("InvalidClientTokenId"),
            "AWS refused the credentials for redshift:CreateCluster in us-west-2 (InvalidClientTokenId): correct or renew "
            "them, or enable the region for the account if it is an opt-in region.",
        ),
        (
            said("ClusterAlreadyExists", "Cluster already exists"),
            "The name is taken (redshift:CreateCluster, ClusterAlreadyExists): Cluster already exists. "
            "Choose another name.",
        ),
        (
            said("ConflictException", "Namespace music already exists.", "redshift-serverless", "CreateNamespace"),
            "The name is taken (redshift-serverless:CreateNamespace, ConflictException): Namespace music already exists. "
            "Choose another name.",
        ),
        (
            said("InvalidClusterState", "There is an operation running on the Cluster.", operation="ModifyCluster"),
            "Something is still being created, changed or deleted (redshift:ModifyCluster, InvalidClusterState): There is "
            "an operation running on the Cluster. See `sparkify-dwh cluster status`, wait for it, and run this again.",
        ),
        (
            said("InsufficientClusterCapacity"),
            "AWS has no capacity of this kind in us-west-2 now (InsufficientClusterCapacity): try later, or another "
            "DWH_NODE_TYPE or region.",
        ),
        (
            said("InvalidParameterValue", "NodeType rg.huge is not valid."),
            "AWS refused redshift:CreateCluster in us-west-2 (InvalidParameterValue): NodeType rg.huge is not valid.",
        ),
    ],
)
def test_a_refusal_says_what_to_do(sentence: str, expected: str) -> None:
    assert sentence == expected


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("AWS_ACCESS_KEY_ID", None, r"No AWS credentials \(NoCredentialsError\): set AWS_PROFILE, .* \[AWS\] KEY"),
        ("AWS_PROFILE", "nobody", r"AWS_PROFILE names a profile that ~/\.aws does not have"),
        ("AWS_REGION", "us west", "is not a region like us-west-2: correct"),
        ("AWS_ENDPOINT_URL", "localhost:9000", "AWS cannot be reached: AWS_ENDPOINT_URL must be a URL like"),
    ],
)
def test_an_environment_without_access_to_aws_is_explained(
    account: Account, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, sentence: str
) -> None:
    monkeypatch.setenv(variable, value) if value else monkeypatch.delenv(variable)
    with pytest.raises(AwsError, match=sentence):
        cluster.status(account.settings())


def test_a_region_must_be_known(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match=r"The region of AWS is not known: set \[AWS\] REGION"):
        cluster.status(account.settings())
    assert cluster.status(account.settings(aws_region="eu-west-1")).region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert cluster.status(account.settings()).region == "eu-west-3"


def test_a_region_that_is_none_is_suspected_when_nobody_answers(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(AwsError, match=r"cannot be reached at 127\.0\.0\.1 .*us-wset-2 is not a known region: correct"):
        cluster.status(account.settings(aws_region="us-wset-2"))
    with pytest.raises(AwsError, match=r"cannot be reached at 127\.0\.0\.1 .*: check the network"):
        cluster.status(account.settings(aws_region="us-west-2"))


def test_an_expired_token_is_said(account: Account) -> None:
    with (
        refused(account.aws.client("redshift"), "DescribeClusters", "ExpiredToken"),
        pytest.raises(AwsError, match="have expired"),
    ):
        cluster.status(account.settings(), aws=account.aws)


def test_values_that_boto3_refuses_are_not_shown(account: Account) -> None:
    with pytest.raises(AwsError, match="does not take what ClusterIdentifier, MasterUsername was given") as error:
        account.aws.call("redshift", "create_cluster", ClusterIdentifier=1, NodeType="x", MasterUsername=Secret("hush"))
    assert error.value.__cause__ is None
    assert "hush" not in str(error.value)


def test_whoever_may_not_ask_for_the_other_kind_can_use_the_one(account: Account, sent: Sent) -> None:
    """The permissions for Serverless are others than those for clusters."""

    def deny(_given: dict[str, Any]) -> dict[str, Any]:
        raise PermissionError

    account.serverless.GetNamespace = deny  # type: ignore[method-assign]
    assert cluster.status(account.settings(), aws=account.aws).clusters == ()


def test_a_client_can_be_closed_and_used_again(s3_environment: None) -> None:
    with Aws() as aws:
        first: Callable[[], str] = aws.account
        assert first() == "123456789012"
    assert aws.call("sts", "get_caller_identity")["Account"] == "123456789012"
    aws.close()


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("502", "<html>Bad Gateway", "What answered redshift:CreateCluster is not AWS (HTTP 502): look for a proxy"),
        ("ClusterQuotaExceeded", "100.", "quota does not allow redshift:CreateCluster in us-west-2"),
        ("LimitExceeded", "100.", "quota does not allow redshift:CreateCluster in us-west-2"),
        ("SecurityGroupLimitExceeded", "100.", "quota does not allow redshift:CreateCluster in us-west-2"),
        ("RequestTimeTooSkewed", "", "set the clock of this machine"),
        ("InvalidSignatureException", "Signature expired: 20261121T1 is now earlier than", "set the clock of this machine"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match", "correct or renew them"),
        ("RequestThrottledException", "", "more requests from this account than it takes"),
        ("ServiceUnavailable", "", "in us-west-2 (ServiceUnavailable). Run this again, which goes on from there"),
        ("DependencyViolation", "sg-1 has a dependent object", "sg-1 has a dependent object. See `sparkify-dwh"),
    ],
)  # fmt: skip
def test_what_can_be_done_about_it_is_said(code: str, message: str, expected: str) -> None:
    assert expected in said(code, message)


def test_a_password_that_aws_repeats_is_not_shown(account: Account) -> None:
    """Neither in the sentence nor in what --debug shows."""
    password = "hush-hush"  # a traceback shows the lines of the call
    refuse = refused(
        account.aws.client("redshift"), "CreateCluster", "InvalidParameterValue", "hush-hush is too short."
    )
    with refuse, pytest.raises(AwsError, match=r"\*\*\* is too short") as error:
        account.aws.call(
            "redshift", "create_cluster", ClusterIdentifier="x", NodeType="x", MasterUsername="x",
            MasterUserPassword=password,
        )  # fmt: skip
    assert "hush" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("logger", ["", "botocore", "botocore.auth", "botocore.endpoint"])
def test_no_session_token_reaches_a_log(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, logger: str
) -> None:
    """botocore logs the headers of requests."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hush-hush")
    caplog.set_level(logging.DEBUG, logger)
    with Aws() as aws:
        aws.pages("iam", "list_roles", "Roles")
        aws.call("iam", "get_role", absent=["NoSuchEntity"], RoleName="none")
    assert "hush" not in caplog.text


def test_a_key_that_needs_a_token_is_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"aws_key": Secret("ASIAFILE"), "aws_secret": Secret("s/e+c")}
    assert cluster.status(account.settings(**keys)).clusters == ()  # those of the environment go before it
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConfigurationError, match=r"\[AWS\] KEY is that of temporary credentials, which need a session"):
        cluster.status(account.settings(**keys))


class LoginPage(Quiet):
    """A network that wants a login first answers everything with a page."""

    def do_POST(self) -> None:  # noqa: N802 (as http.server calls it)
        self.answer(200, b"<html><body>hush-hush")


def test_an_answer_that_is_not_of_aws_is_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(LoginPage) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with (
            Aws() as aws,
            pytest.raises(
                AwsError, match=r"What answered sts:GetCallerIdentity is not AWS \(.*\): look for a proxy"
            ) as error,
        ):
            aws.account()
    assert "hush" not in "".join(traceback.format_exception(error.value))
