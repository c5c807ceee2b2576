"""The cluster's place in the network: its VPC, and its security group with the opening of one port.

The group is the cluster's own: no rule is added to a group that others use, and all of the opening goes with it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.addresses import Network
from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import SERVERLESS_SUBNETS, ClusterSpec
from sparkify_dwh.errors import AwsError, ConfigurationError

NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
NEW = "(new)"
IN_USE_MINUTES = 10  # the network interfaces of a deleted cluster linger


def vpc_of(aws: Aws, spec: ClusterSpec, found: Found | None) -> tuple[str, str]:
    """The VPC that the warehouse is in or will be in, that of its subnets or the default one: its id and its addresses.

    Raises ConfigurationError when there is none, or it has not the subnets that are needed.
    """
    if found and found.vpc:
        vpcs = aws.call("ec2", "describe_vpcs", VpcIds=[found.vpc])["Vpcs"]
    elif spec.subnets:
        subnets = aws.call("ec2", "describe_subnets", SubnetIds=list(spec.subnets))["Subnets"]
        if len(ids := sorted({subnet["VpcId"] for subnet in subnets})) > 1:
            raise ConfigurationError(f"[DWH] DWH_SUBNETS must be of one VPC, found {', '.join(ids)}: correct them")
        _require_zones(aws, spec, subnets)
        vpcs = aws.call("ec2", "describe_vpcs", VpcIds=ids)["Vpcs"]
    else:
        vpcs = _default_vpcs(aws, spec)
    return str(vpcs[0]["VpcId"]), str(vpcs[0]["CidrBlock"])


def _default_vpcs(aws: Aws, spec: ClusterSpec) -> list[dict[str, Any]]:
    vpcs = aws.call("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not vpcs:
        raise ConfigurationError(
            f"the account has no default VPC in {aws.region}: name the subnets to use in [DWH] DWH_SUBNETS"
        )
    if spec.kind == SERVERLESS:
        within = [{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}]
        _require_zones(aws, spec, aws.pages("ec2", "describe_subnets", "Subnets", Filters=within))
    return list(vpcs)


def _require_zones(aws: Aws, spec: ClusterSpec, subnets: Sequence[dict[str, Any]]) -> None:
    """Serverless wants three subnets in three zones; in Northern California, which has no more, in two.

    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html
    """
    zones = sorted({subnet["AvailabilityZone"] for subnet in subnets})
    needed = 2 if aws.region == "us-west-1" else SERVERLESS_SUBNETS
    if spec.kind == SERVERLESS and (len(subnets) < SERVERLESS_SUBNETS or len(zones) < needed):
        raise ConfigurationError(
            f"Serverless needs {SERVERLESS_SUBNETS} subnets in {needed} zones, found {len(subnets)} in "
            f"{', '.join(zones) or 'none'}: name others in [DWH] DWH_SUBNETS, or set DWH_CLUSTER_TYPE=single-node"
        )


def group_name(identifier: str) -> str:
    """The name of the security group and of the subnet group of a cluster."""
    return f"sparkify-dwh-{identifier}"


def find_groups(aws: Aws, identifier: str) -> list[dict[str, Any]]:
    """The security groups that were made for the cluster, as EC2 describes them."""
    wanted = [{"Name": f"tag:{tags.CLUSTER}", "Values": [identifier]}]
    return aws.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=wanted)


def groups_at(aws: Aws, found: Found) -> list[dict[str, Any]]:
    """The security groups that the warehouse has, ours and others'."""
    if not found.security_groups:  # which EC2 would take for all of the region
        return []
    wanted = [{"Name": "group-id", "Values": list(found.security_groups)}]
    return aws.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=wanted)


def ensure_group(run: Run, spec: ClusterSpec, vpc: str, wanted: Callable[[], Sequence[Network]]) -> str:
    """The id of the cluster's security group, which lets ``wanted`` in afterwards, and whom it let in before.

    ``wanted`` is only asked when it is needed: finding out this machine's address takes a request.
    """
    found = next((group for group in find_groups(run.aws, spec.identifier) if group["VpcId"] == vpc), None)
    group = str(found["GroupId"]) if found else _create_group(run, spec, vpc)
    already = opened(found, spec.port) if found else []
    for network in _asked_for(run, wanted, bool(already)):
        if not any(network.subnet_of(other) for other in already):
            _open(run, group, spec.port, network)
    return group


def _asked_for(run: Run, wanted: Callable[[], Sequence[Network]], opened_to_some: bool) -> Sequence[Network]:
    """Whom to let in; nobody else when this machine's address cannot be found out, and the port is open to some."""
    try:
        return wanted()
    except AwsError as error:
        if not opened_to_some:
            raise
        run.on_step(f"the opening stays as it is: {error}")
        return ()


def opened(group: dict[str, Any], port: int) -> list[Network]:
    """The IPv4 networks that a security group lets in at a port."""
    return [
        ipaddress.IPv4Network(source["CidrIp"]) for rule in _rules(group, port) for source in rule.get("IpRanges", ())
    ]


def sources(groups: Iterable[dict[str, Any]], port: int) -> list[str]:
    """All whom security groups let in at a port: networks, prefix lists, members of groups."""
    kinds = {
        "IpRanges": "CidrIp",
        "Ipv6Ranges": "CidrIpv6",
        "PrefixListIds": "PrefixListId",
        "UserIdGroupPairs": "GroupId",
    }
    found = [
        str(source.get(name))
        for group in groups
        for rule in _rules(group, port)
        for kind, name in kinds.items()
        for source in rule.get(kind, ())
    ]
    return list(dict.fromkeys(found))


def _rules(group: dict[str, Any], port: int) -> list[dict[str, Any]]:
    return [
        rule
        for rule in group.get("IpPermissions", ())
        if rule["IpProtocol"] == "-1"
        or (rule["IpProtocol"] == "tcp" and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535))
    ]


def _create_group(run: Run, spec: ClusterSpec, vpc: str) -> str:
    specification = {
        "ResourceType": "security-group",
        "Tags": tags.listed({**tags.tags_of(spec.identifier), "Name": group_name(spec.identifier)}),
    }
    answer = run.do(
        f"create the security group {group_name(spec.identifier)} in {vpc}",
        "ec2",
        "create_security_group",
        GroupName=group_name(spec.identifier),
        Description=f"Who may connect to the warehouse {spec.identifier} of sparkify-dwh",
        VpcId=vpc,
        TagSpecifications=[specification],
    )
    return str(answer.get("GroupId", NEW))


def _open(run: Run, group: str, port: int, network: Network) -> None:
    source = {"CidrIp": str(network), "Description": "sparkify-dwh cluster up"}
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [source]}
    run.tell(f"open port {port} to {network}")
    if not run.dry:
        run.retry(
            lambda: run.aws.call(
                "ec2",
                "authorize_security_group_ingress",
                absent=("InvalidPermission.Duplicate",),
                GroupId=group,
                IpPermissions=[rule],
            ),
            while_=lambda error: error.code in NO_GROUP,
            minutes=1,
            why="waiting until EC2 knows the new security group",
        )


def remove_groups(run: Run, identifier: str) -> list[str]:
    """Delete the security groups of the cluster, and with them what they let in. Those that something else keeps."""
    return [group["GroupId"] for group in find_groups(run.aws, identifier) if not _is_removed(run, group)]


def _is_removed(run: Run, group: dict[str, Any]) -> bool:
    run.tell(f"delete the security group {group['GroupName']} with its opening")
    if run.dry:
        return True
    try:
        run.retry(
            lambda: run.aws.call("ec2", "delete_security_group", absent=NO_GROUP, GroupId=group["GroupId"]),
            while_=lambda error: error.code == "DependencyViolation",
            minutes=IN_USE_MINUTES,
            why="the security group is still in use, by interfaces that AWS is removing",
        )
    except AwsError as error:
        if error.code != "DependencyViolation":
            raise
        return False
    return True
