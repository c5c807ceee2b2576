"""The subnet group of a provisioned cluster in configured subnets."""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.execution import Execution, RetryPolicy
from sparkify_dwh.cluster.naming import group_name
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.errors import AwsError

MISSING = ("ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound")
IN_USE = ("InvalidClusterSubnetGroupStateFault", "InvalidClusterSubnetStateFault")

_UNTIL_UNUSED = RetryPolicy(
    lambda error: error.code in IN_USE,
    minutes=5,
    reason="the subnet group is still in use, by the cluster that AWS is removing",
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
    groups = aws.call(
        "redshift", "describe_cluster_subnet_groups", absent=MISSING, ClusterSubnetGroupName=group_name(identifier)
    ).get("ClusterSubnetGroups")
    return dict(groups[0]) if groups else None


def _is_managed(group: dict[str, Any], identifier: str) -> bool:
    return tags.as_dict(group.get("Tags")).get(tags.CLUSTER) == identifier


def remove_subnet_group(execution: Execution, identifier: str) -> None:
    name = find_managed_subnet_group(execution.aws, identifier)
    if name:
        execution.do(
            f"delete the subnet group {name}",
            "redshift",
            "delete_cluster_subnet_group",
            absent=MISSING,
            retry=_UNTIL_UNUSED,
            ClusterSubnetGroupName=name,
        )
