"""What goes wrong with AWS, in words: what was lacking, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fix_aws import Account, Sent, refused

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.errors import refusal
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.secret import Secret


def said(code: str, message: str = "", service: str = "redshift", operation: str = "CreateCluster") -> str:
    return str(refusal(service, operation, {"Error": {"Code": code, "Message": message}}, "us-west-2"))


DENIED = (
    "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:PassRole on resource: "
    "arn:aws:iam::123456789012:role/x because no identity-based policy allows it"
)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (said("AccessDenied"), "no permission for redshift:CreateCluster: the AWS identity in use must be granted it"),
        (
            said("AccessDeniedException", DENIED),
            "no permission for iam:PassRole, which redshift:CreateCluster needs: arn:aws:iam::123456789012:user/ada must be "
            "granted it",
        ),
        (
            said(
                "UnauthorizedOperation", "Encoded authorization failure message: s3cr3t", "ec2", "CreateSecurityGroup"
            ),
            "no permission for ec2:CreateSecurityGroup: the AWS identity in use must be granted it",
        ),
        (
            said("ExpiredToken"),
            "the temporary credentials of AWS have expired (ExpiredToken): renew them, with `aws sso login` where it is "
            "used",
        ),
        (
            said("InvalidClientTokenId"),
            "AWS refused the credentials for redshift:CreateCluster in us-west-2 (InvalidClientTokenId): correct or renew "
            "them, or switch the region on for the account if it has to be opted into",
        ),
        (
            said("ClusterAlreadyExists", "Cluster already exists"),
            "the name is taken (redshift:CreateCluster, ClusterAlreadyExists): Cluster already exists",
        ),
        (
            said("ConflictException", "Namespace music already exists.", "redshift-serverless", "CreateNamespace"),
            "the name is taken (redshift-serverless:CreateNamespace, ConflictException): Namespace music already exists.",
        ),
        (
            said("InvalidClusterState", "There is an operation running on the Cluster.", operation="ModifyCluster"),
            "something is still being created, changed or deleted (redshift:ModifyCluster, InvalidClusterState): There is "
            "an operation running on the Cluster. See `sparkify-dwh cluster status`, wait for it, and run this again",
        ),
        (
            said("InsufficientClusterCapacity"),
            "AWS has no capacity of this kind in us-west-2 now (InsufficientClusterCapacity): try later, or another "
            "DWH_NODE_TYPE or region",
        ),
        (
            said("InvalidParameterValue", "NodeType rg.huge is not valid."),
            "AWS refused redshift:CreateCluster in us-west-2 (InvalidParameterValue): NodeType rg.huge is not valid.",
        ),
    ],
)
def test_a_refusal_says_what_to_do(sentence: str, expected: str) -> None:
    assert sentence == expected


@pytest.mark.parametrize("code", ["ClusterQuotaExceeded", "LimitExceeded", "SecurityGroupLimitExceeded"])
def test_a_quota_is_called_one(code: str) -> None:
    assert said(code, "100.").startswith("the account's quota does not allow redshift:CreateCluster in us-west-2")


def test_without_credentials_it_says_where_to_put_them(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(
        AwsError, match=r"no credentials for AWS \(NoCredentialsError\): set AWS_PROFILE, .* \[AWS\] KEY"
    ):
        cluster.status(account.settings())


def test_a_profile_that_is_not_there_is_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsError, match=r"AWS_PROFILE names a profile that ~/\.aws does not have"):
        cluster.status(account.settings())


def test_a_region_must_be_known(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match=r"the region of AWS is not known: set \[AWS\] REGION"):
        cluster.status(account.settings())
    assert cluster.status(account.settings(aws_region="eu-west-1")).region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert cluster.status(account.settings()).region == "eu-west-3"


def test_a_region_that_is_none_is_suspected_when_nobody_answers(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(
        AwsError, match=r"cannot be reached at 127\.0\.0\.1 .*us-wset-2 is no region that is known here"
    ):
        cluster.status(account.settings(aws_region="us-wset-2"))
    with pytest.raises(AwsError, match=r"cannot be reached at 127\.0\.0\.1 .*: check the network"):
        cluster.status(account.settings(aws_region="us-west-2"))


def test_a_region_without_the_form_of_one_is_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us west")
    with pytest.raises(AwsError, match=r"is no region like us-west-2: correct it"):
        cluster.status(account.settings())


def test_an_endpoint_of_aws_must_be_a_url(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9000")
    with pytest.raises(AwsError, match="AWS_ENDPOINT_URL must be a URL like"):
        cluster.status(account.settings())


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
    assert cluster.status(account.settings(), aws=account.aws).found == ()


def test_a_client_can_be_closed_and_used_again(s3_environment: None) -> None:
    with Aws() as aws:
        first: Callable[[], str] = aws.account
        assert first() == "123456789012"
    assert aws.call("sts", "get_caller_identity")["Account"] == "123456789012"
    aws.close()
