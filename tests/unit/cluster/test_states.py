"""The states of a cluster: what each command does, waits for and reports in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from support.aws import Account, no_sleep, refused

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import provisioned
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.execution import Execution
from sparkify_dwh.cluster.spec import Infrastructure, spec_of
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings


def turning(account: Account, state: str) -> Callable[[float], None]:
    """Return a sleep during which the cluster changes to this state."""

    def sleep(_seconds: float) -> None:
        account.behind().status = state

    return sleep


def test_a_pausing_cluster_is_resumed_when_it_is_paused(account: Account, settings: Settings) -> None:
    """A pause in progress cannot be cancelled."""
    for act in (cluster.up, cluster.resume):
        account.behind().status = "pausing"
        act(settings, aws=account.aws, sleep=turning(account, "paused"))  # type: ignore[operator]
        assert account.cluster()["ClusterStatus"] == "available"


def test_a_pausing_cluster_is_waited_for(account: Account, settings: Settings) -> None:
    account.behind().status = "pausing"
    assert cluster.pause(settings, aws=account.aws, sleep=turning(account, "paused")) == []
    assert account.cluster()["ClusterStatus"] == "paused"


def test_a_cluster_that_is_changing_is_paused_afterwards(account: Account, settings: Settings) -> None:
    account.behind().status = "modifying"
    steps: list[str] = []
    cluster.pause(settings, aws=account.aws, sleep=turning(account, "available"), on_step=steps.append)
    assert steps == ["the cluster is modifying", f"pause the cluster {account.identifier}"]


@pytest.mark.parametrize("act", [cluster.pause, cluster.resume])
def test_a_cluster_that_is_being_deleted_is_neither_paused_nor_resumed(
    account: Account, settings: Settings, act: Any
) -> None:
    account.behind().status = "deleting"
    with pytest.raises(AwsError, match=r"is being deleted \(deleting\) and cannot be paused or resumed"):
        act(settings, aws=account.aws, sleep=no_sleep)


def test_a_failed_cluster_is_not_resumed(account: Account, settings: Settings) -> None:
    account.behind().status = "hardware-failure"
    with pytest.raises(AwsError, match="is hardware-failure and will not become available"):
        cluster.resume(settings, aws=account.aws, sleep=no_sleep)


def test_a_cluster_that_is_deleted_meanwhile_is_not_waited_for(account: Account, settings: Settings) -> None:
    account.behind().status = "creating"
    with pytest.raises(AwsError, match=r"is being deleted \(deleting\): wait until it is gone"):
        cluster.up(settings, aws=account.aws, sleep=turning(account, "deleting"))


@pytest.mark.parametrize("state", ["gone", "paused"])
def test_a_state_that_persists_ends_the_wait(state: str) -> None:
    """AWS may show the old state for a while after a request."""
    waits: list[float] = []
    with pytest.raises(AwsError, match=f"the cluster is {state}; another user or a failure in AWS has interfered"):
        Execution(Aws(), sleep=waits.append).wait("the cluster", lambda: state, ["available"], minutes=30)
    assert sum(waits) == 120


def test_an_impossible_final_snapshot_is_reported(account: Account, settings: Settings) -> None:
    account.behind().status = "hardware-failure"
    with (
        refused(account.aws.client("redshift"), "DeleteCluster", "InvalidClusterState", "It is broken."),
        pytest.raises(AwsError, match=r"It is hardware-failure: delete it without a final snapshot, by --no-snapshot"),
    ):
        cluster.down(settings, aws=account.aws, sleep=no_sleep)


class Described(Aws):
    """AWS with these descriptions of the cluster, one after the other, as Redshift documents them."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        super().__init__(region="us-west-2")
        self.stubbed_client = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x").client(
            "redshift", region_name="us-west-2"
        )
        self.stubber = Stubber(self.stubbed_client)
        for answer in answers:
            described = {"ClusterIdentifier": "music", "ClusterStatus": "available", **answer}
            self.stubber.add_response("describe_clusters", {"Clusters": [described]}, {"ClusterIdentifier": "music"})
        self.stubber.activate()

    def client(self, _service: str) -> Any:
        return self.stubbed_client


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"ClusterAvailabilityStatus": "Available"}, "available"),
        ({"ClusterAvailabilityStatus": "Unavailable"}, "unavailable"),
        ({"ClusterAvailabilityStatus": "Maintenance"}, "in maintenance"),
        ({"ClusterAvailabilityStatus": "Failed"}, "failed"),
        ({"ClusterStatus": "available, prep-for-resize"}, "available, prep-for-resize"),
        ({"ClusterAvailabilityStatus": "Unavailable", "ClusterStatus": "paused"}, "paused"),
    ],
)  # fmt: skip
def test_a_cluster_is_available_when_it_takes_queries(answer: dict[str, Any], state: str) -> None:
    description = provisioned.find(Described(answer), "music")
    assert description is not None
    assert description.state == state


ROLE = "arn:aws:iam::123456789012:role/music-redshift"


@pytest.mark.parametrize(
    "unfinished",
    [
        {"IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": "adding"}]},
        {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "adding"}]},
        {"PendingModifiedValues": {"PubliclyAccessible": True}},
        {"ClusterAvailabilityStatus": "Unavailable"},
    ],
)
def test_requested_changes_are_waited_for_though_the_cluster_is_available(unfinished: dict[str, Any]) -> None:
    """A COPY right afterwards could not use the role."""
    finished = {"IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": "in-sync"}], "PendingModifiedValues": {}}
    aws = Described(unfinished, finished)
    waits: list[float] = []
    provisioned.wait_until_available(Execution(aws, sleep=waits.append), "music")
    assert len(waits) == 1
    aws.stubber.assert_no_pending_responses()


def test_a_cluster_that_lost_its_role_waits_until_redshift_knows_the_new_one() -> None:
    aws = Described()
    request = {"ClusterIdentifier": "music", "AddIamRoles": [ROLE]}
    steps: list[str] = []
    aws.stubber.add_client_error("modify_cluster_iam_roles", "InvalidParameterValue", "The IAM role x is not valid.")
    aws.stubber.add_response("modify_cluster_iam_roles", {"Cluster": {}}, request)
    available = {"ClusterIdentifier": "music", "ClusterStatus": "available"}
    aws.stubber.add_response("describe_clusters", {"Clusters": [available]}, {"ClusterIdentifier": "music"})
    description = ClusterDescription("provisioned", "music", "available", "1 x ra3.large", security_groups=("sg-1",))
    infrastructure = Infrastructure(ROLE, "sg-1")
    provisioned.update(Execution(aws, steps.append, sleep=no_sleep), description, spec_of(Settings()), infrastructure)
    assert steps == ["attach the role to the cluster", "waiting until Redshift knows the new role"]


def test_a_role_that_is_being_removed_is_not_listed() -> None:
    description = provisioned.find(Described({"IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": "removing"}]}), "music")
    assert description is not None
    assert description.role_arns == ()
