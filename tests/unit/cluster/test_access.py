"""Who may connect to a cluster that `cluster up` creates, and with which password."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from support.aws import ADDRESS, PASSWORD, Account, Sent, no_sleep, up

from sparkify_dwh import cluster
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.addresses import parse_networks
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.utils.secret import Secret


def test_the_port_is_opened_only_to_the_given_networks(account: Account) -> None:
    created = up(account, Options(cidrs=("192.0.2.9/32", "198.51.100.0/28")))
    assert sorted(account.opened()) == ["192.0.2.9/32 5439", "198.51.100.0/28 5439"]
    assert sorted(created.opened) == ["192.0.2.9/32", "198.51.100.0/28"]
    assert account.cluster()["VpcSecurityGroups"][0]["VpcSecurityGroupId"] == account.groups()[0]["GroupId"]


def test_a_public_cluster_is_opened_to_the_caller_as_the_internet_sees_it(
    account: Account, address_service: str
) -> None:
    settings = account.settings(dwh_db_password=PASSWORD, dwh={"DWH_CIDR": ""})
    cluster.up(settings, Options(public=True, address_service=address_service), aws=account.aws, sleep=no_sleep)
    assert account.opened() == [f"{ADDRESS}/32 5439"]
    assert account.cluster()["PubliclyAccessible"]


def test_a_cluster_in_its_vpc_is_opened_to_the_callers_own_address(account: Account) -> None:
    up(account, dwh={"DWH_CIDR": ""})
    (opened,) = account.opened()
    assert opened.endswith("/32 5439")
    assert not opened.startswith(ADDRESS)


@pytest.mark.parametrize("everyone", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/2"])
def test_the_port_is_not_opened_to_everyone_by_accident(account: Account, everyone: str) -> None:
    with pytest.raises(ConfigurationError, match=r"would open the port to everyone"):
        up(account, Options(cidrs=(everyone,)))
    assert not account.roles()
    assert [str(network) for network in parse_networks([everyone], anyone=True)] == [everyone]


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "::/0", "everyone"])
def test_an_invalid_network_is_refused(account: Account, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"must be an IPv4 network like 203\.0\.113\.7/32"):
        up(account, Options(cidrs=(text,)))


def test_another_network_is_added_to_the_first(account: Account) -> None:
    up(account)
    up(account, Options(cidrs=("192.0.2.9/32",)))
    assert sorted(account.opened()) == ["192.0.2.9/32 5439", "198.51.100.0/24 5439"]


def test_an_address_that_cannot_be_determined_leaves_the_rules_as_they_are(account: Account) -> None:
    unreachable = Options(public=True, address_service="http://127.0.0.1:1")
    with pytest.raises(AwsError, match=r"Cannot determine this machine's address from .*: give it in DWH_CIDR"):
        up(account, unreachable, dwh={"DWH_CIDR": ""})
    up(account, Options(public=True))
    assert up(account, unreachable, dwh={"DWH_CIDR": ""}).opened == ("198.51.100.0/24",)


def test_a_cluster_can_be_put_into_given_subnets(account: Account) -> None:
    vpc = account.ask("ec2", "create_vpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = account.ask("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    up(account, dwh={"DWH_SUBNETS": subnet})
    assert account.cluster()["ClusterSubnetGroupName"] == f"sparkify-dwh-{account.identifier}"
    assert account.groups()[0]["VpcId"] == vpc
    assert up(account, dwh={"DWH_SUBNETS": subnet}).done == ()


def test_a_generated_password_is_written_before_the_cluster_is_created(account: Account) -> None:
    """Otherwise a run that is interrupted in between would lose it."""
    written: list[tuple[dict[tuple[str, str], str], bool]] = []
    cluster.up(
        account.settings(),
        write_values=lambda values: written.append((dict(values), account.exists())),
        aws=account.aws,
        sleep=no_sleep,
    )
    (probe, _), (first, exists), (rest, _) = written
    assert probe == {}
    assert list(first) == [("CLUSTER", "DB_PASSWORD")]
    assert not exists
    assert account.behind().master_user_password == first["CLUSTER", "DB_PASSWORD"]
    assert rest["CLUSTER", "HOST"] == account.cluster()["Endpoint"]["Address"]
    assert rest["IAM_ROLE", "ARN"].endswith(f":role/{account.identifier}-redshift")
    assert (rest["CLUSTER", "DB_NAME"], rest["CLUSTER", "DB_USER"]) == ("sparkify", "awsuser")


def test_a_password_that_could_not_be_written_is_not_generated(account: Account) -> None:
    with pytest.raises(ConfigurationError, match=r"pass --write .* or --secret .* or set IAM=true or DWH_DB_PASSWORD"):
        cluster.up(account.settings())
    assert not account.roles()


def test_a_dry_run_plans_without_a_password_and_says_that_one_is_needed(account: Account) -> None:
    planned = cluster.up(account.settings(), dry_run=True, aws=account.aws)
    assert planned.done[0].startswith(
        "need a password for awsuser, and none is configured: pass --write to generate one and write it to dwh.cfg"
    )
    assert planned.done[-1].startswith(f"create the cluster {account.identifier}: 1 x ra3.large")
    assert account.is_empty()


def test_with_iam_the_password_is_not_needed(account: Account) -> None:
    created = cluster.up(account.settings(iam=True), aws=account.aws, sleep=no_sleep)
    assert created.password is None
    assert len(account.behind().master_user_password) == 32
    assert created.values(account.settings(iam=True))["CLUSTER", "DB_USER"] == "awsuser"


def test_redshift_manages_the_password_on_request(account: Account, sent: Sent) -> None:
    cluster.up(account.settings(), Options(secret=True), aws=account.aws, sleep=no_sleep)
    created = sent.last("CreateCluster")
    assert created["ManageMasterPassword"] is True
    assert "MasterUserPassword" not in created
    account.behind().master_password_secret_arn = arn = (
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!x"
    )
    created = cluster.up(account.settings(), Options(secret=True), aws=account.aws, sleep=no_sleep)
    assert created.values(account.settings())["CLUSTER", "SECRET_ARN"] == arn


def test_a_cluster_stays_public_or_not_unless_the_option_is_given(account: Account) -> None:
    up(account, Options(public=True))
    assert up(account).done == ()
    assert up(account, Options(public=False)).done == ("change the cluster: PubliclyAccessible",)
    assert not account.cluster()["PubliclyAccessible"]


def test_no_password_reaches_a_log(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "urllib3", "boto3"):
        caplog.set_level(logging.DEBUG, name)
    created = up(account)
    assert PASSWORD.reveal() not in caplog.text
    assert PASSWORD.reveal() not in f"{created!r} {created.to_dict()}"


def test_the_port_of_an_existing_cluster_is_the_one_that_is_opened(account: Account) -> None:
    up(account)
    assert up(account, dwh={"DWH_PORT": "5440"}).port == 5439
    assert account.opened() == ["198.51.100.0/24 5439"]


def test_the_password_of_another_user_is_not_overwritten(account: Account) -> None:
    """[CLUSTER] DB_PASSWORD is the loader's; the admin's is written to where a second run reads it."""
    written: dict[tuple[str, str], str] = {}
    loader: dict[str, Any] = {
        "db_user": "loader",
        "db_password": Secret("Passw0rd-loader"),
        "dwh": {"DWH_DB_USER": "admin"},
    }
    created = cluster.up(account.settings(**loader), write_values=written.update, aws=account.aws, sleep=no_sleep)
    assert ("CLUSTER", "DB_PASSWORD") not in written
    assert account.password() == written["DWH", "DWH_DB_PASSWORD"]
    assert "It was created with the user admin: create loader" in str(created.advice)


def test_a_read_only_configuration_is_reported_before_a_cluster_is_created(account: Account) -> None:
    def refuse(_values: Any) -> None:
        raise ConfigurationError("dwh.cfg is read-only")

    with pytest.raises(ConfigurationError, match="read-only"):
        cluster.up(account.settings(dwh_db_password=PASSWORD), write_values=refuse, aws=account.aws, sleep=no_sleep)
    assert account.is_empty()


def test_an_endpoint_that_cannot_be_written_is_in_the_error(account: Account) -> None:
    def refuse(values: Any) -> None:
        if values:
            raise ConfigurationError("dwh.cfg is malformed")

    with pytest.raises(ConfigurationError, match=r"malformed\. The warehouse exists; set \[CLUSTER\] HOST=.*ARN=arn"):
        cluster.up(account.settings(dwh_db_password=PASSWORD), write_values=refuse, aws=account.aws, sleep=no_sleep)


def test_there_is_advice_about_a_password_that_is_not_configured(account: Account) -> None:
    up(account)
    created = cluster.up(account.settings(), aws=account.aws, sleep=no_sleep)
    assert "The password of awsuser is not configured" in str(created.advice)
    assert "not configured" not in str(up(account).advice)


def test_of_chained_roles_the_cluster_gets_the_first(account: Account) -> None:
    """Which assumes the next. Redshift guide, r_UNLOAD"""
    chain = "arn:aws:iam::123456789012:role/first,arn:aws:iam::123456789012:role/second"
    created = up(account, role_arn=chain)
    assert [role["IamRoleArn"] for role in account.cluster()["IamRoles"]] == [chain.split(",", maxsplit=1)[0]]
    assert ("IAM_ROLE", "ARN") not in created.values(account.settings(role_arn=chain))
