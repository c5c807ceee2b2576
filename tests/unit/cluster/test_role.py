"""The permissions of the cluster's role: read the configured inputs, write to EXPORT and MANIFESTS, nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import AWSManagedPolicy, iam_backends
from support.aws import INPUTS, Account, refused

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import policy
from sparkify_dwh.cluster.execution import Execution
from sparkify_dwh.cluster.role import ensure_role, remove_role
from sparkify_dwh.cluster.spec import spec_of
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings

READ_ALL = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def statements(document: dict[str, Any] | None) -> dict[str, Any]:
    assert document is not None
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_only_redshift_may_assume_the_role() -> None:
    (statement,) = policy.trust()["Statement"]
    assert statement["Principal"] == {"Service": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]}
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")


def test_the_role_reads_only_the_configured_inputs() -> None:
    """Data are under a key prefix, the JSONPaths in one object."""
    inputs = {"LOG_DATA": "s3://events/log_data", "SONG_DATA": "s3://songs/", "LOG_JSONPATH": "s3://events/paths.json"}
    granted = statements(policy.access(Settings(inputs=inputs), "aws"))
    assert granted["List"]["Resource"] == ["arn:aws:s3:::events", "arn:aws:s3:::songs"]
    assert granted["List"]["Action"] == ["s3:ListBucket", "s3:GetBucketLocation"]
    assert granted["Read"]["Action"] == ["s3:GetObject"]
    assert granted["Read"]["Resource"] == [
        "arn:aws:s3:::events/log_data*",
        "arn:aws:s3:::events/paths.json",
        "arn:aws:s3:::songs/*",
    ]
    assert "Write" not in granted


def test_the_role_reads_manifests_and_writes_exports() -> None:
    """Loads write their manifests by their own identity; a restore reads exports."""
    settings = Settings(manifests="s3://warehouse/manifests/", export="s3://warehouse/export/")
    granted = statements(policy.access(settings, "aws-cn"))
    assert granted["Read"]["Resource"] == [
        "arn:aws-cn:s3:::warehouse/export/*",
        "arn:aws-cn:s3:::warehouse/manifests/*",
    ]
    assert granted["Write"]["Action"] == ["s3:PutObject", "s3:AbortMultipartUpload"]
    assert granted["Write"]["Resource"] == ["arn:aws-cn:s3:::warehouse/export/*"]


def test_wildcards_in_a_key_are_escaped() -> None:
    granted = statements(policy.access(Settings(inputs={"LOG_DATA": "s3://events/${aws:username}/a*?/"}), "aws"))
    assert granted["Read"]["Resource"] == ["arn:aws:s3:::events/${$}{aws:username}/a${*}${?}/*"]


def test_local_inputs_need_no_permissions() -> None:
    assert policy.access(Settings(inputs={"LOG_DATA": "file:///d/log_data/"}), "aws") is None


@pytest.fixture
def _read_only_access(account: Account) -> None:
    """Amazon's own policy, which moto leaves out."""
    statement = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
    data = {
        "Arn": READ_ALL, "Path": "/", "DefaultVersionId": "v1", "CreateDate": "2015-02-06T18:40:00+00:00",
        "UpdateDate": "2015-02-06T18:40:00+00:00", "Document": {"Version": "2012-10-17", "Statement": [statement]},
    }  # fmt: skip
    policy_ = AWSManagedPolicy.from_data("AmazonS3ReadOnlyAccess", DEFAULT_ACCOUNT_ID, "us-west-2", data)
    iam_backends[DEFAULT_ACCOUNT_ID]["aws"].managed_policies[READ_ALL] = policy_


@pytest.mark.usefixtures("_read_only_access")
def test_without_inputs_it_reads_all_of_s3_until_there_are_some(account: Account) -> None:
    execution = Execution(account.aws)
    inputs = account.settings()
    name = spec_of(inputs).role_name
    ensure_role(execution, spec_of(inputs), account.settings(inputs={}))
    assert attached(account, name) == [READ_ALL]
    ensure_role(execution, spec_of(inputs), inputs)
    assert attached(account, name) == []
    assert account.ask("iam", "list_role_policies", RoleName=name)["PolicyNames"] == ["sparkify-dwh-s3"]


@pytest.mark.usefixtures("_read_only_access")
def test_policies_that_others_attached_do_not_prevent_deletion(account: Account) -> None:
    execution = Execution(account.aws)
    spec = spec_of(account.settings())
    ensure_role(execution, spec, account.settings())
    account.ask("iam", "attach_role_policy", RoleName=spec.role_name, PolicyArn=READ_ALL)
    remove_role(execution, spec.identifier, spec.role_name)
    assert account.roles() == []


def test_the_policy_follows_the_configuration(account: Account) -> None:
    execution = Execution(account.aws)
    for prefix in ("old", "new"):
        settings = account.settings(inputs=INPUTS | {"LOG_DATA": f"s3://{prefix}-events/log_data/"})
        ensure_role(execution, spec_of(settings), settings)
    name = spec_of(account.settings()).role_name
    held = account.ask("iam", "get_role_policy", RoleName=name, PolicyName="sparkify-dwh-s3")["PolicyDocument"]
    assert "new-events" in str(held)
    assert "old-events" not in str(held)


def attached(account: Account, name: str) -> list[str]:
    held = account.ask("iam", "list_attached_role_policies", RoleName=name)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in held]


def test_the_role_of_a_cluster_in_another_region_is_not_touched(account: Account) -> None:
    """Clusters belong to one region, roles to all."""
    execution, spec = Execution(account.aws), spec_of(account.settings())
    ensure_role(execution, spec, account.settings())
    with Aws(region="eu-west-1") as elsewhere:
        with pytest.raises(AwsError, match=r"belongs to .* in us-west-2, and roles are the same in all regions: set"):
            ensure_role(Execution(elsewhere), spec, account.settings())
        remove_role(Execution(elsewhere), spec.identifier, spec.role_name)
    assert account.roles() == [spec.role_name]


def test_a_role_that_iam_does_not_know_yet_is_waited_for(account: Account) -> None:
    steps: list[str] = []
    spec = spec_of(account.settings())
    execution = Execution(account.aws, steps.append, sleep=lambda _seconds: None)
    with refused(account.aws.client("iam"), "PutRolePolicy", "NoSuchEntity"):
        ensure_role(execution, spec, account.settings())
    assert steps[-1] == "waiting until IAM knows the new role"


def test_the_longest_name_of_a_cluster_makes_the_name_of_a_role() -> None:
    """IAM accepts one more character than Redshift."""
    longest = Settings(dwh={"DWH_CLUSTER_IDENTIFIER": "s" * 63})
    assert len(spec_of(longest).role_name) == 64
