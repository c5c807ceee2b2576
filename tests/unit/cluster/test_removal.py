"""Deletion of everything that `cluster up` created, and of nothing else; status, pause and resume; ephemeral clusters."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from support.aws import Account, Sent, no_sleep, refused

from sparkify_dwh import cluster
from sparkify_dwh.cluster import Options, tags
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret


def down(account: Account, settings: Settings, **arguments: Any) -> cluster.RemovedResources:
    return cluster.down(settings, aws=account.aws, **{"sleep": no_sleep, **arguments})


def snapshots(account: Account) -> list[str]:
    described = account.ask("redshift", "describe_cluster_snapshots", SnapshotType="manual")["Snapshots"]
    return [
        snapshot["SnapshotIdentifier"] for snapshot in described if snapshot["ClusterIdentifier"] == account.identifier
    ]


def test_everything_that_was_created_is_deleted(account: Account, settings: Settings) -> None:
    assert down(account, settings).done
    assert account.is_empty()
    assert down(account, settings).done == ()


def test_a_final_snapshot_keeps_the_data(account: Account, settings: Settings) -> None:
    removed = down(account, settings)
    assert list(removed.snapshots) == snapshots(account)
    assert removed.snapshots[0].startswith(f"{account.identifier}-final-")


def test_without_a_snapshot_the_data_are_deleted(account: Account, settings: Settings) -> None:
    assert down(account, settings, snapshot=False).snapshots == ()
    assert snapshots(account) == []


def test_a_cluster_of_somebody_else_is_kept(account: Account) -> None:
    account.ask(
        "redshift", "create_cluster", ClusterIdentifier=account.identifier, NodeType="ra3.large", MasterUsername="other",
        MasterUserPassword="Passw0rd-other",
    )  # fmt: skip
    for act in (cluster.down, cluster.pause):
        with pytest.raises(AwsError, match=r"was not created by sparkify-dwh, which does not change it"):
            act(account.settings(), aws=account.aws)
    assert account.exists()


def test_a_role_of_somebody_else_is_kept(account: Account, settings: Settings) -> None:
    name = account.roles()[0]
    account.ask("iam", "untag_role", RoleName=name, TagKeys=[tags.CLUSTER])
    down(account, settings)
    assert account.roles() == [name]


def test_a_run_continues_an_interrupted_one(account: Account, settings: Settings) -> None:
    account.ask("redshift", "delete_cluster", ClusterIdentifier=account.identifier, SkipFinalClusterSnapshot=True)
    removed = down(account, settings)
    assert removed.snapshots == ()
    assert account.is_empty()


def test_a_security_group_that_is_still_in_use_is_waited_for(account: Account, settings: Settings) -> None:
    """The network interfaces of a deleted cluster take a while to disappear."""
    steps: list[str] = []
    with refused(account.aws.client("ec2"), "DeleteSecurityGroup", "DependencyViolation", times=2):
        down(account, settings, on_step=steps.append)
    assert steps.count("the security group is still in use, by interfaces that AWS is removing") == 1
    assert not account.groups()


def test_what_aws_still_shows_after_its_deletion_is_looked_for_again(
    account: Account, settings: Settings, sent: Sent
) -> None:
    steps: list[str] = []
    sent.answers["DescribeSecurityGroups"] = {"SecurityGroups": account.groups()}
    down(account, settings, on_step=steps.append, sleep=lambda _seconds: sent.answers.clear())
    assert steps[-1] == "checking that everything is deleted"


def test_a_deletion_in_progress_is_waited_for(account: Account, settings: Settings) -> None:
    account.behind().status = "deleting"

    def gone(_seconds: float) -> None:
        account.ask("redshift", "delete_cluster", ClusterIdentifier=account.identifier, SkipFinalClusterSnapshot=True)

    done = down(account, settings, sleep=gone).done
    assert not [step for step in done if "delete the cluster" in step]
    assert not account.groups()


@pytest.mark.parametrize("snapshot", [True, False])
def test_a_paused_cluster_is_deleted_without_resuming_it(account: Account, settings: Settings, snapshot: bool) -> None:
    """While it runs, it costs."""
    cluster.pause(settings, aws=account.aws)
    assert "resume" not in str(down(account, settings, snapshot=snapshot).done)
    assert account.is_empty()


def test_a_paused_cluster_is_resumed_if_aws_refuses_to_delete_it(account: Account, settings: Settings) -> None:
    cluster.pause(settings, aws=account.aws)
    with refused(account.aws.client("redshift"), "DeleteCluster", "InvalidClusterState"):
        done = down(account, settings).done
    assert [step.split(" ")[0] for step in done][:2] == ["delete", "resume"]
    assert account.is_empty()


def test_a_cluster_that_is_being_created_is_deleted_afterwards(account: Account, settings: Settings) -> None:
    account.behind().status = "creating"
    steps: list[str] = []

    def become_available(_seconds: float) -> None:
        account.behind().status = "available"

    down(account, settings, sleep=become_available, on_step=steps.append)
    assert steps[0] == "the cluster is creating"
    assert account.is_empty()


def test_a_dry_run_deletes_nothing(account: Account, settings: Settings) -> None:
    done = down(account, settings, dry_run=True).done
    assert [step.split(" sparkify")[0] for step in done] == [
        "delete the cluster",
        "delete the security group",
        "delete the role",
    ]
    assert account.exists()
    assert account.groups()
    assert account.roles()


def test_a_configuration_that_could_not_create_a_cluster_can_delete_one(account: Account, settings: Settings) -> None:
    retired = account.settings(dwh={"DWH_NODE_TYPE": "dc2.large", "DWH_CIDR": "everybody"})
    down(account, retired, snapshot=False)
    assert not account.exists()


def test_a_cluster_is_found_after_the_configuration_was_changed_to_serverless(
    account: Account, settings: Settings
) -> None:
    serverless = account.settings(dwh={"DWH_CLUSTER_TYPE": "serverless"})
    with pytest.raises(AwsError, match=r"exists as provisioned, but the configuration describes Serverless, 4 RPUs"):
        cluster.up(serverless, aws=account.aws)
    down(account, serverless)
    assert not account.exists()


def test_an_expired_cluster_is_deleted(account: Account) -> None:
    settings = account.settings(dwh_db_password=Secret("Pa55word-Of-The-Test"))
    cluster.up(settings, Options(ttl=timedelta(hours=8)), aws=account.aws, sleep=no_sleep)
    assert account.identifier not in [removed.identifier for removed in cluster.expire(settings, aws=account.aws)]
    past = tags.format_time(datetime.now(timezone.utc) - timedelta(minutes=1))
    account.behind().create_tags([{"Key": tags.EXPIRES, "Value": past}])
    planned = cluster.expire(settings, aws=account.aws, dry_run=True)
    assert account.identifier in [removed.identifier for removed in planned]
    assert account.exists()
    expired = cluster.expire(settings, aws=account.aws, sleep=no_sleep)
    assert [removed.snapshots for removed in expired if removed.identifier == account.identifier]
    assert account.is_empty()


def test_an_invalid_expiry_deletes_nothing(account: Account, settings: Settings) -> None:
    account.behind().create_tags([{"Key": tags.EXPIRES, "Value": "yesterday"}])
    cluster.expire(settings, aws=account.aws, sleep=no_sleep)
    assert account.exists()


def test_status_describes_the_cluster_and_its_resources(account: Account, settings: Settings) -> None:
    status = cluster.status(settings, aws=account.aws)
    (described,) = status.clusters
    assert (described.state, described.size, described.host) == (
        "available",
        "1 x ra3.large",
        account.cluster()["Endpoint"]["Address"],
    )
    assert status.opened == ("198.51.100.0/24",)
    assert status.age(described) is not None
    assert status.resources == (
        f"the security group sparkify-dwh-{account.identifier}",
        f"the role {account.identifier}-redshift",
    )
    assert status.to_dict()["state"] == "available"


def test_status_lists_what_is_left_over(account: Account, settings: Settings) -> None:
    account.ask("redshift", "delete_cluster", ClusterIdentifier=account.identifier, SkipFinalClusterSnapshot=True)
    status = cluster.status(settings, aws=account.aws)
    assert (status.clusters, len(status.resources)) == ((), 2)
    down(account, settings)
    assert cluster.status(settings, aws=account.aws).to_dict()["state"] == "absent"


def test_a_cluster_is_paused_and_resumed(account: Account, settings: Settings) -> None:
    assert cluster.pause(settings, aws=account.aws, dry_run=True) == [f"pause the cluster {account.identifier}"]
    assert account.cluster()["ClusterStatus"] == "available"
    assert cluster.pause(settings, aws=account.aws)
    assert account.cluster()["ClusterStatus"] == "paused"
    assert cluster.pause(settings, aws=account.aws) == []
    assert cluster.resume(settings, aws=account.aws)
    assert account.cluster()["ClusterStatus"] == "available"
    assert cluster.resume(settings, aws=account.aws) == []


def test_a_missing_cluster_cannot_be_paused(account: Account) -> None:
    elsewhere = account.settings(host="x.y.eu-west-1.redshift.amazonaws.com")
    with pytest.raises(AwsError, match=r"no warehouse .* in us-west-2 \(\[CLUSTER\] HOST is in eu-west-1\): correct"):
        cluster.pause(elsewhere, aws=account.aws)


def test_an_ephemeral_cluster_lives_as_long_as_its_block(account: Account, settings: Settings) -> None:
    with cluster.ephemeral(settings, aws=account.aws, sleep=no_sleep) as warehouse:
        own = warehouse.dwh["DWH_CLUSTER_IDENTIFIER"]
        (found,) = account.ask("redshift", "describe_clusters", ClusterIdentifier=own)["Clusters"]
        assert warehouse.host == found["Endpoint"]["Address"] != account.cluster()["Endpoint"]["Address"]
        assert tags.expiry(tags.as_dict(found["Tags"])) is not None
        assert warehouse.url.username == found["MasterUsername"]
        assert warehouse.for_load()["LOG_DATA"] == "s3://sparkify/log_data/"
    own_account = Account(own, account.serverless, account.aws)
    assert own_account.is_empty()
    assert account.exists()


class Failed(Exception):
    """An error in the block of an ephemeral cluster."""


def test_an_ephemeral_cluster_is_deleted_after_an_error(account: Account) -> None:
    warehouses: list[Settings] = []

    def use_and_fail() -> None:
        with cluster.ephemeral(account.settings(), aws=account.aws, sleep=no_sleep) as warehouse:
            warehouses.append(warehouse)
            raise Failed

    with pytest.raises(Failed):
        use_and_fail()
    assert Account(warehouses[0].dwh["DWH_CLUSTER_IDENTIFIER"], account.serverless, account.aws).is_empty()


def test_the_stand_in_has_no_ephemeral_cluster(account: Account) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"whose inputs no cluster can read"),
        cluster.ephemeral(account.settings(host="standin"), aws=account.aws),
    ):
        pass


def test_a_warehouse_of_somebody_else_under_the_same_name_does_not_prevent_deletion(
    account: Account, settings: Settings
) -> None:
    """One is a cluster, the other Serverless."""
    theirs = {"namespaceName": account.identifier, "dbName": "dev", "adminUsername": "x", "tags": []}
    account.serverless.CreateNamespace(theirs)
    down(account, settings)
    assert not account.exists()
    assert account.identifier in account.serverless.namespaces


def test_a_failed_search_is_not_reported_as_a_deletion(account: Account, settings: Settings) -> None:
    def fail(_given: dict[str, Any]) -> dict[str, Any]:
        raise PermissionError("InternalServerException")

    account.serverless.GetNamespace = fail  # type: ignore[method-assign]
    with pytest.raises(AwsError, match="AWS failed at redshift-serverless:GetNamespace"):
        down(account, settings)
    assert account.exists()


def test_expire_fails_if_a_search_fails(account: Account, settings: Settings) -> None:
    with (
        refused(account.aws.client("redshift"), "DescribeClusters", "InternalFailure"),
        pytest.raises(AwsError, match="AWS failed at redshift:DescribeClusters"),
    ):
        cluster.expire(settings, aws=account.aws, sleep=no_sleep)


def test_an_error_in_the_block_is_raised_before_one_of_the_deletion(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    def use_and_fail() -> None:
        with cluster.ephemeral(account.settings(), aws=account.aws, sleep=no_sleep) as warehouse:
            names.append(warehouse.dwh["DWH_CLUSTER_IDENTIFIER"])
            raise Failed

    names: list[str] = []
    redshift = account.aws.client("redshift")
    with refused(redshift, "DeleteCluster", "AccessDenied"), pytest.raises(Failed):
        use_and_fail()
    assert (
        f"The ephemeral warehouse {names[0]} is not completely deleted: No permission for redshift:DeleteCluster"
        in caplog.text
    )
    assert f"SPARKIFY_DWH_DWH_DWH_CLUSTER_IDENTIFIER={names[0]} sparkify-dwh cluster down" in caplog.text
