"""Who may reach a cluster that `cluster up` makes, and with which password."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from support.aws import ADDRESS, Account, Sent, no_sleep

from sparkify_dwh import cluster
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.addresses import networks
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.utils.secret import Secret

PASSWORD = Secret("Pa55word-Of-The-Test")


def up(account: Account, options: Options | None = None, **changes: Any) -> cluster.Up:
    """Bring the account's cluster up, with a given password."""
    return cluster.up(account.settings(dwh_db_password=PASSWORD, **changes), options, aws=account.aws, sleep=no_sleep)


def test_the_port_is_opened_to_the_given_network_alone(account: Account) -> None:
    made = up(account, Options(cidrs=("192.0.2.9/32", "198.51.100.0/28")))
    assert sorted(account.opened()) == ["192.0.2.9/32 5439", "198.51.100.0/28 5439"]
    assert sorted(made.opened) == ["192.0.2.9/32", "198.51.100.0/28"]
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


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/2"])
def test_nobody_opens_the_port_to_everybody_by_accident(account: Account, everybody: str) -> None:
    with pytest.raises(ConfigurationError, match=r"would open the port to everybody"):
        up(account, Options(cidrs=(everybody,)))
    assert not account.roles()
    assert [str(network) for network in networks([everybody], anyone=True)] == [everybody]


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "::/0", "everybody"])
def test_what_is_no_network_is_refused(account: Account, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"must be an IPv4 network like 203\.0\.113\.7/32"):
        up(account, Options(cidrs=(text,)))


def test_another_address_is_let_in_beside_the_first(account: Account) -> None:
    up(account)
    up(account, Options(cidrs=("192.0.2.9/32",)))
    assert sorted(account.opened()) == ["192.0.2.9/32 5439", "198.51.100.0/24 5439"]


def test_an_address_that_cannot_be_found_out_changes_nothing_of_what_is_open(account: Account) -> None:
    nobody = Options(public=True, address_service="http://127.0.0.1:1")
    with pytest.raises(AwsError, match=r"this machine's address could not be found out from .*: give it in DWH_CIDR"):
        up(account, nobody, dwh={"DWH_CIDR": ""})
    up(account, Options(public=True))
    assert up(account, nobody, dwh={"DWH_CIDR": ""}).opened == ("198.51.100.0/24",)


def test_a_cluster_can_be_put_into_given_subnets(account: Account) -> None:
    vpc = account.ask("ec2", "create_vpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = account.ask("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    up(account, dwh={"DWH_SUBNETS": subnet})
    assert account.cluster()["ClusterSubnetGroupName"] == f"sparkify-dwh-{account.identifier}"
    assert account.groups()[0]["VpcId"] == vpc
    assert up(account, dwh={"DWH_SUBNETS": subnet}).done == ()


def test_a_password_that_is_made_is_kept_before_the_cluster_is_made(account: Account) -> None:
    """A run that is interrupted afterwards would lose it."""
    kept: list[tuple[dict[tuple[str, str], str], bool]] = []
    cluster.up(
        account.settings(),
        keep=lambda values: kept.append((dict(values), account.exists())),
        aws=account.aws,
        sleep=no_sleep,
    )
    (asked, _), (first, there), (rest, _) = kept
    assert asked == {}
    assert list(first) == [("CLUSTER", "DB_PASSWORD")]
    assert not there
    assert account.behind().master_user_password == first["CLUSTER", "DB_PASSWORD"]
    assert rest["CLUSTER", "HOST"] == account.cluster()["Endpoint"]["Address"]
    assert rest["IAM_ROLE", "ARN"].endswith(f":role/{account.identifier}-redshift")
    assert (rest["CLUSTER", "DB_NAME"], rest["CLUSTER", "DB_USER"]) == ("sparkify", "awsuser")


def test_without_a_place_for_a_password_none_is_made(account: Account) -> None:
    with pytest.raises(ConfigurationError, match=r"pass --write .* or --secret .* or set IAM=true or DWH_DB_PASSWORD"):
        cluster.up(account.settings())
    assert not account.roles()


def test_with_iam_nobody_needs_the_password(account: Account) -> None:
    made = cluster.up(account.settings(iam=True), aws=account.aws, sleep=no_sleep)
    assert made.password is None
    assert len(account.behind().master_user_password) == 32
    assert made.values(account.settings(iam=True))["CLUSTER", "DB_USER"] == "awsuser"


def test_redshift_keeps_the_password_where_asked(account: Account, sent: Sent) -> None:
    cluster.up(account.settings(), Options(secret=True), aws=account.aws, sleep=no_sleep)
    created = sent.last("CreateCluster")
    assert created["ManageMasterPassword"] is True
    assert "MasterUserPassword" not in created
    account.behind().master_password_secret_arn = arn = (
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!x"
    )
    made = cluster.up(account.settings(), Options(secret=True), aws=account.aws, sleep=no_sleep)
    assert made.values(account.settings())["CLUSTER", "SECRET_ARN"] == arn


def test_whether_it_is_public_stays_unless_it_is_said(account: Account) -> None:
    up(account, Options(public=True))
    assert up(account).done == ()
    assert up(account, Options(public=False)).done == ("change the cluster: PubliclyAccessible",)
    assert not account.cluster()["PubliclyAccessible"]


def test_no_password_reaches_a_log(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "urllib3", "boto3"):
        caplog.set_level(logging.DEBUG, name)
    made = up(account)
    assert PASSWORD.reveal() not in caplog.text
    assert PASSWORD.reveal() not in f"{made!r} {made.to_dict()}"


def test_the_port_that_a_cluster_has_is_the_one_that_is_opened(account: Account) -> None:
    up(account)
    assert up(account, dwh={"DWH_PORT": "5440"}).port == 5439
    assert account.opened() == ["198.51.100.0/24 5439"]


def test_the_password_of_another_user_is_not_overwritten(account: Account) -> None:
    """[CLUSTER] DB_PASSWORD is the loader's; the first user's goes where a second run looks for it."""
    kept: dict[tuple[str, str], str] = {}
    loader: dict[str, Any] = {
        "db_user": "loader",
        "db_password": Secret("Passw0rd-loader"),
        "dwh": {"DWH_DB_USER": "admin"},
    }
    made = cluster.up(account.settings(**loader), keep=kept.update, aws=account.aws, sleep=no_sleep)
    assert ("CLUSTER", "DB_PASSWORD") not in kept
    assert account.password() == kept["DWH", "DWH_DB_PASSWORD"]
    assert "It knows the user admin alone: create loader" in str(made.remarks)


def test_a_configuration_that_cannot_be_written_is_said_before_there_is_a_cluster(account: Account) -> None:
    def refuse(_values: Any) -> None:
        raise ConfigurationError("dwh.cfg is read-only")

    with pytest.raises(ConfigurationError, match="read-only"):
        cluster.up(account.settings(dwh_db_password=PASSWORD), keep=refuse, aws=account.aws, sleep=no_sleep)
    assert account.is_empty()


def test_where_a_cluster_is_reached_is_said_when_it_cannot_be_written(account: Account) -> None:
    def refuse(values: Any) -> None:
        if values:
            raise ConfigurationError("dwh.cfg is malformed")

    with pytest.raises(ConfigurationError, match=r"malformed\. The warehouse is there; set \[CLUSTER\] HOST=.*ARN=arn"):
        cluster.up(account.settings(dwh_db_password=PASSWORD), keep=refuse, aws=account.aws, sleep=no_sleep)


def test_a_password_that_nobody_here_knows_is_remarked_upon(account: Account) -> None:
    up(account)
    made = cluster.up(account.settings(), aws=account.aws, sleep=no_sleep)
    assert "The password of awsuser is not configured" in str(made.remarks)
    assert "not configured" not in str(up(account).remarks)


def test_of_chained_roles_the_cluster_has_the_first(account: Account) -> None:
    """Which takes on the next. Redshift guide, r_UNLOAD"""
    chain = "arn:aws:iam::123456789012:role/first,arn:aws:iam::123456789012:role/second"
    made = up(account, role_arn=chain)
    assert [role["IamRoleArn"] for role in account.cluster()["IamRoles"]] == [chain.split(",", maxsplit=1)[0]]
    assert ("IAM_ROLE", "ARN") not in made.values(account.settings(role_arn=chain))
