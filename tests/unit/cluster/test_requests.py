"""Every request of a cluster's life against AWS's own description of its services, which moto does not check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from support.aws import Account, Sent

from sparkify_dwh import cluster
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.tags import parse_ttl

# Rules of the guides that the models do not have: https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html,
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
GUIDES = {
    "ClusterIdentifier": r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)",
    "FinalClusterSnapshotIdentifier": r"[A-Za-z](?!.*--)[A-Za-z0-9-]{0,254}(?<!-)",
    "ClusterSubnetGroupName": r"[a-z0-9 _.-]{1,255}",
    "MasterUserPassword": r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!-~]{8,64}",
    "DBName": r"[a-z0-9]{1,64}",
    "GroupName": r"(?!sg-)[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
    "Description": r"[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
}
LONGEST = "a" * 63


def violations_of(shape: Shape, value: Any, where: str) -> Iterator[str]:
    """Yield violations of a shape at any depth: length, pattern, enumeration."""
    limits = shape.metadata
    name = where.rpartition(".")[2].partition("[")[0]
    if isinstance(shape, StructureShape):
        for key, member in value.items():
            yield from violations_of(shape.members[key], member, f"{where}.{key}")
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value):
            yield from violations_of(shape.member, member, f"{where}[{number}]")
    elif isinstance(value, str):
        if "pattern" in limits and not re.search(as_python(limits["pattern"]), value):
            yield f"{where}: {value!r} is not {limits['pattern']}"
        if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
            yield f"{where}: {value!r} is {len(value)} long"
        if "enum" in limits and value not in limits["enum"]:
            yield f"{where}: {value!r} is not one of {limits['enum']}"
        if name in GUIDES and not re.fullmatch(GUIDES[name], value):
            yield f"{where}: {value!r} is not {GUIDES[name]}"


def as_python(pattern: str) -> str:
    """Translate Java's character classes. The pattern applies to the whole string, as in AWS."""
    java = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": " "}
    for character_class, python in java.items():
        pattern = pattern.replace(character_class, python)
    return f"^(?:{pattern})$"


def models() -> dict[str, ServiceModel]:
    session = botocore.session.Session()
    services = ("redshift", "redshift-serverless", "iam", "ec2", "sts")
    return {service: session.get_service_model(service) for service in services}


@pytest.mark.parametrize(
    "dwh",
    [
        {"DWH_CLUSTER_TYPE": "single-node"},
        {"DWH_CLUSTER_TYPE": "multi-node", "DWH_NUM_NODES": "2"},
        {"DWH_CLUSTER_TYPE": "serverless", "DWH_MAX_RPUS": "8"},
    ],
)
@pytest.mark.parametrize("long", [False, True])
def test_every_request_conforms_to_the_description_of_aws(
    account: Account, sent: Sent, dwh: dict[str, str], long: bool
) -> None:
    """Also for the longest name."""
    account.identifier = (account.identifier + LONGEST)[:63] if long else account.identifier
    settings = account.settings(dwh=dwh, export="s3://sparkify/export/")
    arguments: dict[str, Any] = {"aws": account.aws, "sleep": lambda _seconds: None}
    cluster.up(settings, Options(ttl=parse_ttl("8h")), write_values=lambda _values: None, **arguments)
    cluster.up(settings, Options(public=True, cidrs=("192.0.2.9",), ttl=parse_ttl("9h")), **arguments)
    cluster.pause(settings, **arguments)
    cluster.resume(settings, **arguments)
    cluster.down(settings, **arguments)
    known = models()
    violations = []
    for operation, parameters in sent.requests:
        model = next(model for model in known.values() if operation in model.operation_names)
        if shape := model.operation_model(operation).input_shape:
            violations += violations_of(shape, parameters, operation)
    assert violations == []
