"""The subnet group of a provisioned cluster in given subnets."""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.network import group_name
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.errors import AwsError

MISSING = ("ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound")
IN_USE = ("InvalidClusterSubnetGroupStateFault", "InvalidClusterSubnetStateFault")


def ensure_subnet_group(run: Run, spec: ClusterSpec) -> str | None:
    """The name of the subnet group for a cluster that is to be created; None for the default VPC.

    One that an earlier run made of other subnets, which may be of another VPC, is made anew.
    """
    if not spec.subnets:
        return None
    name = group_name(spec.identifier)
    found = find_subnet_group(run.aws, spec.identifier)
    if found and tags.read(found.get("Tags")).get(tags.CLUSTER) != spec.identifier:
        raise AwsError(f"the name is taken: a subnet group {name} exists that was not made for this cluster; delete it")
    if found and {subnet["SubnetIdentifier"] for subnet in found.get("Subnets", ())} != {*spec.subnets}:
        remove_subnet_group(run, spec.identifier)
        found = None
    if not found:
        run.do(
            f"create the subnet group {name}",
            "redshift",
            "create_cluster_subnet_group",
            ClusterSubnetGroupName=name,
            Description=f"Where the warehouse {spec.identifier} of sparkify-dwh is",
            SubnetIds=list(spec.subnets),
            Tags=tags.listed(tags.tags_of(spec.identifier)),
        )
    return name


def find_subnet_group(aws: Aws, identifier: str) -> dict[str, Any] | None:
    found = aws.call(
        "redshift", "describe_cluster_subnet_groups", absent=MISSING, ClusterSubnetGroupName=group_name(identifier)
    ).get("ClusterSubnetGroups")
    return dict(found[0]) if found else None


def find_own_subnet_group(aws: Aws, identifier: str) -> str | None:
    """The name of the subnet group that was made for the cluster."""
    found = find_subnet_group(aws, identifier)
    mine = found and tags.read(found.get("Tags")).get(tags.CLUSTER) == identifier
    return group_name(identifier) if mine else None


def remove_subnet_group(run: Run, identifier: str) -> None:
    name = find_own_subnet_group(run.aws, identifier)
    if name is None:
        return
    run.tell(f"delete the subnet group {name}")
    if not run.dry:
        run.retry(
            lambda: run.aws.call(
                "redshift", "delete_cluster_subnet_group", absent=MISSING, ClusterSubnetGroupName=name
            ),
            while_=lambda error: error.code in IN_USE,
            minutes=5,
            why="the subnet group is still in use, by the cluster that AWS is removing",
        )
