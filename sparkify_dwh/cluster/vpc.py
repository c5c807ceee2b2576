"""The VPC of a cluster, and the subnet group of a provisioned cluster in configured subnets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.execution import Execution, RetryPolicy
from sparkify_dwh.cluster.naming import group_name
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.errors import AwsError, ConfigurationError

MISSING_SUBNET_GROUP = ("ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound")
IN_USE = ("InvalidClusterSubnetGroupStateFault", "InvalidClusterSubnetStateFault")

_UNTIL_UNUSED = RetryPolicy(
    lambda error: error.code in IN_USE,
    minutes=5,
    reason="the subnet group is still in use, by the cluster that AWS is removing",
)


def find_vpc(aws: Aws, spec: ClusterSpec, existing: ClusterDescription | None) -> tuple[str, str]:
    """Return id and CIDR block of the VPC: the existing cluster's, that of the configured subnets, or the default one.

    Raises ConfigurationError when there is none, or when it lacks the subnets that are needed.
    """
    if existing and existing.vpc:
        vpcs = aws.call("ec2", "describe_vpcs", VpcIds=[existing.vpc])["Vpcs"]
    elif spec.subnets:
        subnets = aws.call("ec2", "describe_subnets", SubnetIds=list(spec.subnets))["Subnets"]
        if len(ids := sorted({subnet["VpcId"] for subnet in subnets})) > 1:
            raise ConfigurationError(f"[DWH] DWH_SUBNETS must be in one VPC, found {', '.join(ids)}", "correct them")
        _require_zones(aws, spec, subnets)
        vpcs = aws.call("ec2", "describe_vpcs", VpcIds=ids)["Vpcs"]
    else:
        vpcs = _default_vpcs(aws, spec)
    return str(vpcs[0]["VpcId"]), str(vpcs[0]["CidrBlock"])


def cidr_blocks(aws: Aws, vpc: str) -> list[str]:
    """Return all IPv4 blocks of a VPC, the first one first."""
    (description,) = aws.call("ec2", "describe_vpcs", VpcIds=[vpc])["Vpcs"]
    further = (block["CidrBlock"] for block in description.get("CidrBlockAssociationSet", ()))
    return [description["CidrBlock"], *further]


def _default_vpcs(aws: Aws, spec: ClusterSpec) -> list[dict[str, Any]]:
    vpcs = aws.call("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not vpcs:
        raise ConfigurationError(
            f"The account has no default VPC in {aws.region}", "name the subnets to use in [DWH] DWH_SUBNETS"
        )
    if spec.kind == SERVERLESS:
        filters = [{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}]
        _require_zones(aws, spec, aws.pages("ec2", "describe_subnets", "Subnets", Filters=filters))
    return list(vpcs)


def _require_zones(aws: Aws, spec: ClusterSpec, subnets: Sequence[dict[str, Any]]) -> None:
    """Require, for Serverless, a zone for each of the needed subnets; Northern California has two zones only.

    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-known-issues.html
    """
    zones = sorted({subnet["AvailabilityZone"] for subnet in subnets})
    min_zones = min(spec.min_subnets, 2) if aws.region == "us-west-1" else spec.min_subnets
    if spec.kind == SERVERLESS and (len(subnets) < spec.min_subnets or len(zones) < min_zones):
        routing = " with DWH_ENHANCED_VPC_ROUTING" if spec.enhanced_vpc_routing else ""
        raise ConfigurationError(
            f"Serverless{routing} needs {spec.min_subnets} subnets in {min_zones} zones, found {len(subnets)} in "
            f"{', '.join(zones) or 'none'}",
            "name others in [DWH] DWH_SUBNETS, or set DWH_CLUSTER_TYPE=single-node",
        )


def ensure_subnet_group(execution: Execution, spec: ClusterSpec) -> str | None:
    """Return the name of the subnet group for a new cluster, after creating it. None for the default VPC.

    A group of other subnets, which an earlier run left, is replaced: they may be in another VPC.
    """
    if not spec.subnets:
        return None
    name = group_name(spec.identifier)
    existing = _find_subnet_group(execution.aws, spec.identifier)
    if existing and not _is_managed(existing, spec.identifier):
        raise AwsError(f"The subnet group {name} exists and was not created for this cluster", "delete it")
    if existing and {subnet["SubnetIdentifier"] for subnet in existing.get("Subnets", ())} != {*spec.subnets}:
        remove_subnet_group(execution, spec.identifier)
        existing = None
    if not existing:
        execution.do(
            f"create the subnet group {name}",
            "redshift",
            "create_cluster_subnet_group",
            ClusterSubnetGroupName=name,
            Description=f"Where the warehouse {spec.identifier} of sparkify-dwh is",
            SubnetIds=list(spec.subnets),
            Tags=tags.as_list(tags.tags_of(spec.identifier)),
        )
    return name


def find_managed_subnet_group(aws: Aws, identifier: str) -> str | None:
    """Return the name of the subnet group that was created for the cluster."""
    group = _find_subnet_group(aws, identifier)
    return group_name(identifier) if group and _is_managed(group, identifier) else None


def _find_subnet_group(aws: Aws, identifier: str) -> dict[str, Any] | None:
    name = group_name(identifier)
    answer = aws.call(
        "redshift", "describe_cluster_subnet_groups", absent=MISSING_SUBNET_GROUP, ClusterSubnetGroupName=name
    )
    return next(iter(answer.get("ClusterSubnetGroups", ())), None)


def _is_managed(group: dict[str, Any], identifier: str) -> bool:
    return tags.as_dict(group.get("Tags")).get(tags.CLUSTER) == identifier


def remove_subnet_group(execution: Execution, identifier: str) -> None:
    name = find_managed_subnet_group(execution.aws, identifier)
    if name:
        execution.do(
            f"delete the subnet group {name}",
            "redshift",
            "delete_cluster_subnet_group",
            absent=MISSING_SUBNET_GROUP,
            retry=_UNTIL_UNUSED,
            ClusterSubnetGroupName=name,
        )
