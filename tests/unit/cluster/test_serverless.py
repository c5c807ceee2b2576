"""Redshift Serverless, created and deleted: the exact requests, because moto does not check them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from support.aws import PASSWORD, Account, no_sleep, up

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import Options, serverless
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings


@pytest.fixture
def settings(account: Account) -> Settings:
    """A configuration without a kind of cluster, which means Serverless."""
    settings = account.settings(dwh_db_password=PASSWORD)
    return replace(settings, dwh={key: value for key, value in settings.dwh.items() if key != "DWH_NUM_NODES"})


def test_the_default_is_the_smallest_size(account: Account, settings: Settings) -> None:
    created = cluster.up(settings, aws=account.aws, sleep=no_sleep)
    namespace, workgroup = account.serverless.sent("CreateNamespace"), account.serverless.sent("CreateWorkgroup")
    role = created.role_arn
    assert namespace == {
        "namespaceName": account.identifier,
        "adminUsername": "awsuser",
        "adminUserPassword": PASSWORD.reveal(),
        "dbName": "sparkify",
        "iamRoles": [role],
        "tags": namespace["tags"],
    }
    assert workgroup == {
        "workgroupName": account.identifier,
        "namespaceName": account.identifier,
        "baseCapacity": 4,
        "port": 5439,
        "publiclyAccessible": False,
        "securityGroupIds": [account.groups()[0]["GroupId"]],
        "tags": workgroup["tags"],
    }
    assert {"key": "sparkify-dwh:cluster", "value": account.identifier} in namespace["tags"]
    assert created.host == f"{account.identifier}.123456789012.us-west-2.redshift-serverless.amazonaws.com"
    assert created.size == "Serverless, 4 RPUs"


def test_size_and_limit_can_be_configured(account: Account) -> None:
    dwh = {"DWH_CLUSTER_TYPE": "serverless", "DWH_BASE_RPUS": "16", "DWH_MAX_RPUS": "64"}
    created = up(account, dwh=dwh)
    sent = account.serverless.sent("CreateWorkgroup")
    assert (sent["baseCapacity"], sent["maxCapacity"]) == (16, 64)
    assert created.size == "Serverless, 16 RPUs, at most 64"


def test_a_second_run_changes_nothing(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    assert cluster.up(settings, aws=account.aws, sleep=no_sleep).done == ()


def test_a_run_that_was_interrupted_after_the_namespace_continues_with_the_workgroup(
    account: Account, settings: Settings
) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    del account.serverless.workgroups[account.identifier]
    created = cluster.up(settings, aws=account.aws, sleep=no_sleep)
    assert [step.split(":")[0] for step in created.done] == [f"create the workgroup {account.identifier}"]


def test_a_namespace_without_a_workgroup_gets_its_role_too(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    del account.serverless.workgroups[account.identifier]
    account.serverless.namespaces[account.identifier]["iamRoles"] = []
    created = cluster.up(settings, aws=account.aws, sleep=no_sleep)
    assert account.serverless.sent("UpdateNamespace")["iamRoles"] == [created.role_arn]


def test_a_namespace_that_is_being_deleted_gets_no_workgroup(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    del account.serverless.workgroups[account.identifier]
    account.serverless.namespaces[account.identifier]["status"] = "DELETING"
    with pytest.raises(AwsError, match=r"is still being deleted \(deleting\): wait"):
        cluster.up(settings, aws=account.aws, sleep=no_sleep)


def test_changes_are_sent_one_at_a_time(account: Account, settings: Settings) -> None:
    """UpdateWorkgroup accepts one kind of change per request."""
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    account.serverless.workgroups[account.identifier]["securityGroupIds"] = ["sg-default"]
    account.serverless.namespaces[account.identifier]["iamRoles"] = []
    created = cluster.up(settings, Options(public=True, cidrs=("192.0.2.1",)), aws=account.aws, sleep=no_sleep)
    changes = [given for name, given in account.serverless.requests if name == "UpdateWorkgroup"]
    assert [set(change) - {"workgroupName"} for change in changes] == [{"securityGroupIds"}, {"publiclyAccessible"}]
    assert account.serverless.sent("UpdateNamespace")["iamRoles"] == [created.role_arn]


def test_redshift_manages_the_password_on_request(account: Account, settings: Settings) -> None:
    created = cluster.up(settings, Options(secret=True), aws=account.aws, sleep=no_sleep)
    sent = account.serverless.sent("CreateNamespace")
    assert sent["manageAdminPassword"] is True
    assert "adminUserPassword" not in sent
    assert created.values(settings)["CLUSTER", "SECRET_ARN"] == created.secret_arn


def test_it_is_waited_for(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    account.serverless.pending += ["MODIFYING"] * 3
    steps: list[str] = []
    cluster.up(settings, aws=account.aws, sleep=no_sleep, on_step=steps.append)
    assert steps == ["the warehouse is modifying"]


def test_everything_is_deleted_after_a_final_snapshot(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    removed = cluster.down(settings, aws=account.aws, sleep=no_sleep)
    operations = [name for name, _ in account.serverless.requests if name.startswith("Delete")]
    assert operations == ["DeleteWorkgroup", "DeleteNamespace"]
    assert account.serverless.sent("DeleteNamespace")["finalSnapshotName"] == removed.snapshots[0]
    assert account.is_empty()
    assert not account.serverless.namespaces


def test_it_expires(account: Account, settings: Settings) -> None:
    cluster.up(settings, Options(ttl=timedelta(hours=8)), aws=account.aws, sleep=no_sleep)
    assert cluster.expire(settings, aws=account.aws, sleep=no_sleep) == []
    cluster.up(settings, Options(ttl=timedelta(hours=-1)), aws=account.aws, sleep=no_sleep)
    (removed,) = cluster.expire(settings, aws=account.aws, sleep=no_sleep)
    assert removed.identifier == account.identifier
    assert not account.serverless.namespaces


def test_it_needs_no_pause(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    assert cluster.pause(settings, aws=account.aws) == cluster.resume(settings, aws=account.aws) == []


def test_status_shows_it(account: Account, settings: Settings) -> None:
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    (described,) = cluster.status(settings, aws=account.aws).clusters
    assert (described.kind, described.state, described.size) == ("serverless", "available", "Serverless, 4 RPUs")


class Stubbed(Aws):
    """AWS with prepared responses and the requests that they belong to."""

    def __init__(self) -> None:
        super().__init__(region="us-west-2")
        self.stubbed_client = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x").client(
            serverless.SERVICE, region_name="us-west-2"
        )
        self.answers = Stubber(self.stubbed_client)

    def client(self, _service: str) -> Any:
        return self.stubbed_client


def test_a_workgroup_is_described_as_documented(account: Account) -> None:
    with Stubbed() as aws, aws.answers as answers:
        arn = "arn:aws:redshift-serverless:us-west-2:123456789012:namespace/music"
        namespace = {"namespaceArn": arn, "status": "AVAILABLE", "dbName": "dev", "adminUsername": "admin"}
        endpoint = {"address": "host", "port": 5439, "vpcEndpoints": [{"vpcId": "vpc-1", "vpcEndpointId": "vpce-1"}]}
        workgroup = {"status": "MODIFYING", "baseCapacity": 8, "endpoint": endpoint, "publiclyAccessible": True}
        answers.add_response("get_namespace", {"namespace": namespace}, {"namespaceName": "music"})
        answers.add_response("get_workgroup", {"workgroup": workgroup}, {"workgroupName": "music"})
        answers.add_response("list_tags_for_resource", {"tags": [{"key": "a", "value": "b"}]}, {"resourceArn": arn})
        described = serverless.find(aws, "music")
        answers.assert_no_pending_responses()
    assert described is not None
    assert (described.state, described.vpc, described.public, described.tags) == (
        "modifying",
        "vpc-1",
        True,
        {"a": "b"},
    )


def test_a_quota_is_reported(account: Account) -> None:
    with Stubbed() as aws, aws.answers as answers:
        answers.add_client_error("get_namespace", "ServiceQuotaExceededException", "You have 25 namespaces.")
        with pytest.raises(AwsError, match=r"quota does not allow redshift-serverless:GetNamespace .*25 namespaces"):
            serverless.find(aws, "music")
