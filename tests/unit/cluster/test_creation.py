"""What `cluster up` makes of a provisioned cluster, from nothing and from every state half way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.aws import Account, Sent, no_sleep, refused

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.utils.secret import Secret

PASSWORD = Secret("Pa55word-Of-The-Test")


def up(account: Account, options: Options | None = None, **changes: Any) -> cluster.Up:
    """Bring the account's cluster up, with a given password."""
    return cluster.up(account.settings(dwh_db_password=PASSWORD, **changes), options, aws=account.aws, sleep=no_sleep)


def test_a_cluster_is_encrypted_and_not_public(account: Account) -> None:
    made = up(account)
    found = account.cluster()
    assert (found["Encrypted"], found["PubliclyAccessible"]) == (True, False)
    assert (made.host, made.port) == (found["Endpoint"]["Address"], 5439)
    assert "not public" in made.remarks[0]


def test_a_cluster_has_as_many_nodes_as_dwh_says(account: Account) -> None:
    size = {"DWH_CLUSTER_TYPE": "multi-node", "DWH_NUM_NODES": "4", "DWH_NODE_TYPE": "ra3.xlplus", "DWH_PORT": "5440"}
    made = up(account, dwh=size)
    found = account.cluster()
    assert (found["NumberOfNodes"], found["NodeType"], made.port) == (4, "ra3.xlplus", 5440)
    assert made.size == "4 x ra3.xlplus"


def test_a_cluster_that_is_there_is_left_as_it_is(account: Account) -> None:
    assert up(account).done
    assert up(account).done == ()


@pytest.mark.parametrize("missing", ["role", "group", "cluster"])
def test_a_second_run_makes_what_is_missing(account: Account, missing: str) -> None:
    up(account)
    if missing == "role":
        name = account.roles()[0]
        account.ask("iam", "delete_role_policy", RoleName=name, PolicyName="sparkify-dwh-s3")
        account.ask("iam", "delete_role", RoleName=name)
    elif missing == "group":
        account.behind().vpc_security_group_ids = []
        account.ask("ec2", "delete_security_group", GroupId=account.groups()[0]["GroupId"])
    else:
        account.ask("redshift", "delete_cluster", ClusterIdentifier=account.identifier, SkipFinalClusterSnapshot=True)
    assert up(account).done
    assert up(account).done == ()
    assert account.roles()
    assert account.opened() == ["198.51.100.0/24 5439"]
    assert account.cluster()["VpcSecurityGroups"]


def test_a_run_waits_for_the_cluster_and_says_so(account: Account) -> None:
    up(account)
    account.behind().status = "creating"
    waited: list[float] = []
    said: list[str] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        account.behind().status = "creating" if sum(waited) < 120 else "available"

    cluster.up(account.settings(), on_step=said.append, aws=account.aws, sleep=sleep)
    assert said == ["the cluster is creating", "the cluster is creating, 1 min"]


def test_a_cluster_that_will_never_be_available_is_not_waited_for(account: Account) -> None:
    up(account)
    account.behind().status = "incompatible-network"
    with pytest.raises(AwsError, match=r"is incompatible-network, and will not be available: .* down --no-snapshot"):
        up(account)


def test_waiting_has_an_end() -> None:
    run = Run(Aws(), sleep=no_sleep)
    with pytest.raises(AwsError, match=r"the cluster is still modifying after 30 minutes: .* run this again"):
        run.wait("the cluster", lambda: "modifying", ["available"], minutes=30)


def test_a_paused_cluster_is_resumed(account: Account) -> None:
    up(account)
    account.behind().status = "paused"
    assert up(account).done == (f"resume the cluster {account.identifier}",)
    assert account.cluster()["ClusterStatus"] == "available"


def test_a_cluster_that_is_going_is_not_touched(account: Account) -> None:
    up(account)
    account.behind().status = "final-snapshot"
    with pytest.raises(AwsError, match=r"still being deleted \(final-snapshot\): wait"):
        up(account)


def test_a_cluster_of_somebody_else_is_left_alone(account: Account) -> None:
    account.ask(
        "redshift", "create_cluster", ClusterIdentifier=account.identifier, NodeType="ra3.large", MasterUsername="other",
        MasterUserPassword="Passw0rd-other",
    )  # fmt: skip
    with pytest.raises(AwsError, match=r"the name is taken: .* was not made by sparkify-dwh"):
        up(account)
    assert not account.roles()


def test_a_role_of_somebody_else_is_left_alone(account: Account) -> None:
    name = f"{account.identifier}-redshift"
    account.ask("iam", "create_role", RoleName=name, AssumeRolePolicyDocument="{}")
    with pytest.raises(AwsError, match=r"the name of the role is taken: .* DWH_IAM_ROLE_NAME, or use it as it is"):
        up(account)
    assert not account.exists()


def test_a_role_that_is_configured_is_used_as_it_is(account: Account) -> None:
    arn = "arn:aws:iam::123456789012:role/theirs"
    assert up(account, role_arn=arn).role_arn == arn
    assert account.cluster()["IamRoles"][0]["IamRoleArn"] == arn
    assert not account.roles()


def test_a_time_to_live_stands_on_the_cluster_and_can_be_extended(account: Account) -> None:
    first = up(account, Options(ttl=timedelta(hours=8))).expires
    assert first is not None
    second = up(account, Options(ttl=timedelta(days=2))).expires
    assert second is not None
    assert timedelta(hours=39) < second - first < timedelta(hours=41)
    assert up(account).expires == second


def test_a_dry_run_says_everything_and_does_nothing(account: Account) -> None:
    said: list[str] = []
    settings = account.settings(dwh_db_password=PASSWORD)
    made = cluster.up(settings, dry_run=True, on_step=said.append, aws=account.aws, sleep=no_sleep)
    assert [step.split(":")[0] for step in made.done] == [
        f"create the role {account.identifier}-redshift, which Redshift takes on",
        "let it read the configured locations",
        f"create the security group sparkify-dwh-{account.identifier} in {account.default_vpc()}",
        "open port 5439 to 198.51.100.0/24",
        f"create the cluster {account.identifier}",
    ]
    assert said[0].startswith("would create the role")
    assert account.is_empty()


def test_a_role_that_redshift_does_not_know_yet_is_waited_for(account: Account) -> None:
    """IAM tells its roles with a delay."""
    said: list[str] = []
    settings = account.settings(dwh_db_password=PASSWORD)
    with refused(
        account.aws.client("redshift"),
        "CreateCluster",
        "InvalidParameterValue",
        "The IAM role x is not valid.",
        times=2,
    ):
        cluster.up(settings, on_step=said.append, aws=account.aws, sleep=no_sleep)
    assert said.count("waiting until Redshift knows the new role") == 1
    assert account.exists()


def test_a_run_that_aws_stopped_half_way_goes_on(account: Account) -> None:
    redshift = account.aws.client("redshift")
    with (
        refused(redshift, "CreateCluster", "NumberOfNodesQuotaExceeded", "You have 200."),
        pytest.raises(AwsError, match=r"quota does not allow redshift:CreateCluster in us-west-2"),
    ):
        up(account)
    assert account.roles()
    assert up(account).host


def test_a_single_node_is_asked_for_as_aws_documents_it(account: Account, sent: Sent) -> None:
    made = up(account)
    assert sent.last("CreateCluster") == {
        "ClusterIdentifier": account.identifier,
        "ClusterType": "single-node",
        "NodeType": "ra3.large",
        "DBName": "sparkify",
        "MasterUsername": "awsuser",
        "MasterUserPassword": PASSWORD.reveal(),
        "Port": 5439,
        "Encrypted": True,
        "PubliclyAccessible": False,
        "IamRoles": [made.role_arn],
        "VpcSecurityGroupIds": [account.groups()[0]["GroupId"]],
        "Tags": [
            {"Key": "sparkify-dwh:cluster", "Value": account.identifier},
            {"Key": "sparkify-dwh:role", "Value": f"{account.identifier}-redshift"},
        ],
    }


def test_everything_that_is_made_carries_the_tag(account: Account) -> None:
    up(account)
    mine = {"Key": "sparkify-dwh:cluster", "Value": account.identifier}
    role = account.ask("iam", "get_role", RoleName=account.roles()[0])["Role"]
    for tags in (account.cluster()["Tags"], account.groups()[0]["Tags"], role["Tags"]):
        assert mine in tags


def test_a_configuration_of_the_stand_in_is_not_overwritten(account: Account) -> None:
    with pytest.raises(ConfigurationError, match=r"is that of the stand-in, and would become a cluster's"):
        cluster.up(account.settings(host="standin"), keep=lambda _values: None)


def test_a_database_that_is_configured_stays(account: Account) -> None:
    made = up(account, dwh={"DWH_DB": "first"})
    assert made.values(account.settings())["CLUSTER", "DB_NAME"] == "first"
    assert ("CLUSTER", "DB_NAME") not in made.values(account.settings(db_name="second"))


def test_a_size_that_was_changed_is_remarked_upon(account: Account) -> None:
    up(account)
    made = up(account, dwh={"DWH_NUM_NODES": "2", "DWH_CLUSTER_TYPE": "multi-node"})
    assert (
        "It has 1 x ra3.large, and the configuration describes 2 x ra3.large: resize it in the console." in made.remarks
    )


def test_a_configured_role_that_is_none_is_not_waited_for(account: Account) -> None:
    waited: list[float] = []
    settings = account.settings(dwh_db_password=PASSWORD, role_arn="arn:aws:iam::123456789012:role/theirs")
    redshift = account.aws.client("redshift")
    with (
        refused(redshift, "CreateCluster", "InvalidParameterValue", "The IAM role x is not valid."),
        pytest.raises(AwsError, match=r"The IAM role x is not valid"),
    ):
        cluster.up(settings, aws=account.aws, sleep=waited.append)
    assert waited == []


def test_a_database_that_was_not_made_is_remarked_upon(account: Account) -> None:
    up(account, dwh={"DWH_DB": "first"})
    remarks = up(account, db_name="second").remarks
    assert "It was made with the database first: create second, which [CLUSTER] DB_NAME names." in remarks
