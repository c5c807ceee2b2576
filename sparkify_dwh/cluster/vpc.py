"""The VPC of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.spec import MIN_SERVERLESS_SUBNETS, ClusterSpec
from sparkify_dwh.errors import ConfigurationError


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
    """Require, for Serverless, three subnets in three zones; in Northern California, which has two zones, in two.

    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html
    """
    zones = sorted({subnet["AvailabilityZone"] for subnet in subnets})
    min_zones = 2 if aws.region == "us-west-1" else MIN_SERVERLESS_SUBNETS
    if spec.kind == SERVERLESS and (len(subnets) < MIN_SERVERLESS_SUBNETS or len(zones) < min_zones):
        raise ConfigurationError(
            f"Serverless needs {MIN_SERVERLESS_SUBNETS} subnets in {min_zones} zones, found {len(subnets)} in "
            f"{', '.join(zones) or 'none'}",
            "name others in [DWH] DWH_SUBNETS, or set DWH_CLUSTER_TYPE=single-node",
        )
