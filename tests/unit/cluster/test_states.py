"""The states of a cluster that AWS describes, and what is done, waited for and said in each."""

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
from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import Place, spec_of
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret


@pytest.fixture
def settings(account: Account) -> Settings:
    """The configuration of a cluster that is up."""
    settings = account.settings(dwh_db_password=Secret("Pa55word-Of-The-Test"))
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    return settings


def turning(account: Account, state: str) -> Callable[[float], None]:
    """In the meantime the cluster comes to this state."""

    def sleep(_seconds: float) -> None:
        account.behind().status = state

    return sleep


def test_a_cluster_that_is_about_to_pause_is_resumed_when_it_has(account: Account, settings: Settings) -> None:
    """A pause cannot be undone on the way."""
    for act in (cluster.up, cluster.resume):
        account.behind().status = "pausing"
        act(settings, aws=account.aws, sleep=turning(account, "paused"))  # type: ignore[operator]
        assert account.cluster()["ClusterStatus"] == "available"


def test_a_cluster_that_is_about_to_pause_is_waited_for(account: Account, settings: Settings) -> None:
    account.behind().status = "pausing"
    assert cluster.pause(settings, aws=account.aws, sleep=turning(account, "paused")) == []
    assert account.cluster()["ClusterStatus"] == "paused"


def test_a_cluster_that_is_busy_is_paused_afterwards(account: Account, settings: Settings) -> None:
    account.behind().status = "modifying"
    said: list[str] = []
    cluster.pause(settings, aws=account.aws, sleep=turning(account, "available"), on_step=said.append)
    assert said == ["the cluster is modifying", f"pause the cluster {account.identifier}"]


@pytest.mark.parametrize("act", [cluster.pause, cluster.resume])
def test_a_cluster_that_is_going_is_neither_paused_nor_resumed(account: Account, settings: Settings, act: Any) -> None:
    account.behind().status = "deleting"
    with pytest.raises(AwsError, match=r"is being deleted \(deleting\): there will be nothing"):
        act(settings, aws=account.aws, sleep=no_sleep)


def test_a_cluster_that_does_not_run_is_not_said_to(account: Account, settings: Settings) -> None:
    account.behind().status = "hardware-failure"
    with pytest.raises(AwsError, match="is hardware-failure, and will not be available"):
        cluster.resume(settings, aws=account.aws, sleep=no_sleep)


def test_a_cluster_that_somebody_deletes_meanwhile_is_not_waited_for(account: Account, settings: Settings) -> None:
    account.behind().status = "creating"
    with pytest.raises(AwsError, match=r"is being deleted \(deleting\): wait until it is gone"):
        cluster.up(settings, aws=account.aws, sleep=turning(account, "deleting"))


@pytest.mark.parametrize("state", ["gone", "paused"])
def test_a_state_that_stays_is_believed(state: str) -> None:
    """AWS shows an old one for a while after a request."""
    waited: list[float] = []
    with pytest.raises(AwsError, match=f"the cluster is {state}, by somebody else or because AWS could not go on"):
        Run(Aws(), sleep=waited.append).wait("the cluster", lambda: state, ["available"], minutes=30)
    assert sum(waited) == 120


def test_a_final_snapshot_that_cannot_be_is_said(account: Account, settings: Settings) -> None:
    account.behind().status = "hardware-failure"
    with (
        refused(account.aws.client("redshift"), "DeleteCluster", "InvalidClusterState", "It is broken."),
        pytest.raises(
            AwsError, match=r"It is hardware-failure: without a final snapshot it may go, with --no-snapshot"
        ),
    ):
        cluster.down(settings, aws=account.aws, sleep=no_sleep)


class Described(Aws):
    """AWS that describes the cluster so, one answer after the other, as Redshift documents it."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        super().__init__(region="us-west-2")
        self.made = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x").client(
            "redshift", region_name="us-west-2"
        )
        self.stubber = Stubber(self.made)
        for answer in answers:
            found = {"ClusterIdentifier": "music", "ClusterStatus": "available", **answer}
            self.stubber.add_response("describe_clusters", {"Clusters": [found]}, {"ClusterIdentifier": "music"})
        self.stubber.activate()

    def client(self, _service: str) -> Any:
        return self.made


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
    found = provisioned.find(Described(answer), "music")
    assert found is not None
    assert found.state == state


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
def test_what_was_asked_for_is_waited_for_though_the_cluster_is_available(unfinished: dict[str, Any]) -> None:
    """A COPY right after would find the role not to be its own."""
    finished = {"IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": "in-sync"}], "PendingModifiedValues": {}}
    aws = Described(unfinished, finished)
    waited: list[float] = []
    provisioned.wait_until_available(Run(aws, sleep=waited.append), "music")
    assert len(waited) == 1
    aws.stubber.assert_no_pending_responses()


def test_a_cluster_that_lost_its_role_waits_until_redshift_knows_the_new_one() -> None:
    aws = Described()
    request = {"ClusterIdentifier": "music", "AddIamRoles": [ROLE]}
    said: list[str] = []
    aws.stubber.add_client_error("modify_cluster_iam_roles", "InvalidParameterValue", "The IAM role x is not valid.")
    aws.stubber.add_response("modify_cluster_iam_roles", {"Cluster": {}}, request)
    available = {"ClusterIdentifier": "music", "ClusterStatus": "available"}
    aws.stubber.add_response("describe_clusters", {"Clusters": [available]}, {"ClusterIdentifier": "music"})
    found = Found("provisioned", "music", "available", "1 x ra3.large", security_groups=("sg-1",))
    place = Place(ROLE, "sg-1")
    provisioned.amend(Run(aws, said.append, sleep=no_sleep), found, spec_of(Settings()), place)
    assert said == ["let the cluster use the role", "waiting until Redshift knows the new role"]


def test_a_role_that_is_being_taken_away_is_not_there() -> None:
    found = provisioned.find(Described({"IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": "removing"}]}), "music")
    assert found is not None
    assert found.role_arns == ()
