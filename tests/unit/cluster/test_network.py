"""The VPC and the security groups of a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.aws import ADDRESS, Account, Sent, no_sleep, refused, up, within_moto

from sparkify_dwh import cluster
from sparkify_dwh.cluster import security_groups
from sparkify_dwh.cluster.addresses import public_address
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.spec import spec_of
from sparkify_dwh.cluster.vpc import find_vpc
from sparkify_dwh.errors import AwsError, ConfigurationError


def up_with(account: Account, **dwh: str) -> cluster.CreatedCluster:
    return up(account, dwh={f"DWH_{key}": value for key, value in dwh.items()})


def subnets(account: Account, *zones: str) -> str:
    """New subnets in a VPC of their own, as DWH_SUBNETS lists them."""
    vpc = account.ask("ec2", "create_vpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    created = [
        account.ask(
            "ec2", "create_subnet", VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"us-west-2{zone}"
        )
        for number, zone in enumerate(zones)
    ]
    return ",".join(subnet["Subnet"]["SubnetId"] for subnet in created)


@pytest.mark.parametrize(("zones", "routing"), [("ab", "false"), ("abc", "true")])
def test_serverless_needs_two_zones_and_three_with_enhanced_routing(account: Account, zones: str, routing: str) -> None:
    chosen = subnets(account, *zones)
    up_with(account, CLUSTER_TYPE="serverless", SUBNETS=chosen, ENHANCED_VPC_ROUTING=routing)
    workgroup = account.serverless.sent("CreateWorkgroup")
    assert workgroup["subnetIds"] == chosen.split(",")
    assert workgroup.get("enhancedVpcRouting", False) is (routing == "true")


@pytest.mark.parametrize(("zones", "routing"), [("aa", "false"), ("a", "false"), ("aab", "true"), ("ab", "true")])
def test_serverless_in_too_few_zones_is_refused_before_anything_is_created(
    account: Account, zones: str, routing: str
) -> None:
    """AWS would refuse the workgroup after creating the namespace."""
    with pytest.raises(
        ConfigurationError, match=r"(\d), in \1 zones, for Serverless|needs (\d) subnets in \2 zones, found"
    ):
        up_with(account, CLUSTER_TYPE="serverless", SUBNETS=subnets(account, *zones), ENHANCED_VPC_ROUTING=routing)
    assert account.is_empty()


def test_a_default_vpc_of_two_zones_is_enough_for_serverless(account: Account) -> None:
    vpc = account.default_vpc()
    wanted = [{"Name": "vpc-id", "Values": [vpc]}]
    found = account.ask("ec2", "describe_subnets", Filters=wanted)["Subnets"]
    zones = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found}
    assert len(found) == len(zones) > 2
    spec = spec_of(account.settings(dwh={"DWH_CLUSTER_TYPE": "serverless"}))
    within = within_moto("ec2").subnets
    removed = {zone: within.pop(zone) for zone in sorted(zones)[2:]}
    try:
        assert find_vpc(account.aws, spec, None)[0] == vpc
        with pytest.raises(
            ConfigurationError, match="Serverless with DWH_ENHANCED_VPC_ROUTING needs 3 subnets in 3 zones"
        ):
            find_vpc(account.aws, replace(spec, enhanced_vpc_routing=True), None)
    finally:
        within.update(removed)


def test_a_provisioned_cluster_can_route_through_its_vpc(account: Account, sent: Sent) -> None:
    up_with(account, ENHANCED_VPC_ROUTING="true")
    assert sent.last("CreateCluster")["EnhancedVpcRouting"] is True


def test_a_cluster_stays_in_its_vpc_when_the_configuration_changes(account: Account) -> None:
    chosen = subnets(account, "a")
    up_with(account, SUBNETS=chosen)
    (subnet,) = account.ask("ec2", "describe_subnets", SubnetIds=[chosen])["Subnets"]
    account.behind().vpc_id = vpc = subnet["VpcId"]
    assert up(account).done == ()
    assert [group["VpcId"] for group in account.groups()] == [vpc]


def test_an_existing_cluster_is_not_moved(account: Account) -> None:
    """AWS cannot move it, so no subnet group is created for it."""
    up(account)
    account.behind().vpc_id = account.default_vpc()
    assert up_with(account, SUBNETS=subnets(account, "a")).done == ()


def test_subnets_that_change_after_a_failed_run_replace_the_earlier_ones(account: Account) -> None:
    first, second = subnets(account, "a"), subnets(account, "b")
    redshift = account.aws.client("redshift")
    with refused(redshift, "CreateCluster", "InsufficientClusterCapacity"), pytest.raises(AwsError, match="capacity"):
        up_with(account, SUBNETS=first)
    up_with(account, SUBNETS=second)
    group = f"sparkify-dwh-{account.identifier}"
    (found,) = account.ask("redshift", "describe_cluster_subnet_groups", ClusterSubnetGroupName=group)[
        "ClusterSubnetGroups"
    ]
    assert [subnet["SubnetIdentifier"] for subnet in found["Subnets"]] == [second]


def test_all_sources_of_a_security_group_are_listed() -> None:
    rule: dict[str, Any] = {
        "IpProtocol": "tcp", "FromPort": 5430, "ToPort": 5440, "IpRanges": [{"CidrIp": "198.51.100.0/24"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "PrefixListIds": [{"PrefixListId": "pl-1"}],
        "UserIdGroupPairs": [{"GroupId": "sg-1"}],
    }  # fmt: skip
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "192.0.2.1/32"}]}
    other = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    groups = [{"IpPermissions": [rule, everything, other]}]
    assert security_groups.open_sources(groups, 5439) == ["198.51.100.0/24", "::/0", "pl-1", "sg-1", "192.0.2.1/32"]


def test_there_is_advice_about_a_rule_for_everyone(account: Account) -> None:
    up(account)
    rule = {"IpProtocol": "tcp", "FromPort": 5439, "ToPort": 5439, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    group = account.groups()[0]["GroupId"]
    account.ask("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=[rule])
    created = up(account)
    assert created.opened == ("198.51.100.0/24", "::/0")
    assert "Port 5439 is open to everyone" in str(created.advice)


def test_groups_that_others_attached_are_included(account: Account) -> None:
    up(account)
    other = account.ask(
        "ec2", "create_security_group", GroupName=f"theirs-{account.identifier}", Description="x",
        VpcId=account.default_vpc(),
    )["GroupId"]  # fmt: skip
    rule = {"IpProtocol": "tcp", "FromPort": 5439, "ToPort": 5439, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    account.ask("ec2", "authorize_security_group_ingress", GroupId=other, IpPermissions=[rule])
    account.behind().vpc_security_group_ids += [other]
    assert cluster.status(account.settings(), aws=account.aws).opened == ("198.51.100.0/24", "192.0.2.0/24")


def test_a_cluster_without_groups_has_none(account: Account) -> None:
    described = ClusterDescription("provisioned", "music", "available", "1 x ra3.large")
    assert security_groups.attached_groups(account.aws, described) == []


def test_a_group_that_ec2_does_not_know_yet_is_waited_for(account: Account) -> None:
    with refused(account.aws.client("ec2"), "AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound"):
        assert up(account).opened == ("198.51.100.0/24",)


def test_a_group_that_others_use_does_not_prevent_the_rest(account: Account) -> None:
    up(account)
    ec2 = account.aws.client("ec2")
    with (
        refused(ec2, "DeleteSecurityGroup", "DependencyViolation", times=500),
        pytest.raises(
            AwsError,
            match=r"Everything of .* is deleted except its security group sg-\w+, which is still in use after 10",
        ),
    ):
        cluster.down(account.settings(), aws=account.aws, sleep=no_sleep)
    assert not account.exists()
    assert account.roles() == []
    assert len(account.groups()) == 1


def test_the_public_address_is_not_that_of_a_proxy(address_service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to a warehouse do not use an HTTP proxy."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert public_address(address_service) == ADDRESS
