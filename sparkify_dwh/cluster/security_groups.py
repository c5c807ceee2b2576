"""The security group of a cluster, with rules that open one port.

The group belongs to the cluster: no rule is added to a group of others, and all rules are deleted with the group.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.addresses import Network
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.execution import Execution, RetryPolicy
from sparkify_dwh.cluster.naming import group_name
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.errors import AwsError

MISSING = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
PLANNED_ID = "(new)"  # the id in a dry run
IN_USE_MINUTES = 10  # the network interfaces of a deleted cluster take a while to disappear

_UNTIL_GROUP_IS_KNOWN = RetryPolicy(
    lambda error: error.code in MISSING, minutes=1, reason="waiting until EC2 knows the new security group"
)
_UNTIL_UNUSED = RetryPolicy(
    lambda error: error.code == "DependencyViolation",
    minutes=IN_USE_MINUTES,
    reason="the security group is still in use, by interfaces that AWS is removing",
)
_SOURCES = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}


def find_managed_groups(aws: Aws, identifier: str) -> list[dict[str, Any]]:
    """Return the security groups that were created for the cluster, as EC2 describes them."""
    filters = [{"Name": f"tag:{tags.CLUSTER}", "Values": [identifier]}]
    return aws.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)


def attached_groups(aws: Aws, cluster: ClusterDescription) -> list[dict[str, Any]]:
    """Return all security groups that are attached to the cluster."""
    if not cluster.security_groups:  # without ids EC2 would return all groups of the region
        return []
    filters = [{"Name": "group-id", "Values": list(cluster.security_groups)}]
    return aws.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)


def ensure_security_group(
    execution: Execution, spec: ClusterSpec, vpc: str, networks: Callable[[], Sequence[Network]]
) -> str:
    """Return the id of the cluster's security group, after creating it and opening the port to ``networks``.

    ``networks`` is a function because finding this machine's address takes a request. Existing rules stay.
    """
    groups = find_managed_groups(execution.aws, spec.identifier)
    existing = next((group for group in groups if group["VpcId"] == vpc), None)
    group_id = str(existing["GroupId"]) if existing else _create_group(execution, spec, vpc)
    opened = open_networks(existing, spec.port) if existing else []
    for network in _networks_to_open(execution, networks, bool(opened)):
        if not any(network.subnet_of(other) for other in opened):
            _open_port(execution, group_id, spec.port, network)
    return group_id


def _networks_to_open(
    execution: Execution, networks: Callable[[], Sequence[Network]], has_rules: bool
) -> Sequence[Network]:
    """Return the networks; none when they cannot be determined and the port has rules already."""
    try:
        return networks()
    except AwsError as error:
        if not has_rules:
            raise
        execution.on_step(f"the rules of the security group stay as they are: {error}")
        return ()


def open_networks(group: dict[str, Any], port: int) -> list[Network]:
    """Return the IPv4 networks to which a security group opens a port."""
    return [
        ipaddress.IPv4Network(source["CidrIp"]) for rule in _rules(group, port) for source in rule.get("IpRanges", ())
    ]


def open_sources(groups: Iterable[dict[str, Any]], port: int) -> list[str]:
    """Return everything to which security groups open a port: networks, prefix lists, members of groups."""
    sources = [
        str(source.get(name))
        for group in groups
        for rule in _rules(group, port)
        for kind, name in _SOURCES.items()
        for source in rule.get(kind, ())
    ]
    return list(dict.fromkeys(sources))


def _rules(group: dict[str, Any], port: int) -> list[dict[str, Any]]:
    return [
        rule
        for rule in group.get("IpPermissions", ())
        if rule["IpProtocol"] == "-1"
        or (rule["IpProtocol"] == "tcp" and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535))
    ]


def _create_group(execution: Execution, spec: ClusterSpec, vpc: str) -> str:
    name = group_name(spec.identifier)
    specification = {
        "ResourceType": "security-group",
        "Tags": tags.as_list({**tags.tags_of(spec.identifier), "Name": name}),
    }
    response = execution.do(
        f"create the security group {name} in {vpc}",
        "ec2",
        "create_security_group",
        GroupName=name,
        Description=f"Who may connect to the warehouse {spec.identifier} of sparkify-dwh",
        VpcId=vpc,
        TagSpecifications=[specification],
    )
    return str(response.get("GroupId", PLANNED_ID))


def _open_port(execution: Execution, group_id: str, port: int, network: Network) -> None:
    source = {"CidrIp": str(network), "Description": "sparkify-dwh cluster up"}
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [source]}
    execution.do(
        f"open port {port} to {network}",
        "ec2",
        "authorize_security_group_ingress",
        absent=("InvalidPermission.Duplicate",),
        retry=_UNTIL_GROUP_IS_KNOWN,
        GroupId=group_id,
        IpPermissions=[rule],
    )


def remove_security_groups(execution: Execution, identifier: str) -> list[str]:
    """Delete the security groups of the cluster. Return the ids of groups that are still in use."""
    groups = find_managed_groups(execution.aws, identifier)
    return [group["GroupId"] for group in groups if not _remove_group(execution, group)]


def _remove_group(execution: Execution, group: dict[str, Any]) -> bool:
    """Return False when the group is still in use."""
    step = f"delete the security group {group['GroupName']} and its rules"
    group_id = group["GroupId"]
    try:
        execution.do(step, "ec2", "delete_security_group", absent=MISSING, retry=_UNTIL_UNUSED, GroupId=group_id)
    except AwsError as error:
        if error.code != "DependencyViolation":
            raise
        return False
    return True
