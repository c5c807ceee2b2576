"""How `cluster up` creates a provisioned cluster, from nothing and from every incomplete state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.aws import PASSWORD, Account, Sent, no_sleep, refused, up

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.execution import Execution
from sparkify_dwh.errors import AwsError, ConfigurationError


def test_a_cluster_is_encrypted_and_not_public(account: Account) -> None:
    created = up(account)
    cluster_ = account.cluster()
    assert (cluster_["Encrypted"], cluster_["PubliclyAccessible"]) == (True, False)
    assert (created.host, created.port) == (cluster_["Endpoint"]["Address"], 5439)
    assert "not public" in created.advice[0]


def test_a_cluster_has_the_configured_nodes(account: Account) -> None:
    size = {"DWH_CLUSTER_TYPE": "multi-node", "DWH_NUM_NODES": "4", "DWH_NODE_TYPE": "ra3.xlplus", "DWH_PORT": "5440"}
    created = up(account, dwh=size)
    cluster_ = account.cluster()
    assert (cluster_["NumberOfNodes"], cluster_["NodeType"], created.port) == (4, "ra3.xlplus", 5440)
    assert created.size == "4 x ra3.xlplus"


def test_an_emulator_without_the_other_kind_is_enough(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """moto and LocalStack have no Redshift Serverless: they answer with a page, or that it is not implemented."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS")
    settings = account.settings(dwh_db_password=PASSWORD)
    with Aws() as emulator:
        assert cluster.up(settings, aws=emulator, sleep=no_sleep).host
        assert cluster.status(settings, aws=emulator).clusters[0].identifier == account.identifier
        assert cluster.down(settings, snapshot=False, aws=emulator, sleep=no_sleep).done
        assert cluster.expire(settings, aws=emulator, sleep=no_sleep) == []
    assert f"cannot look for a serverless warehouse {account.identifier}" in caplog.text
    assert account.is_empty()


def test_a_complete_cluster_is_not_changed(account: Account) -> None:
    assert up(account).done
    assert up(account).done == ()


@pytest.mark.parametrize("missing", ["role", "group", "cluster"])
def test_a_second_run_creates_what_is_missing(account: Account, missing: str) -> None:
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


def test_a_run_waits_for_the_cluster_and_reports_it(account: Account) -> None:
    up(account)
    account.behind().status = "creating"
    waits: list[float] = []
    steps: list[str] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        account.behind().status = "creating" if sum(waits) < 120 else "available"

    cluster.up(account.settings(), on_step=steps.append, aws=account.aws, sleep=sleep)
    assert steps == ["the cluster is creating", "the cluster is creating, 1 min"]


def test_a_cluster_that_will_never_be_available_is_not_waited_for(account: Account) -> None:
    up(account)
    account.behind().status = "incompatible-network"
    with pytest.raises(AwsError, match=r"is incompatible-network and will not become available: .* down --no-snapshot"):
        up(account)


def test_a_run_does_not_wait_forever() -> None:
    execution = Execution(Aws(), sleep=no_sleep)
    with pytest.raises(AwsError, match=r"the cluster is still modifying after 30 minutes: .* run this again"):
        execution.wait("the cluster", lambda: "modifying", ["available"], minutes=30)


def test_a_paused_cluster_is_resumed(account: Account) -> None:
    up(account)
    account.behind().status = "paused"
    assert up(account).done == (f"resume the cluster {account.identifier}",)
    assert account.cluster()["ClusterStatus"] == "available"


def test_a_cluster_that_is_being_deleted_is_not_touched(account: Account) -> None:
    up(account)
    account.behind().status = "final-snapshot"
    with pytest.raises(AwsError, match=r"still being deleted \(final-snapshot\): wait"):
        up(account)


def test_a_cluster_of_somebody_else_is_not_touched(account: Account) -> None:
    account.ask(
        "redshift", "create_cluster", ClusterIdentifier=account.identifier, NodeType="ra3.large", MasterUsername="other",
        MasterUserPassword="Passw0rd-other",
    )  # fmt: skip
    with pytest.raises(AwsError, match=r"exists in us-west-2 and was not created by sparkify-dwh"):
        up(account)
    assert not account.roles()


def test_a_role_of_somebody_else_is_not_touched(account: Account) -> None:
    name = f"{account.identifier}-redshift"
    account.ask("iam", "create_role", RoleName=name, AssumeRolePolicyDocument="{}")
    with pytest.raises(
        AwsError, match=r"exists and does not belong to .* DWH_IAM_ROLE_NAME, or use this role unchanged"
    ):
        up(account)
    assert not account.exists()


def test_a_configured_role_is_used_unchanged(account: Account) -> None:
    arn = "arn:aws:iam::123456789012:role/theirs"
    assert up(account, role_arn=arn).role_arn == arn
    assert account.cluster()["IamRoles"][0]["IamRoleArn"] == arn
    assert not account.roles()


def test_a_time_to_live_is_tagged_and_can_be_extended(account: Account) -> None:
    first = up(account, Options(ttl=timedelta(hours=8))).expires
    assert first is not None
    second = up(account, Options(ttl=timedelta(days=2))).expires
    assert second is not None
    assert timedelta(hours=39) < second - first < timedelta(hours=41)
    assert up(account).expires == second


def test_a_dry_run_reports_everything_and_does_nothing(account: Account) -> None:
    steps: list[str] = []
    settings = account.settings(dwh_db_password=PASSWORD)
    created = cluster.up(settings, dry_run=True, on_step=steps.append, aws=account.aws, sleep=no_sleep)
    assert [step.split(":")[0] for step in created.done] == [
        f"create the role {account.identifier}-redshift, which Redshift assumes",
        "allow it to read the configured locations",
        f"create the security group sparkify-dwh-{account.identifier} in {account.default_vpc()}",
        "open port 5439 to 198.51.100.0/24",
        f"create the cluster {account.identifier}",
    ]
    assert steps[0].startswith("would create the role")
    assert account.is_empty()


def test_a_role_that_redshift_does_not_know_yet_is_waited_for(account: Account) -> None:
    """IAM publishes its roles with a delay."""
    steps: list[str] = []
    settings = account.settings(dwh_db_password=PASSWORD)
    with refused(
        account.aws.client("redshift"),
        "CreateCluster",
        "InvalidParameterValue",
        "The IAM role x is not valid.",
        times=2,
    ):
        cluster.up(settings, on_step=steps.append, aws=account.aws, sleep=no_sleep)
    assert steps.count("waiting until Redshift knows the new role") == 1
    assert account.exists()


def test_a_run_that_aws_refused_can_be_continued(account: Account) -> None:
    redshift = account.aws.client("redshift")
    with (
        refused(redshift, "CreateCluster", "NumberOfNodesQuotaExceeded", "You have 200."),
        pytest.raises(AwsError, match=r"quota does not allow redshift:CreateCluster in us-west-2"),
    ):
        up(account)
    assert account.roles()
    assert up(account).host


def test_a_single_node_is_asked_for_as_aws_documents_it(account: Account, sent: Sent) -> None:
    created = up(account)
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
        "IamRoles": [created.role_arn],
        "VpcSecurityGroupIds": [account.groups()[0]["GroupId"]],
        "Tags": [
            {"Key": "sparkify-dwh:cluster", "Value": account.identifier},
            {"Key": "sparkify-dwh:role", "Value": f"{account.identifier}-redshift"},
        ],
    }


def test_everything_that_is_created_has_the_tag(account: Account) -> None:
    up(account)
    mine = {"Key": "sparkify-dwh:cluster", "Value": account.identifier}
    role = account.ask("iam", "get_role", RoleName=account.roles()[0])["Role"]
    for tags in (account.cluster()["Tags"], account.groups()[0]["Tags"], role["Tags"]):
        assert mine in tags


def test_a_configuration_of_the_stand_in_is_not_overwritten(account: Account) -> None:
    with pytest.raises(ConfigurationError, match=r"is that of the stand-in and would become a cluster's"):
        cluster.up(account.settings(host="standin"), write_values=lambda _values: None)


def test_a_configured_database_is_kept(account: Account) -> None:
    created = up(account, dwh={"DWH_DB": "first"})
    assert created.values(account.settings())["CLUSTER", "DB_NAME"] == "first"
    assert ("CLUSTER", "DB_NAME") not in created.values(account.settings(db_name="second"))


def test_there_is_advice_about_another_size(account: Account) -> None:
    up(account)
    created = up(account, dwh={"DWH_NUM_NODES": "2", "DWH_CLUSTER_TYPE": "multi-node"})
    assert (
        "It has 1 x ra3.large, but the configuration describes 2 x ra3.large: resize it in the console."
        in created.advice
    )


def test_a_configured_role_that_does_not_exist_is_not_waited_for(account: Account) -> None:
    waits: list[float] = []
    settings = account.settings(dwh_db_password=PASSWORD, role_arn="arn:aws:iam::123456789012:role/theirs")
    redshift = account.aws.client("redshift")
    with (
        refused(redshift, "CreateCluster", "InvalidParameterValue", "The IAM role x is not valid."),
        pytest.raises(AwsError, match=r"The IAM role x is not valid"),
    ):
        cluster.up(settings, aws=account.aws, sleep=waits.append)
    assert waits == []


def test_there_is_advice_about_another_database(account: Account) -> None:
    up(account, dwh={"DWH_DB": "first"})
    advice = up(account, db_name="second").advice
    assert "It was created with the database first: create second, which [CLUSTER] DB_NAME names." in advice
