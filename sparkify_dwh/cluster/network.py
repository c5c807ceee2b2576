"""The cluster's place in the network: its VPC, its security group with the opening of one port, its subnets.

The group is the cluster's own: no rule is added to a group that others use, and all of the opening goes with it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.addresses import Network
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.errors import AwsError, ConfigurationError

NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
NO_SUBNET_GROUP = ("ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound")
NEW = "(new)"
_IN_USE_MINUTES = 10  # the network interfaces of a deleted cluster linger


def vpc_of(aws: Aws, subnets: Sequence[str]) -> tuple[str, str]:
    """The VPC that the subnets, which must be of one, lie in, else the default one: its id and its addresses."""
    if subnets:
        found = aws.call("ec2", "describe_subnets", SubnetIds=list(subnets))["Subnets"]
        if len(ids := sorted({subnet["VpcId"] for subnet in found})) > 1:
            raise ConfigurationError(f"[DWH] DWH_SUBNETS must be of one VPC, found {', '.join(ids)}: correct them")
        vpcs = aws.call("ec2", "describe_vpcs", VpcIds=ids)["Vpcs"]
    else:
        vpcs = aws.call("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not vpcs:
        raise ConfigurationError(
            f"the account has no default VPC in {aws.region}: name the subnets to use in [DWH] DWH_SUBNETS"
        )
    return str(vpcs[0]["VpcId"]), str(vpcs[0]["CidrBlock"])


def group_name(identifier: str) -> str:
    """The name of the security group and of the subnet group of a cluster."""
    return f"sparkify-dwh-{identifier}"


def find_groups(aws: Aws, identifier: str) -> list[dict[str, Any]]:
    """The security groups that were made for the cluster, as EC2 describes them."""
    wanted = [{"Name": f"tag:{tags.CLUSTER}", "Values": [identifier]}]
    return list(aws.call("ec2", "describe_security_groups", Filters=wanted)["SecurityGroups"])


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
    """The networks that a security group lets in at a port."""
    return [
        ipaddress.IPv4Network(source["CidrIp"])
        for rule in group.get("IpPermissions", ())
        if rule["IpProtocol"] in ("tcp", "-1") and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535)
        for source in rule.get("IpRanges", ())
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
    run.do(
        f"open port {port} to {network}",
        "ec2",
        "authorize_security_group_ingress",
        absent=("InvalidPermission.Duplicate",),
        GroupId=group,
        IpPermissions=[rule],
    )


def remove_groups(run: Run, identifier: str) -> None:
    """Delete the security groups of the cluster, and with them what they let in."""
    for group in find_groups(run.aws, identifier):
        run.tell(f"delete the security group {group['GroupName']} with its opening")
        if not run.dry:
            run.retry(
                lambda group_id=group["GroupId"]: run.aws.call(  # type: ignore[misc]
                    "ec2", "delete_security_group", absent=NO_GROUP, GroupId=group_id
                ),
                while_=lambda error: error.code == "DependencyViolation",
                minutes=_IN_USE_MINUTES,
                why="the security group is still in use, by interfaces that AWS is removing",
            )


def ensure_subnet_group(run: Run, spec: ClusterSpec) -> str | None:
    """The name of the subnet group for a provisioned cluster in given subnets; None for the default VPC."""
    if not spec.subnets:
        return None
    name = group_name(spec.identifier)
    found = find_subnet_group(run.aws, spec.identifier)
    if found is None:
        run.do(
            f"create the subnet group {name}",
            "redshift",
            "create_cluster_subnet_group",
            ClusterSubnetGroupName=name,
            Description=f"Where the warehouse {spec.identifier} of sparkify-dwh is",
            SubnetIds=list(spec.subnets),
            Tags=tags.listed(tags.tags_of(spec.identifier)),
        )
    elif tags.read(found.get("Tags")).get(tags.CLUSTER) != spec.identifier:
        raise AwsError(f"the name is taken: a subnet group {name} exists that was not made for this cluster; delete it")
    return name


def find_subnet_group(aws: Aws, identifier: str) -> dict[str, Any] | None:
    found = aws.call(
        "redshift",
        "describe_cluster_subnet_groups",
        absent=NO_SUBNET_GROUP,
        ClusterSubnetGroupName=group_name(identifier),
    ).get("ClusterSubnetGroups")
    return dict(found[0]) if found else None


def find_own_subnet_group(aws: Aws, identifier: str) -> str | None:
    """The name of the subnet group that was made for the cluster."""
    found = find_subnet_group(aws, identifier)
    mine = found and tags.read(found.get("Tags")).get(tags.CLUSTER) == identifier
    return group_name(identifier) if mine else None


def remove_subnet_group(run: Run, identifier: str) -> None:
    if name := find_own_subnet_group(run.aws, identifier):
        run.do(
            f"delete the subnet group {name}",
            "redshift",
            "delete_cluster_subnet_group",
            absent=NO_SUBNET_GROUP,
            ClusterSubnetGroupName=name,
        )
